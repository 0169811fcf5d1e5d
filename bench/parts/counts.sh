#!/usr/bin/env bash
# User instructions and system calls per request (P16, P17).
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

attend python3 -B "$root/bench/counts/counts.py" --binary "$respgres" --requests "$(by_mode 2000 5000 20000)" --csv "$results/counts.csv" \
    --only "$(by_mode near_1,near_16,forward_1,forward_16 near_1,near_16,near_64,hit_1,hit_16,forward_1,forward_16,forward_64 '')"
