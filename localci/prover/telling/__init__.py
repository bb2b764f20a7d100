"""What is seen of a run: events as a live view, as lines, as JSON; the failures at its end."""
