#!/usr/bin/env bash
# Parser, framer and mapping lookup by themselves: nanoseconds, and instructions under callgrind.
set -euo pipefail
# shellcheck source=bench/support/part.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/part.sh"

micro=$(program respgres_bench_micro)
times=$(by_mode 5000 50000 100000)

# The instructions of one of them, per operation.
instructions() {
    attend valgrind --tool=callgrind --collect-atstart=no --toggle-collect=respgres_micro_region --callgrind-out-file="$work/callgrind.out" -q \
        "$micro" --count "$1" --times "$times"
    awk -v times="$times" '/^totals:/ { printf "%.1f", $2 / times }' "$work/callgrind.out"
}

attend "$micro" >"$results/micro.csv"
{
    printf '| operation | ns (quartiles) | instructions |\n|---|---:|---:|\n'
    for name in $("$micro" --list); do
        counted=$(instructions "$name")
        printf 'micro.%s.instructions,%s,,\n' "$name" "$counted" >>"$results/micro.csv"
        awk -F, -v id="micro.$name.ns" -v name="$name" -v counted="$counted" \
            '$1 == id { printf "| %s | %s (%s-%s) | %s |\n", name, $2, $3, $4, counted }' "$results/micro.csv"
    done
} >"$results/micro.md"
