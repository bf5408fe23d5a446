#!/usr/bin/env bash
# Installs a compiler and make where they are missing, builds the chatroom and starts the client.
# Arguments go to the client: scripts/join.sh 192.0.2.10
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/lib/setup.sh"

(cd "$root" && build_programs client)
exec "$root/client" "$@"
