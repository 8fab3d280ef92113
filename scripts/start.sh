#!/bin/sh
# The example, from nothing to a page that answers; `npm start`.
set -eu
cd "$(dirname "$0")/.."
sh scripts/setup.sh

node=node_modules/.bin/node
$node scripts/images.ts
cd examples/guestbook
compose="../../bin/run.js"
node=../../$node
$node $compose up -d --wait || {
  echo "If its port is taken: GUESTBOOK_PORT=8081 npm start" >&2
  exit 1
}
echo
$node $compose ps -a
echo
$node visit.js "http://127.0.0.1:${GUESTBOOK_PORT:-8080}"
cat <<'END'

Try next, in examples/guestbook:

  alias tsc-compose=$PWD/../../bin/run.js
  tsc-compose up              # attached, Ctrl-C stops
  tsc-compose logs -f web
  tsc-compose exec db psql -U guestbook -c 'select * from entries'
  tsc-compose stop cache && tsc-compose ps -a && tsc-compose start cache
  tsc-compose down            # with -v the entries go too
END
