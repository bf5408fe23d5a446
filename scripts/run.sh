#!/usr/bin/env bash
# Installs a compiler and make where they are missing, builds the chatroom and starts the server.
# Arguments go to the server: scripts/run.sh --max-users 100
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$root/scripts/lib/setup.sh"

(cd "$root" && build_programs server client)
# In the caller's folder: that is where password_storage and relative paths are looked for.
exec "$root/server" "$@"
