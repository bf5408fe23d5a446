#!/usr/bin/env bash
# Runs every smoke script, each a small demonstration of one thing the room does, and says which
# failed. `make` first. BIN=build/asan runs them with the programs of another build.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

passed=0
failures=()
for script in scripts/smoke/*.sh; do
  echo "=== $script"
  if timeout --foreground --kill-after=10 60 "$script"; then
    ((++passed))
  else
    failures+=("$script")
  fi
done
((${#failures[@]} == 0)) || printf 'FAILED: %s\n' "${failures[@]}"
echo "$passed passed, ${#failures[@]} failed"
exit $((${#failures[@]} > 0))
