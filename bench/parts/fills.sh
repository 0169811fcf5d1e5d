#!/usr/bin/env bash
# One fill of the dashboard's key: rows beside json_agg (P11).
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

share_cores
start_betting "$(by_mode 20000 200000 1000000)" 1000
RESPGRES_BINARY=$respgres attend python3 -B "$root/bench/fills.py" --postgres "$bookmaker_url" --postmaster "${server_pids[postgresql]}" \
    --cycles "$(by_mode 5 40 200)" --csv "$results/fills.csv" >"$results/fills.md"
