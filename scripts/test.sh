#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test that takes seconds: unit tests, system tests,
# the siege, what the fuzzer has found, smoke scripts and the demonstration; then all but the scripts
# once more under AddressSanitizer and UndefinedBehaviorSanitizer. The last line is
# "N passed, N failed". What takes minutes is in `make soak`, `make chaos` and `make fuzz`.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
source scripts/lib/setup.sh

passed=0
failed=0
running=
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# `timeout` hands the signal on to all that it runs.
trap '[[ -z $running ]] || kill "$running"; exit 130' INT TERM HUP

finish() {
  echo "$passed passed, $failed failed"
  exit $((failed > 0))
}

# Runs a command for at most so many seconds, so that what hangs is a failure like any other.
bounded() {
  local seconds=$1
  shift
  timeout --kill-after=10 "$seconds" "$@" </dev/null &
  running=$!
  wait "$running"
  local status=$?
  running=
  return "$status"
}

# Builds make targets; what does not build counts as one failure.
built() {
  echo "== build $*"
  build --silent "$@" && return
  echo "FAILED: make $*"
  ((++failed))
  return 1
}

# Runs a program of Boost.Test and adds up its report. One that ends badly without having reported
# a failed test (a crash, a leak found at exit, the time limit) counts as one failure.
boost_tests() {
  echo "== $1"
  local report=$scratch/report status=0 failures=0 amount kind
  : >"$report"
  bounded 400 "$@" --report_level=short --report_sink="$report" --color_output=no || status=$?
  while read -r amount kind; do
    case $kind in
      passed*) ((passed += amount)) ;;
      failed*) ((failures += amount)) ;;
      skipped*) echo "$amount skipped" ;;
    esac
  done < <(sed -nE 's/^ *([0-9]+) test cases? out of [0-9]+ /\1 /p' "$report")
  if ((status != 0 && failures == 0)); then
    failures=1
  fi
  if ((failures > 0)); then
    echo "FAILED: $1 (status $status)"
  fi
  ((failed += failures))
}

# Runs a command, which is one test, for at most $limit seconds (60); shows what it printed where it
# fails.
command_test() {
  if bounded "${limit:-60}" "$@" &>"$scratch/output"; then
    echo "passed: $*"
    ((++passed))
  else
    cat "$scratch/output"
    echo "FAILED: $*"
    ((++failed))
  fi
}

# Runs the kept inputs of the fuzzer through their targets as built in this folder.
replay() {
  echo "== fuzz corpus, $1"
  local corpus
  for corpus in tests/fuzz/corpus/*; do
    command_test "$1/replay/${corpus##*/}" "$corpus"
  done
}

if ! install_missing g++ make libcrypt-dev libboost-test-dev strace libfaketime util-linux \
  iproute2 stunnel4 openssl python3 mandoc zsh fish; then
  failed=1
  finish
fi

if built tests; then
  boost_tests build/plain/unit_tests
  boost_tests build/plain/system_tests
  boost_tests build/plain/siege_tests --run_test='!@minutes'
  replay build/plain
  echo "== chaos"
  limit=300 command_test build/plain/chaos 20 300
  echo "== smoke scripts"
  for script in scripts/smoke/*.sh scripts/demo.sh; do
    command_test "$script"
  done
fi
if built asan-tests; then
  boost_tests build/asan/unit_tests
  boost_tests build/asan/system_tests
  boost_tests build/asan/siege_tests --run_test='!@minutes'
  replay build/asan
fi
finish
