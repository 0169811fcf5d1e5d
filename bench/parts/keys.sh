#!/usr/bin/env bash
# Cost as keys grow, from 1 000 to 10 000 000.
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

share_cores
start_betting 10 10
redis_options=(--tracking-table-max-keys 0)      # by default Redis tells of no more than a million keys, and drops others from near caches
start_redis
template=$work/keys.toml
sed 's|^max_bytes = .*|max_bytes = "512MiB"|' "$root/bench/parts/lines.toml" >"$template"
start_proxy
printf 'id,value,low,high\n' >"$results/keys.csv"
printf '| keys | line | ratio to Redis (quartiles) | requests/s | CPU of respgres, us/request |\n|---:|---|---:|---:|---:|\n' >"$results/keys.md"
# shellcheck disable=SC2046
for keys in $(by_mode '1000 10000 100000' '1000 10000 100000 1000000' '1000 10000 100000 1000000 10000000'); do
    lines=near_16,get_16
    ((keys <= 1000000)) || lines=get_16          # more than a near cache would hold
    compare "$work/keys-$keys.csv" "$(by_mode 2 8 60)" "$lines" --keys "$keys" --target "redis=127.0.0.1:$redis_port" \
        --target "respgres=127.0.0.1:$proxy_port" >/dev/null
    awk -F, -v keys="$keys" -v page="$results/keys.md" '
        NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
        $2 == "respgres" {
            printf "keys.%s.%s,%s,%s,%s\n", keys, $1, $7, $8, $9
            printf "| %s | %s | %.2f (%.2f-%.2f) | %.0f | %.2f |\n", keys, $1, $7, $8, $9, $4, $column["cpu_us_respgres"] >>page
        }' "$work/keys-$keys.csv" >>"$results/keys.csv"
    redis-cli -p "$redis_port" flushall >/dev/null
done
