#!/bin/sh
# Everything that can be checked, in stages that all run; the last line counts. Fails when a test fails, and when one
# is skipped: a test that can't run here must say so by not being there. `npm test`.
set -u
cd "$(dirname "$0")/.."
sh scripts/setup.sh test || exit 1
PATH="$PWD/node_modules/.bin:$PATH"
# Another engine must not be taken for ours.
unset DOCKER_HOST DOCKER_CONTEXT COMPOSE_FILE COMPOSE_PROJECT_NAME TSC_COMPOSE_ROOT

results=$(mktemp)
finish() {
  node scripts/sweep.ts
  rm -f "$results"
}
trap finish EXIT
trap 'exit 130' HUP INT TERM

check() {
  printf '\n== %s\n' "$1"
  shift
  if "$@"; then echo '{"passed":1,"failed":0,"skipped":0}' >&3; else echo '{"passed":0,"failed":1,"skipped":0}' >&3; fi
}

# A stage that breaks before it can count is a failure too.
tests() {
  name=$1 reporter=$2
  shift 2
  printf '\n== %s\n' "$name"
  : >"$results.stage"
  # No test takes ten minutes: one that hangs must not take the whole run with it.
  node --test --test-timeout=600000 --test-reporter="$reporter" --test-reporter-destination=stdout \
    --test-reporter=./scripts/totals.ts --test-reporter-destination="$results.stage" "$@"
  [ -s "$results.stage" ] || echo '{"passed":0,"failed":1,"skipped":0}' >"$results.stage"
  cat "$results.stage" >&3
  rm "$results.stage"
}

exec 3>>"$results"
node scripts/sweep.ts
check 'build' node scripts/build.ts
check 'types' tsc -p .
check 'lint' biome check .
tests 'unit tests' dot 'src/**/*.test.ts' 'schema/**/*.test.ts' 'test/*.test.ts'
tests 'fault rounds' spec 'test/faults/**/*.test.ts'
tests 'engine tests' spec --test-concurrency=2 'test/engine/**/*.test.ts'
tests 'end-to-end tests' spec --test-concurrency=2 'test/e2e/**/*.test.ts'
tests 'a bare machine' spec 'test/bare/*.test.ts'
tests 'another kernel, in a virtual machine' spec --test-concurrency=2 'test/vm/*.test.ts'

exec 3>&-
node -e '
  const stages = require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n").map(line => JSON.parse(line))
  const sum = key => stages.reduce((total, stage) => total + stage[key], 0)
  console.log(`\n${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`)
  process.exitCode = sum("failed") + sum("skipped") > 0 ? 1 : 0
' "$results"
