#!/usr/bin/env bash
# Keys that are not there: the proxy's queries beside plain libpq programs (P9, P10), and whole misses.
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

attend "$(program respgres_bench_misses)" --cycles "$(by_mode 8 40 200)" >"$results/misses.md"
python3 -B "$root/bench/report/from_table.py" "$results/misses.md" "$results/misses.csv" \
    misses.pipeline=0:proxy_1_connection_singles:3 misses.synchronous=0:proxy_1_connection_singles:2 \
    misses.batching=0:proxy_4_connections:3 misses.batching_cpu=0:proxy_4_connections:5

measured=$(by_mode 2 10 60)
share_cores
start_betting 1000 $((20000 + measured * 20000))
start_redis
on_free_port nutcracker launch_nutcracker
start_proxy
{
    printf '\nrespgres fills each key from PostgreSQL; redis and nutcracker say that the key is absent.\n\n'
    compare "$results/misses-line.csv" "$measured" miss --target "redis=127.0.0.1:$redis_port" \
        --target "nutcracker=127.0.0.1:$nutcracker_port" --target "respgres=127.0.0.1:$proxy_port" --rows $((20000 + measured * 20000))
} >>"$results/misses.md"
