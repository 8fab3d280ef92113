#!/bin/sh
# Brings what is missing: Debian packages, npm packages with the project's own Node, and dist/. Run again it does
# nothing. `setup.sh test` brings what the tests need too.
set -eu
cd "$(dirname "$0")/.."

engine="crun runc conmon libnftables1 libseccomp2 tini"
images="mmdebstrap ca-certificates"
tests="docker-registry skopeo git iproute2 e2fsprogs qemu-system-x86 systemd apparmor"
wanted="$engine $images"
[ "${1:-}" != test ] || wanted="$wanted $tests"

say() { printf '%s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

install_packages() {
  # shellcheck disable=SC2086  # a list of words
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $wanted 2>/dev/null | sed -n 's/ installed$//p') || true
  missing=
  for package in $wanted; do
    case "
$installed
" in
      *"
$package
"*) ;;
      *) missing="$missing $package" ;;
    esac
  done
  [ -n "$missing" ] || return 0
  [ "$(id -u)" = 0 ] || fail "packages are missing: sudo apt-get install -y$missing"
  say "Installing$missing"
  # Packages bring services that would start by themselves; what they serve is of no use here.
  policy=/usr/sbin/policy-rc.d
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy
    chmod +x $policy
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    trap 'exit 1' HUP INT TERM
  fi
  # shellcheck disable=SC2086
  apt_install $missing || { apt-get update -qq && apt_install $missing; } ||
    fail "apt-get could not install$missing (its own words are above)"
}

apt_install() {
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# Elsewhere than on Debian the programs are what counts; how they are called there is not for us to guess.
find_programs() {
  for program in crun:runc conmon; do
    command -v "${program%:*}" >/dev/null || command -v "${program#*:}" >/dev/null ||
      fail "${program%:*} is not installed: install it with this system's package manager (on Debian: apt-get install -y $wanted)"
  done
}

# npm ci, where it wasn't done for this lock file.
install_locked() {
  [ -e "$1/node_modules/.package-lock.json" ] &&
    [ ! "$1/package-lock.json" -nt "$1/node_modules/.package-lock.json" ] && return
  say "Installing npm packages of $2"
  npm ci --prefix "$1" --no-audit --no-fund --loglevel=error >&2
}

install_modules() {
  install_locked . "the project"
  install_locked examples/guestbook/web "the example"
  # npm may have kept the package `node` from running its install step, which fetches the program.
  if ! [ -x node_modules/.bin/node ] || ! node_modules/.bin/node --version >/dev/null 2>&1; then
    say "Fetching the project's Node"
    (cd node_modules/node && node installArchSpecificPackage.js >&2)
  fi
  [ -e node_modules/.tsc-compose-checked ] && [ ! node_modules/.package-lock.json -nt node_modules/.tsc-compose-checked ] && return
  node_modules/.bin/node --version >/dev/null || fail "node_modules/.bin/node does not run: rm -rf node_modules && npm ci"
  node_modules/.bin/node -e "require('koffi')" || fail "koffi's program library does not load: npm rebuild koffi"
  touch node_modules/.tsc-compose-checked
}

build() {
  [ -e dist/cli.js ] && [ -e dist/engine.js ] &&
    [ -z "$(find src schema scripts/build.ts package.json -newer dist/cli.js -type f ! -name '*.test.ts' -print -quit)" ] && return
  say "Building"
  node_modules/.bin/node scripts/build.ts
}

[ "$(uname)" = Linux ] || fail "this is $(uname), the engine runs on Linux: name a Docker Engine with DOCKER_HOST or -H"
if command -v dpkg-query >/dev/null; then install_packages; else find_programs; fi
command -v npm >/dev/null || fail "npm is not installed: https://nodejs.org/en/download"
install_modules
build
[ "$(id -u)" = 0 ] || fail "the engine needs root: sudo npm start"
