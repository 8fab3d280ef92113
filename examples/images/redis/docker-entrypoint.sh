#!/bin/sh
# Starts Redis as the official image does: as user redis, with its data in /data, open to the container's networks.
set -eu
case ${1:-redis-server} in -* | *.conf) set -- redis-server "$@" ;; esac
if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ]; then
  find . ! -user redis -exec chown redis:redis {} +
  umask 0077
  # A configuration file must stay the first argument.
  exec setpriv --reuid=redis --regid=redis --init-groups "$@" --protected-mode no --bind '* -::*'
fi
exec "$@"
