#!/usr/bin/env bash
# usage: scripts/fuzz.sh SECONDS TARGET...
# Runs each fuzz target for so many seconds, from the inputs in tests/fuzz/corpus on. Inputs that
# reach code which those do not reach are added there, the smallest that do; one that breaks a
# target is left in build/fuzz/found, and the status is 1.
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
source scripts/lib/setup.sh

(($# >= 2)) || {
  echo "usage: scripts/fuzz.sh SECONDS TARGET..." >&2
  exit 2
}
seconds=$1
shift
install_missing g++ make libcrypt-dev clang libclang-rt-dev
build fuzzers

found=build/fuzz/found
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
mkdir -p "$found"
# The password storage's target writes a file at each run: in memory, where there is such a folder.
[[ -d /dev/shm && -w /dev/shm ]] && export TMPDIR=/dev/shm

broken=()
for target in "$@"; do
  echo "== $target"
  corpus=tests/fuzz/corpus/$target
  mkdir -p "$new/$target"
  if ! "build/fuzz/$target" -max_total_time="$seconds" -timeout=10 -max_len=512 -print_final_stats=1 \
    -verbosity=1 -artifact_prefix="$found/$target-" "$new/$target" "$corpus" 2>"$new/log"; then
    cat "$new/log"
    broken+=("$target")
    continue
  fi
  sed -n 's/^stat::\(number_of_executed_units\|average_exec_per_sec\): */\1 /p' "$new/log"
  "build/fuzz/$target" -merge=1 -use_counters=0 -max_len=512 "$corpus" "$new/$target" 2>/dev/null
  echo "inputs $(find "$corpus" -type f | wc -l)"
done
((${#broken[@]} == 0)) || printf 'FAILED: %s\n' "${broken[@]}"
exit $((${#broken[@]} > 0))
