#!/usr/bin/env bash
# Throughput, CPU and latency of hits and of what is forwarded, beside Redis, nutcracker and haproxy (P1 to P8).
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

share_cores
start_betting 10 10
mkdir -m 777 "$work/sockets"
redis_options=(--unixsocket "$work/sockets/redis" --unixsocketperm 777)
start_redis
on_free_port nutcracker launch_nutcracker
on_free_port haproxy launch_haproxy
template=$root/bench/parts/lines.toml more_listen=", \"unix:$work/sockets/respgres\""
start_proxy
compare "$results/lines.csv" "$seconds" "near_1,near_16,near_64,near_16_100k,near_64_100k,near_16k_1,near_16k_16,get_1,get_16,get_64,set_1,set_16,\
get_16k_1,get_16k_16,hit_1,hit_16" \
    --target "redis=127.0.0.1:$redis_port" --target "redis_unix=unix:$work/sockets/redis" --target "nutcracker=127.0.0.1:$nutcracker_port" \
    --target "haproxy=127.0.0.1:$haproxy_port" --target "respgres=127.0.0.1:$proxy_port" \
    --target "respgres_unix=unix:$work/sockets/respgres" >"$results/lines.md"
