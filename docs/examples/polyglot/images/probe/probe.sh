# Ask the service for a shelf that it has to know.
busybox wget -q -T 5 -O - http://api:8000/shelf/A-07-3
