#!/usr/bin/env bash
# Reads through the proxy while bets are placed and settled.
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

start_betting "$(by_mode 20000 200000 1000000)" 5000
attend python3 -B "$root/bench/mixed.py" --postgres "$bookmaker_url" --bookmaker "$(program bookmaker)" --respgres "$respgres" \
    --seconds "$(by_mode 2 10 60)" --csv "$results/mixed.csv" >"$results/mixed.md"
