#!/usr/bin/env bash
# What idle and slow connections cost (P15).
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

RESPGRES_BINARY=$respgres attend python3 -B "$root/bench/connections.py" --csv "$results/connections.csv" --slow "$(by_mode 1000 9500 9500)" \
    --rounds "$(by_mode 1 3 9)" --seconds "$(by_mode 0.5 3 3)" >"$results/connections.md"
