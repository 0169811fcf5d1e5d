#!/usr/bin/env bash
# Opt-in busy polling ([server] busy_poll): latency at 1 000/s, and CPU when nobody asks (P18).
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

share_cores
start_betting 10 10
start_redis
template=$work/busy.toml
sed "s|^workers = 1|&\nbusy_poll = \"100ms\"|" "$root/bench/parts/lines.toml" >"$template"
start_proxy
compare "$results/busy-line.csv" "$(by_mode 3 15 60)" busy --target "redis=127.0.0.1:$redis_port" --target "respgres=127.0.0.1:$proxy_port" \
    >"$results/busy.md"
idle=$(python3 -B - "$root" "${server_pids[respgres]}" <<'PY'
import sys
import time
sys.path.insert(0, f"{sys.argv[1]}/bench/support")
from figures import cpu_seconds
time.sleep(0.2)                    # the clients have gone; it may poll for another 100 ms
before, start = cpu_seconds(int(sys.argv[2])), time.monotonic()
time.sleep(2)
print(f"{100 * (cpu_seconds(int(sys.argv[2])) - before) / (time.monotonic() - start):.2f}")
PY
)
printf 'id,value\nbusy.idle,%s\n' "$idle" >"$results/busy.csv"
printf '\nWhen nobody asks: %s %% of a core.\n' "$idle" >>"$results/busy.md"
