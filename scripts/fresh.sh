#!/usr/bin/env bash
# usage: scripts/fresh.sh RELEASE [COMMAND...]
# Tries what is committed as a new user of that Debian release (bookworm, trixie) would: in a fresh
# minimal root with a clone of it, types the two commands that README begins with, or COMMAND in their
# place; first as root, then, in another such root, as a user with sudo. Prints how long each took.
# Needs root. Packages come from the mirror that apt has here, or from MIRROR. Nothing of it stays
# but debootstrap's packages, in build/fresh-packages. The first failure ends it with status 1.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/setup.sh

fail() {
  keep "FAILED: $release${person:+, $person}: $*"
  exit 1
}

# Debian's mirror among apt's sources here.
apts_mirror() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $2 == "Debian" && $3 ~ /^http/ && !found++ { print $3 }'
}

# The proxy that apt has here for the mirror.
apts_proxy() {
  local proxy=
  eval "$(apt-config shell proxy "Acquire::${mirror%%:*}::Proxy")"
  [[ $proxy == DIRECT ]] || echo "$proxy"
}

# Runs a function of this script in namespaces of its own, which take along what it mounts and whom
# it starts.
isolated() {
  # unshare itself is silent: where its child is killed, some versions complain.
  unshare --mount --pid --fork --kill-child \
    bash -euo pipefail -c 'exec 2>&3 3>&-; "$@"' bash "$@" 3>&2 2>/dev/null &
  inside=$!
  local status=0
  wait "$inside" || status=$?
  inside=
  return "$status"
}

clean_up() {
  local first=
  if [[ $inside ]]; then
    # With the first process in there all the others end, and unshare after them.
    read -r first <"/proc/$inside/task/$inside/children" || true
    kill -KILL "${first:-$inside}" 2>/dev/null || true
    wait "$inside" 2>/dev/null || true
  fi
  rm -rf --one-file-system "$work"
}

stopwatch() {
  begun=${EPOCHREALTIME//[!0-9]/}
}

# stopped WHAT: says how long it took.
stopped() {
  local ms=$(((${EPOCHREALTIME//[!0-9]/} - begun) / 1000))
  printf '== %s: %s: %d.%03d s\n' "$release${person:+, $person}" "$1" $((ms / 1000)) $((ms % 1000))
}

make_root() {
  local proxy root=$work/base
  stopwatch
  proxy=$(apts_proxy)
  mkdir -p build/fresh-packages "$root/etc/dpkg/dpkg.cfg.d"
  # What is thrown away need not be safe on the disk.
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/fresh"
  # Debian's installer has put sudo there, too.
  ${proxy:+env "http_proxy=$proxy" "https_proxy=$proxy"} \
    timeout --kill-after=10 1200 debootstrap --variant=minbase --include=sudo \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg \
    --cache-dir="$PWD/build/fresh-packages" "$release" "$root" "$mirror" &>"$work/log" || {
    tail -n 20 "$work/log"
    fail "there is no root"
  }
  apt-config dump --no-empty Acquire::http Acquire::https Acquire::Check-Valid-Until \
    Acquire::Check-Date >"$root/etc/apt/apt.conf.d/50fetching"
  cp /etc/hosts "$root/etc"
  git clone --quiet --no-hardlinks . "$work/chatroom"
  chroot "$root" useradd --create-home --shell /bin/bash user
  echo 'user ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/user"
  stopped "root made"
}

# What a person does in a root like the one made before.
try_all() {
  local root=$work/$person home words line commands
  cp -a "$work/base" "$root"
  home=$(awk -F : -v name="$person" '$1 == name { print $6 }' "$root/etc/passwd")
  cp -a "$work/chatroom" "$root$home"
  chroot "$root" chown -R "$person:" "$home/chatroom"
  enter "$root"
  cd "$home/chatroom"

  if (($#)); then
    stopwatch
    (as_person "$@") || fail "$*"
    stopped "$*"
    return
  fi
  mapfile -t commands < <(grep -m 2 '^scripts/' README.md)
  read -ra words <<<"${commands[0]}"
  start "first start" INT "${words[@]}"
  start "second start" TERM "${words[@]}"
  ((lines == 1)) || fail "the second start did more than to start"
  read -ra words <<<"${commands[1]}"
  stopwatch
  (as_person "${words[@]}") | tee /tmp/said || fail "${words[*]}"
  line=$(tail -n 1 /tmp/said)
  [[ $line =~ ^[1-9][0-9]*\ passed,\ 0\ failed$ ]] || fail "the last line is \"$line\""
  stopped "${words[*]}: $line"
}

# Makes this folder the root of all that runs in this namespace.
enter() {
  mount --bind "$1" "$1"
  cd "$1"
  mount -t proc proc proc
  mount -t sysfs sysfs sys
  mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts dev/pts
  mount -t tmpfs -o mode=1777 tmpfs dev/shm
  pivot_root . mnt
  export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
  umount --lazy /mnt
}

# Runs a command in place of this (sub)shell, for two hours at most.
as_person() {
  exec timeout --foreground --kill-after=10 7200 env --default-signal=INT,QUIT \
    setpriv --reuid="$person" --regid="$person" --init-groups --reset-env "$@"
}

# start WHAT SIGNAL COMMAND...: starts a room with the command, joins it when it listens, stops it with
# the signal. $lines is how many lines it has printed until it listened.
start() {
  local what=$1 signal=$2 line='' room said heard status=0 deadline=$((SECONDS + 3600))
  shift 2
  lines=0
  stopwatch
  mkfifo /tmp/said
  as_person "$@" &>/tmp/said &
  room=$!
  exec {said}</tmp/said
  while [[ $line != "listening on "* ]] && read -r -t $((deadline - SECONDS)) -u "$said" line; do
    echo "$line"
    ((++lines))
  done
  [[ $line == "listening on "* ]] || fail "$*: it does not listen"
  stopped "$what"
  heard=$(printf '%s\n' register robot,secret 'the build is done' | (as_person ./client localhost)) ||
    fail "the client: $heard"
  [[ $heard == *"robot: the build is done"* ]] || fail "the client heard: $heard"
  kill -"$signal" "$room"
  wait "$room" || status=$?
  ((status == 0)) || fail "$*: status $status after SIG$signal"
  exec {said}<&-
  rm /tmp/said
}

(($#)) || {
  echo "usage: scripts/fresh.sh RELEASE [COMMAND...]" >&2
  exit 2
}
((EUID == 0)) || {
  echo "scripts/fresh.sh makes a root, which takes root" >&2
  exit 1
}
release=$1
person=
shift
install_missing debootstrap debian-archive-keyring git util-linux
unshare --mount --pid --fork true # it says why, where that cannot be done
mirror=${MIRROR:-$(apts_mirror)}
[[ $mirror ]] || {
  apt-get update
  mirror=$(apts_mirror)
}
[[ $mirror ]] || fail "apt has no mirror of Debian here: MIRROR=http://... says one"
[[ -z $(git status --porcelain --untracked-files=no) ]] || keep "What is not committed is not tried."

inside=
mkdir -p build
work=$(mktemp -d "$PWD/build/fresh.XXXXXX")
chmod 755 "$work"
trap clean_up EXIT
trap 'exit 130' INT TERM HUP
export release person mirror work
# shellcheck disable=SC2046
export -f $(declare -F | sed 's/declare -f //')
isolated make_root
for person in root user; do
  isolated try_all "$@"
  rm -rf --one-file-system "${work:?}/$person"
done
