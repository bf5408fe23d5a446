#!/usr/bin/env bash
# The first start says how far it is with what takes time: packages, files compiled, linking. The second
# runs neither apt nor a compiler. All of it in a small tree, with an apt-get that only talks.
source "$(dirname "${BASH_SOURCE[0]}")/../lib/room.sh"

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tree=$dir/tree
mkdir -p "$tree/chat/base" "$tree/scripts/lib" "$dir/bin"
cp "$root/Makefile" "$tree"
cp "$root"/scripts/{run,join}.sh "$tree/scripts"
cp "$root/scripts/lib/setup.sh" "$tree/scripts/lib"
cp "$root/chat/base/version.hpp" "$tree/chat/base"
echo 'int room;' >"$tree/chat/base/room.cpp"
for program in server client; do
  printf '#include <cstdio>\nint main() { std::puts("this is the %s"); }\n' $program >"$tree/$program.cpp"
done

# program NAME: one of that name for the scripts, with this text.
program() {
  { echo '#!/bin/sh' && cat; } >"$dir/bin/$1"
  chmod +x "$dir/bin/$1"
}
program compiler <<<"echo once >>'$dir/compiled'; exec ${CXX:-g++} \"\$@\""
program sudo <<'SUDO'
[ "$1" != -n ] || shift
exec "$@"
SUDO
export PATH=$dir/bin:$PATH CXX=$dir/bin/compiler CXXFLAGS=-O0

# says_in_order STATUS COMMAND TEXT...: the command ends with STATUS, and has printed each TEXT, one
# after the other.
says_in_order() {
  local status=0 rest text
  rest=$("$2" 2>&1) || status=$?
  echo "$rest"
  ((status == $1)) || fail "the status is $status instead of $1"
  shift 2
  for text in "$@"; do
    [[ $rest == *"$text"* ]] || fail "it does not say \"$text\" there"
    rest=${rest#*"$text"}
  done
}

step "the first start says which file is compiled, and what is linked"
says_in_order 0 "$tree/scripts/run.sh" "compiling file 1 of 3" "compiling file 2 of 3" \
  "compiling file 3 of 3" "linking " "Built in " "this is the server"

step "the second runs no compiler, and says nothing of its own"
rm "$dir/compiled"
for program in run:server join:client; do
  said=$("$tree/scripts/${program%:*}.sh" 2>&1)
  [[ $said == "this is the ${program#*:}" ]] || fail "it says \"$said\""
done
[[ ! -e $dir/compiled ]] || fail "it did"

step "what has changed is built"
sed -i 's/this is the client/this is another client/' "$tree/client.cpp"
says_in_order 0 "$tree/scripts/join.sh" "compiling file 1 of 1: client.cpp" "linking client" "this is another client"

step "what does not compile is shown, and ends the script"
echo 'nonsense' >>"$tree/client.cpp"
says_in_order 1 "$tree/scripts/join.sh" "client.cpp:3:" "nonsense"

if [[ -d /var/lib/apt/lists ]]; then
  # As install_missing does it where g++ and make are missing.
  install() (
    source "$tree/scripts/lib/setup.sh"
    have() { false; }
    install_missing g++ make
  )

  step "apt's packages are counted"
  program apt-get <<'APT'
case "$*" in
  update)
    echo "Get:1 http://mirror.example/debian stable InRelease [151 kB]"
    echo "Waiting for cache lock: Could not get lock"
    ;;
  *install*g++\ make)
    echo "1 upgraded, 1 newly installed, 0 to remove and 3 not upgraded."
    for package in g++ make; do
      echo "Get:1 http://mirror.example/debian stable/main amd64 $package amd64 4:12 [1 kB]"
      echo "Unpacking $package (4:12) ..."
      echo "Setting up $package (4:12) ..."
    done
    ;;
  *) exit 1 ;;
esac
APT
  says_in_order 0 install "Installing g++ make" "apt's lists" "Waiting for cache lock" \
    "downloading package 1 of 2: g++" "unpacking package 1 of 2: g++" "setting up package 1 of 2: g++" \
    "downloading package 2 of 2: make" "unpacking package 2 of 2: make" "setting up package 2 of 2: make" \
    "Installed 2 packages in "

  step "and where it fails, all that it said is shown"
  program apt-get <<<'echo "E: Unable to locate package" >&2; exit 100'
  says_in_order 1 install "E: Unable to locate package"
fi
