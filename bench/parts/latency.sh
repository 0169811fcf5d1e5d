#!/usr/bin/env bash
# What readers of the betting platform's keys wait: from PostgreSQL, from Redis, and through the proxy.
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

start_betting "$(by_mode 100000 1000000 4000000)" 20000
RESPGRES_BINARY=$respgres attend python3 -B "$root/bench/latency.py" --postgres "$bookmaker_url" \
    --turns "$(by_mode 10 50 250)" --csv "$results/latency.csv" >"$results/latency.md"
{
    printf '\nOne client in turn, over %s bets. Python reads the replies, which adds some tens of microseconds to all columns but the first, where libpq does.\n' \
        "$(grouped "$(by_mode 100000 1000000 4000000)")"
} >>"$results/latency.md"
