#!/bin/sh
# Brings what is missing: distribution packages, npm packages with the project's own Node, and dist/. Run again it
# does nothing. `setup.sh test` brings what the tests need too, `setup.sh bench` what measures. Only Debian's row could be
# tried.
set -eu
cd "$(dirname "$0")/.."

# What is needed, by distribution (ID or ID_LIKE of os-release): to run the engine and the project's Node; to make what
# the example's images are built on; to run the tests; to measure.
packages() {
  case $1-$2 in
    debian-run | ubuntu-run) echo crun runc conmon libnftables1 libseccomp2 tini libatomic1 ;;
    debian-images) echo mmdebstrap ca-certificates ;;
    # Images are Debian's, whose keys Ubuntu does not have by itself.
    ubuntu-images) echo mmdebstrap ca-certificates debian-archive-keyring ;;
    debian-tests | ubuntu-tests)
      echo docker-registry skopeo git iproute2 e2fsprogs qemu-system-x86 systemd apparmor python3 zsh fish openssl ;;
    *-bench) echo iperf3 ;;
    fedora-run) echo crun runc conmon nftables libseccomp tini libatomic ;;
    fedora-images) echo mmdebstrap debian-keyring ca-certificates ;;
    # The tests take BusyBox and a kernel from Debian's packages with apt-get.
    fedora-tests) fail "the tests run on Debian and Ubuntu: here npm start works without them" ;;
  esac
}

distribution() {
  [ -r /etc/os-release ] || return 0
  # shellcheck source=/dev/null
  (. /etc/os-release && for name in $ID ${ID_LIKE:-}; do
    case $name in debian | ubuntu | fedora) echo "$name"; break ;; esac
  done)
}

say() { printf '%s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }

install_packages() {
  case $distribution in
    fedora) tool=dnf installed=$(rpm -qa --queryformat '%{NAME}\n') ;;
    *)
      tool=apt-get
      # shellcheck disable=SC2086  # a list of words
      installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $wanted 2>/dev/null | sed -n 's/ installed$//p') || true
      ;;
  esac
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
  [ "$(id -u)" = 0 ] || fail "packages are missing: sudo $tool install -y$missing"
  if [ $tool = dnf ]; then
    say "Installing$missing"
    # shellcheck disable=SC2086
    dnf install -y -q $missing >/dev/null || fail "dnf could not install$missing (its own words are above)"
    return 0
  fi
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

# Elsewhere the programs are what counts; how they are called there is not for us to guess.
find_programs() {
  for program in crun:runc conmon; do
    command -v "${program%:*}" >/dev/null || command -v "${program#*:}" >/dev/null ||
      fail "${program%:*} is not installed: install it with this system's package manager (on Debian: apt-get install -y $(packages debian run) $(packages debian images))"
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
distribution=$(distribution)
if [ -n "$distribution" ]; then
  wanted="$(packages "$distribution" run) $(packages "$distribution" images)"
  [ "${1:-}" != test ] || wanted="$wanted $(packages "$distribution" tests)"
  [ "${1:-}" != bench ] || wanted="$wanted $(packages "$distribution" bench)"
  install_packages
else
  find_programs
fi
command -v npm >/dev/null || fail "npm is not installed: https://nodejs.org/en/download"
install_modules
build
[ "$(id -u)" = 0 ] || fail "the engine needs root: sudo npm start"
