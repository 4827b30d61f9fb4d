#!/bin/sh
# /opt/login-etl/run.sh: one run, unless one goes on. Receipts and log go to files; cron gets the exit code of a run that failed.
set -eu
set -a
. /etc/login-etl/login-etl.env
set +a
# The lock is the open file's: it ends with the run, however that ends.
exec 9> /var/log/login-etl/lock
flock --nonblock 9 || exit 0
code=0
/opt/login-etl/login-etl --log-level Warning >> /var/log/login-etl/receipts.jsonl 2>> /var/log/login-etl/login-etl.log || code=$?
# 2: it went well, and messages are in quarantine. 75: the next run tries again, and is told where that has gone on for an hour.
# All else is told: a worker that is not there, too.
case $code in
0 | 2) touch /var/log/login-etl/ended; exit 0 ;;
75) [ -e /var/log/login-etl/ended ] || touch /var/log/login-etl/ended
    [ -n "$(find /var/log/login-etl/ended -mmin +60)" ] || exit 0
    echo "No run has come to its end for an hour: see /var/log/login-etl/login-etl.log" >&2
    exit 75 ;;
esac
echo "A run failed with $code: see /var/log/login-etl/login-etl.log" >&2
exit "$code"
