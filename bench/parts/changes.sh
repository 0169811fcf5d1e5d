#!/usr/bin/env bash
# From a commit to its key gone (P13), and large transactions (P14).
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

attend "$(program respgres_bench_freshness)" --rate 1000 --seconds "$(by_mode 3 15 60)" --rounds "$(by_mode 1 6 20)" >"$results/changes.md"
python3 -B "$root/bench/report/from_table.py" "$results/changes.md" "$results/changes-delay.csv" changes.p50=0:0:2 changes.p99=0:0:3
start_postgres
printf '\n' >>"$results/changes.md"
RESPGRES_BINARY=$respgres attend python3 -B "$root/bench/changes.py" --postgres "$bookmaker_url" --pgbench "$postgres_bin/pgbench" \
    --rounds "$(by_mode 1 3 9)" --seconds "$(by_mode 2 4 10)" --csv "$results/changes.csv" >>"$results/changes.md"
