#!/bin/sh
# What is no program is for node, as in the official image: `node:26 server.js` runs server.js.
set -eu
if [ "${1#-}" != "$1" ] || [ -z "$(command -v "$1")" ] || { [ -f "$1" ] && [ ! -x "$1" ]; }; then set -- node "$@"; fi
exec "$@"
