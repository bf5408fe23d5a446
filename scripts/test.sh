#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test that takes seconds: unit tests, system tests,
# the siege, what the fuzzer has found, smoke scripts and the demonstration; then all but the scripts
# once more under AddressSanitizer and UndefinedBehaviorSanitizer. Each test is a process of its own:
# a crash or a hang is the failure of one. (Unit tests take less time than starting: those of a suite
# share a process, as long as all of them pass.) The last line is "N passed, N failed".
# What takes minutes is in `make soak`, `make chaos` and `make fuzz`.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
source scripts/lib/setup.sh

passed=0
skipped=0
failures=()
total=0
limit=300                      # seconds, for each test
most=$((2 * $(nproc)))         # tests at the same time: they wait more than they work
declare -A running=()          # the test of each process
declare -A cases=()            # how many test cases a process has, where it is a whole suite
again=()                       # suites whose test cases have to be run one by one
building=                      # the process that builds with the sanitizers
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# `timeout` hands the signal on to all that it runs.
trap 'kill $building "${!running[@]}" 2>/dev/null; exit 130' INT TERM HUP

finish() {
  ((skipped == 0)) || echo "$skipped skipped"
  ((${#failures[@]} == 0)) || printf 'FAILED: %s\n' "${failures[@]}"
  echo "$passed passed, ${#failures[@]} failed"
  exit $((${#failures[@]} > 0))
}

# Where the output of a test is.
output_of() {
  echo "$scratch/${1//\//:}"
}

# Says how a test has ended, and how far all of them are.
ended() {
  local done=$((passed + skipped + ${#failures[@]} + ${cases[$2]:-1}))
  printf "[%${#total}d/%d, %3d s] %s: %s\n" "$done" "$total" "$SECONDS" "$1" "$2${3:-}"
}

# Waits until one of the running tests ends, counts it, and shows what it printed where it failed.
settle() {
  local process='' status=0 name output reason
  wait -n -p process "${!running[@]}" || status=$?
  name=${running[$process]}
  unset "running[$process]"
  output=$(output_of "$name")
  reason=$(grep -E -m 1 '^skipped: | is skipped because precondition failed: ' "$output")
  if [[ -n ${cases[$name]:-} ]] && { ((status != 0)) || [[ $reason ]]; }; then
    again+=("$name")
  elif ((status != 0)); then
    grep -v ' is skipped because disabled$' "$output"
    ended FAILED "$name" " (status $status)"
    failures+=("$name")
  elif [[ $reason ]]; then
    ended skipped "$name" ": ${reason##*: }"
    ((++skipped))
  else
    ended passed "$name"
    ((passed += ${cases[$name]:-1}))
  fi
  rm "$output"
}

# Waits until at most so many tests run.
settle_down_to() {
  while ((${#running[@]} > $1)); do
    settle
  done
}

# Starts a command, which is the test of this name, as soon as less than $most run. It has $limit
# seconds, so that what hangs is a failure like any other.
start() {
  local name=$1
  shift
  settle_down_to $((most - 1))
  timeout --kill-after=10 "$limit" "$@" </dev/null &>"$(output_of "$name")" &
  running[$!]=$name
}

# The test cases of a program of Boost.Test, as suite/case, but those that take minutes, and those
# that are disabled (yellow), which other tests run. (The numbers of test cases begin at 65536.)
cases_of() {
  "$1" --list_content=DOT 2>&1 | sed -nE '/@minutes|color=yellow/d; s/^tu([0-9]+)\[.*label="([^|"]+)\|.*/\1 \2/p' |
    while read -r number name; do
      ((number < 65536)) && suite=$name || echo "$suite/$name"
    done
}

# Starts a test case, or a suite, of a program.
start_case() {
  start "$1 $2" "$1" --run_test="$2" --log_level=test_suite --color_output=no
}

# start_cases FOLDER PROGRAM [OPTION...]: starts the test cases of a program as built in this folder;
# with options, those that grep selects.
start_cases() {
  local name folder=$1 program=$2
  shift 2
  while read -r name; do
    start_case "$folder/$program" "$name"
  done < <(grep "${@:-}" "$scratch/$program")
}

# The same, suite by suite, and then one by one where a suite has not passed as a whole.
start_suites() {
  local count name test
  again=()
  while read -r count name; do
    cases["$1/$2 $name"]=$count
    start_case "$1/$2" "$name"
  done < <(cut -d / -f 1 "$scratch/$2" | sort | uniq -c)
  settle_down_to 0
  for test in "${again[@]}"; do
    while read -r name; do
      start_case "$1/$2" "$name"
    done < <(grep "^${test#* }/" "$scratch/$2")
  done
}

# Runs what both builds have. The siege loads the machine and looks at the time: one at a time; but
# floods, each in a network of its own, wait more than they load.
run_build() {
  local corpus
  start_cases "$1" system_tests
  start_suites "$1" unit_tests
  for corpus in tests/fuzz/corpus/*; do
    start "$1/replay/${corpus##*/}" "$1/replay/${corpus##*/}" "$corpus"
  done
  settle_down_to 0
  most=2 start_cases "$1" siege_tests '^flood/'
  settle_down_to 0
  most=1 start_cases "$1" siege_tests -v '^flood/'
  settle_down_to 0
}

failures=("install packages")
install_missing g++ make libcrypt-dev libboost-test-dev strace libfaketime util-linux \
  iproute2 stunnel4 openssl python3 mandoc zsh fish || finish
failures=("make tests")
build tests build/plain/chaos || finish
failures=()

for program in system_tests unit_tests siege_tests; do
  cases_of "build/plain/$program" >"$scratch/$program"
  [[ -s $scratch/$program ]] || failures+=("$program has no tests")
done
scripts=(scripts/smoke/*.sh scripts/demo.sh)
corpora=(tests/fuzz/corpus/*)
total=$((2 * ($(cat "$scratch"/*_tests | wc -l) + ${#corpora[@]}) + ${#scripts[@]} + 2))

# While tests wait, the sanitizers' build has the processor, which it leaves to them otherwise.
nice -n 19 timeout 3600 bash -c 'source scripts/lib/setup.sh && build asan-tests' \
  &>"$scratch/build" </dev/null &
building=$!

start "build/plain/chaos" build/plain/chaos 20 300
start "build/plain/chaos without a transcript" build/plain/chaos 20 300 "$RANDOM" forgetful
for script in "${scripts[@]}"; do
  start "$script" "$script"
done
run_build build/plain

tail --lines=1 --follow --pid="$building" "$scratch/build" &
if wait "$building"; then
  run_build build/asan
else
  cat "$scratch/build"
  failures+=("make asan-tests")
fi
finish
