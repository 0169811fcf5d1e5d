#!/usr/bin/env bash
# A slow PostgreSQL, and clients that do not need it.
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

start_postgres
RESPGRES_BINARY=$respgres attend python3 -B "$root/bench/slow.py" --postgres "$bookmaker_url" --rounds "$(by_mode 1 5 20)" \
    --seconds "$(by_mode 0.5 1 2)" --csv "$results/slow.csv" >"$results/slow.md"
