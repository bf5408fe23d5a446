#!/usr/bin/env bash
# usage: scripts/soak.sh SECONDS RESTARTS
# What takes minutes: members who come and go at random for so many seconds, while the server is
# stopped and started so many times, under AddressSanitizer and then under ThreadSanitizer; and a
# peer whose cable is pulled. The status is 1 where anything fails.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
source scripts/lib/setup.sh

(($# == 2)) || {
  echo "usage: scripts/soak.sh SECONDS RESTARTS" >&2
  exit 2
}
install_missing g++ make libcrypt-dev libboost-test-dev iproute2 || exit
build churns all build/plain/siege_tests || exit

failures=()
run() {
  echo "== $*"
  "$@" || failures+=("$*")
}
run build/asan/churn "$1" "$2"
run build/tsan/churn "$1" "$2"
run build/plain/siege_tests --run_test=@minutes --log_level=message --color_output=no
((${#failures[@]} == 0)) || printf 'FAILED: %s\n' "${failures[@]}"
exit $((${#failures[@]} > 0))
