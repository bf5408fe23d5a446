#!/usr/bin/env bash
# usage: scripts/chaos.sh SECONDS [SEED]
# For so many seconds, or with one seed: clients whose connections are delayed, cut, stalled, half-closed
# and reset at random while the server is killed, started again and replaced as it runs; each has to
# show the same gapless sequence of lines. Every other seed is of a server without a transcript. The
# status is 1 where one does not; its seed is said.
set -uo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
source scripts/lib/setup.sh

(($# == 1 || $# == 2)) || {
  echo "usage: scripts/chaos.sh SECONDS [SEED]" >&2
  exit 2
}
install_missing g++ make libcrypt-dev || exit
build all build/plain/chaos || exit

(($# == 1)) || {
  build/plain/chaos 20 1000 "$2" && exec build/plain/chaos 20 1000 "$2" forgetful
  exit 1
}

rounds=0
failed=0
while ((SECONDS < $1)); do
  ((rounds % 2 == 0)) && kind=() || kind=(forgetful)
  build/plain/chaos 20 1000 "$((RANDOM << 15 | RANDOM))" "${kind[@]}" || ((++failed))
  ((++rounds))
done
echo "$rounds seeds, $failed failed"
exit $((failed > 0))
