#!/bin/sh
# Starts PostgreSQL as the official image does: makes the cluster at the first start, runs what lies in
# /docker-entrypoint-initdb.d, then becomes the server.
set -eu

as_postgres() { setpriv --reuid=postgres --regid=postgres --init-groups "$@"; }

# NAME or, for secrets, the file that NAME_FILE names.
setting() {
  eval "value=\${$1:-} file=\${$1_FILE:-}"
  if [ -n "$file" ]; then cat "$file"; else printf %s "${value:-$2}"; fi
}

initialize() {
  user=$(setting POSTGRES_USER postgres)
  database=$(setting POSTGRES_DB "$user")
  password=$(setting POSTGRES_PASSWORD '')
  method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
  if [ -z "$password" ] && [ "$method" != trust ]; then
    echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
    echo '       Set POSTGRES_PASSWORD to a non-empty value.' >&2
    exit 1
  fi
  # A cluster whose making was interrupted is begun again.
  find "$PGDATA" -mindepth 1 -delete
  secret=$(mktemp)
  printf '%s\n' "$password" >"$secret"
  chown postgres "$secret"
  # shellcheck disable=SC2086  # options are words
  as_postgres initdb --username="$user" ${password:+--pwfile="$secret"} --auth-local=trust --auth-host="$method" \
    --encoding=UTF8 ${POSTGRES_INITDB_ARGS:-}
  rm "$secret"
  echo "host all all all $method" >>"$PGDATA/pg_hba.conf"
  as_postgres pg_ctl -D "$PGDATA" -o "-c listen_addresses='' -p 5432" -w start
  sql() { as_postgres psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc --username "$user" "$@"; }
  [ "$database" = postgres ] ||
    printf '%s\n' 'CREATE DATABASE :"name";' | sql --dbname postgres --set name="$database"
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh) echo "$0: running $file"; if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) echo "$0: running $file"; sql --dbname "$database" -f "$file" ;;
      *.sql.gz) echo "$0: running $file"; gzip -dc "$file" | sql --dbname "$database" ;;
    esac
  done
  as_postgres pg_ctl -D "$PGDATA" -m fast -w stop
  as_postgres touch "$PGDATA/.initialized"
  echo 'PostgreSQL init process complete; ready for start up.'
}

case ${1:-postgres} in -*) set -- postgres "$@" ;; esac
if [ "${1:-postgres}" = postgres ] && [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /var/run/postgresql
  chown postgres:postgres "$PGDATA" /var/run/postgresql
  chmod 700 "$PGDATA"
  [ -e "$PGDATA/.initialized" ] || initialize
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$@" -c listen_addresses='*'
fi
exec "$@"
