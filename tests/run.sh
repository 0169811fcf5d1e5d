#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test; the last line is `N passed, N failed`.
#
#   bash tests/run.sh [--quick] [--nightly] [--only PATTERN] [--help]
#
# Three builds: release (g++; all tests), asan (g++, AddressSanitizer; all tests but the checks), tsan (clang, ThreadSanitizer and UBSan; unit and
# end-to-end tests, those with threads).
#   --quick         the release only
#   --nightly       all of these; clang without precompiled headers and whether each header compiles alone; clang-tidy over every file;
#                   fuzzing for a minute each; 200 000 random command sequences compared with Redis; three times 10 000 000 rows that
#                   were read while servers and proxies broke: as it is, with a synchronous standby, with near caches
#   --only PATTERN  the release stage only, and of it the tests whose names match the regular expression
# Ends with 1 when a test failed, a build failed, or nothing was run; nothing is run after a failed build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

stages=(release asan tsan)
pattern=
while (($#)); do
    case $1 in
        --quick) stages=(release) ;;
        --nightly) stages=(release asan tsan headers tidy fuzz differential consistency) ;;
        --only) pattern=${2:?--only needs a PATTERN}; stages=(release); shift ;;
        -h | --help) sed -n '2,/^set -e/{/^#/{s/^# \?//;p}}' "${BASH_SOURCE[0]}"; exit 0 ;;
        *) echo "run.sh: unknown option '$1'; --help lists them" >&2; exit 2 ;;
    esac
    shift
done

passed=0 failed=0 skipped=0
jobs=$(nproc)
tests_at_once=$((jobs + 1))                                # most of them wait most of the time
results=build/test-results
mkdir -p "$results"
unset "${!PG@}" REDISCLI_AUTH                              # the tests' servers, not the user's

# Jobs in the background do not see Ctrl-C by themselves.
trap 'jobs -p | xargs -r kill 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM

finish() {
    ((skipped == 0)) || echo "($skipped skipped: what they need is not installed)"
    echo "$passed passed, $failed failed"
    ((failed == 0 && passed > 0)) || exit 1
    exit 0
}

elapsed() { printf '%d:%02d' $((SECONDS / 60)) $((SECONDS % 60)); }
say() { printf '[%s] %s\n' "$(elapsed)" "$*"; }

# A stage that could not even be built counts as one failure and is the last one.
give_up() { say "$*"; failed=$((failed + 1)); finish; }

# Waits for a process and says how far it is: every 20 s, on a terminal in one line that is written over each second.
# Returns the process's exit code.
follow() {   # process, what, command that prints the progress
    local every=20 end='\n' last=$SECONDS
    if [[ -t 1 ]]; then every=1 end='\r'; fi
    while kill -0 "$1" 2>/dev/null; do
        if ((SECONDS - last >= every)); then
            last=$SECONDS
            printf "[%s] %s: %s$end" "$(elapsed)" "$2" "$($3 || true)"
        fi
        sleep 0.2
    done
    wait "$1"
}

steps_built() { grep -o '^\[[0-9]*/[0-9]*\]' "$log" | tail -n 1; }
tests_ended() { echo "$(grep -c 'Test *#[0-9]*:' "$log") tests"; }

# On a terminal ninja shows its own status.
build() {   # preset, target...
    local preset=$1 log=$results/$1-build.log
    shift
    say "$preset: building"
    if ! cmake --preset "$preset" >"$log" 2>&1; then cat "$log"; give_up "$preset: configuring failed"; fi
    local command=(ninja -C "build/$preset" -j "$jobs" "$@")
    if [[ -t 1 ]]; then
        "${command[@]}" || give_up "$preset: the build failed"
    else
        "${command[@]}" >"$log" 2>&1 &
        if ! follow $! "$preset: building" steps_built; then
            grep -v '^\[[0-9/]*\] [BL]' "$log" | tail -n 200
            give_up "$preset: the build failed"
        fi
    fi
}

# Adds up one stage's results and shows what failed.
count() {   # stage
    local line
    line=$(python3 -B tests/checks/ctest_results.py "$results/$1.xml") || give_up "$1: ctest left no results"
    read -r stage_passed stage_failed stage_skipped <<<"$line"
    passed=$((passed + stage_passed)) failed=$((failed + stage_failed)) skipped=$((skipped + stage_skipped))
    say "$1: $stage_passed passed, $stage_failed failed"
    if ((stage_failed)); then python3 -B tests/checks/ctest_results.py --failures "$results/$1.xml"; fi
}

run() {   # preset, ctest's selection...
    local preset=$1 log=$results/$1.log launcher=()
    shift
    say "$preset: testing"
    rm -f "$results/$preset.xml"
    # ThreadSanitizer cannot map its shadow memory where the kernel randomises addresses with many bits.
    if [[ $preset == tsan ]] && setarch -R true 2>/dev/null; then launcher=(setarch -R); fi
    "${launcher[@]}" ctest --test-dir "build/$preset" -j "$tests_at_once" --output-junit "$PWD/$results/$preset.xml" \
        --test-output-size-failed 200000 "$@" >"$log" 2>&1 </dev/null &
    follow $! "$preset: testing" tests_ended || true       # the results file tells what failed
    count "$preset"
}

stage_release() {
    build release all
    if [[ $pattern ]]; then
        run release -R "$pattern"
        return
    fi
    rm -f build/release/client-matrix.txt
    run release
    if [[ -e build/release/client-matrix.txt ]]; then cat build/release/client-matrix.txt; fi
}

stage_asan() {
    export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
    build asan
    run asan -L '^(unit|integration|e2e|fuzz)'
}

stage_tsan() {
    export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 UBSAN_OPTIONS=print_stacktrace=1
    build tsan
    run tsan -L '^(unit|e2e)|_threads'
}

stage_headers() {
    build clang all header_check
    run clang -L headers
}

stage_tidy() {
    say "tidy: clang-tidy over every file"
    cmake --preset clang >/dev/null
    if run-clang-tidy-19 -quiet -j "$jobs" -p build/clang "$PWD/(protocol|conf|backends|proxy|bench|tests)/.*\.cpp" \
        >"$results/tidy.log" 2>&1; then
        passed=$((passed + 1))
    else
        grep -E '(warning|error):' "$results/tidy.log" | sort -u | head -n 100
        failed=$((failed + 1))
    fi
}

stage_fuzz() {
    local file name found log=$results/fuzz-build.log
    say "fuzz: building"
    if ! { cmake -S . -B build/fuzz -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" -DCMAKE_C_COMPILER=clang-19 \
        -DCMAKE_CXX_COMPILER=clang++-19 -DRESPGRES_SANITIZE=address,undefined,fuzzer-no-link -DRESPGRES_FUZZ=ON -DRESPGRES_BENCH=OFF &&
        ninja -C build/fuzz -j "$jobs" fuzzers; } >"$log" 2>&1; then
        tail -n 50 "$log"
        give_up "fuzz: the build failed"
    fi
    for file in tests/fuzz/*_fuzz.cpp; do
        name=$(basename "$file" _fuzz.cpp) found=$PWD/build/fuzz/found/$name log=$results/fuzz-$name.log
        say "fuzz: $name"
        mkdir -p "$found"
        if "build/fuzz/tests/fuzz/fuzz_$name" -max_total_time=60 -max_len=65536 -artifact_prefix="$found/" "$found" \
            "tests/fuzz/corpus/$name" >"$log" 2>&1; then
            passed=$((passed + 1))
        else
            tail -n 50 "$log"
            failed=$((failed + 1))
        fi
    done
}

stage_differential() {
    local log=$results/differential.log
    say "differential: 200000 sequences of this night"
    if RESPGRES_BINARY=build/release/bin/respgres python3 -B tests/differential/run.py --sequences 200000 --seed "$(date +%Y%m%d)" >"$log"; then
        passed=$((passed + 1))
    else
        head -n 200 "$log"
        failed=$((failed + 1))
    fi
    tail -n 1 "$log"
}

stage_consistency() {
    local beside log
    for beside in "" --sync-standby --near; do
        log=$results/consistency$beside.log
        say "consistency: 10 000 000 rows, all faults $beside"
        if build/release/tests/consistency/consistency_run --mode replication --faults all $beside --rows 10000000 --seed "$(date +%Y%m%d)" \
            >"$log" 2>&1; then
            passed=$((passed + 1))
        else
            head -n 200 "$log"
            failed=$((failed + 1))
        fi
        tail -n 7 "$log"
    done
}

main() {
    local packages=(--build --run --tests --clients)
    if [[ " ${stages[*]} " == *" tidy "* ]]; then packages+=(--nightly); fi
    if [[ -e conf/packages.sh ]]; then bash conf/packages.sh "${packages[@]}"; fi
    for stage in "${stages[@]}"; do "stage_$stage"; done
    finish
}

main
