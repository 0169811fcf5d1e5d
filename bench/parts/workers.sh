#!/usr/bin/env bash
# One and two workers (P19).
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

mapfile -t cores < <(our_cores)
share_cores
if ((${#cores[@]} >= 4)); then taskset -cp "$(IFS=,; printf '%s' "${cores[*]::${#cores[@]}-1}")" $$ >/dev/null; fi
start_betting 10 10
start_redis
template=$root/bench/parts/lines.toml
start_proxy
start_another respgres_2 's|^workers = 1|workers = 2|'
compare "$results/workers.csv" "$(by_mode 3 20 60)" workers_near_16,workers_get_1 --target "redis=127.0.0.1:$redis_port" \
    --target "respgres=127.0.0.1:$proxy_port" --target "respgres_2=127.0.0.1:$another_port" >"$results/workers.md"
if ((${#cores[@]} >= 4)); then
    awk -F, 'BEGIN { print "id,value,low,high" } $1 == "workers_near_16" && $2 == "respgres_2" { printf "workers.ratio,%s,%s,%s\n", $7, $8, $9 }' \
        "$results/workers.csv" >"$results/workers-ratio.csv"
else
    printf '\nThe ratio of throughputs needs 4 cores: here both workers share the one that the client leaves. CPU per request can be compared.\n' \
        >>"$results/workers.md"
fi
