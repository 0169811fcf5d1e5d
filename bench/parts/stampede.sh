#!/usr/bin/env bash
# One expired key and 10 000 clients (P12).
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

start_postgres
RESPGRES_BINARY=$respgres attend python3 -B "$root/bench/stampede.py" --postgres "$bookmaker_url" --rounds "$(by_mode 1 3 10)" \
    --csv "$results/stampede.csv" >"$results/stampede.md"
