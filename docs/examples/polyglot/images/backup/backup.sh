# Put what lies in /data into an archive of the day in /backups, and keep the last seven.
set -eu
busybox tar -czf "/backups/$(busybox date +%F).tar.gz" -C /data .
busybox ls /backups | busybox sort -r | busybox tail -n +8 | while read -r old
do
    busybox rm "/backups/$old"
done
