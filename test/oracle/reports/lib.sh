# Sourced by */run.sh. COMPOSE: tsc-compose; DOCKER: the docker CLI, ENGINE: its host; OUT: a file to write to.
C() { $COMPOSE "$@"; }
step() { echo "--- $*"; }
dk() { DOCKER_HOST=$ENGINE "$DOCKER" "$@"; }
