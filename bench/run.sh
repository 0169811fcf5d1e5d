#!/usr/bin/env bash
# The benchmark: respgres beside Redis, nutcracker, haproxy and PostgreSQL, part by part. See --help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
here=$root/conf me=bench
# shellcheck source=conf/quickstart/screen.sh
source "$here/quickstart/screen.sh"
# shellcheck source=conf/quickstart/programs.sh
source "$here/quickstart/programs.sh"
# shellcheck source=conf/quickstart/servers.sh
source "$here/quickstart/servers.sh"

parts=(counts micro lines workers busy keys misses fills changes stampede connections latency mixed slow)

usage() {
    cat <<HELP
usage: bash bench/run.sh [options]

Installs the Debian packages that are missing, builds a release, and measures respgres part by part beside redis-server, nutcracker, haproxy and
PostgreSQL, in private servers (temporary directory, free ports on loopback) that are stopped and removed. Writes a report with the goals P1 to P19 and
what was reached (Markdown), all figures (CSV) and plots (SVG) to bench/results/. What each part does: bench/README.md.

  --quick         under three minutes in all; the figures are rough
  --full          up to an hour: more cycles, up to 10 000 000 keys
  --seconds N     how long the lines are measured (quick 10, else 120, full 600)
  --only PARTS    separated by commas, of: ${parts[*]}
  --results DIR   writes there instead
  --help          this text

For figures worth keeping nothing else may run on the machine.
RESPGRES_BUILD=DIR uses the programs in this build directory; nothing is installed or built then.
HELP
}

mode=default seconds='' directory='' chosen=("${parts[@]}")
while (($#)); do
    case $1 in
        --quick) mode=quick ;;
        --full) mode=full ;;
        --seconds)
            [[ ${2:-} =~ ^[1-9][0-9]{0,4}$ ]] || fail "$1 needs a number from 1 to 99999." "See --help."
            seconds=$2
            shift ;;
        --only)
            [[ ${2:-} =~ ^[a-z]+(,[a-z]+)*$ ]] || fail "$1 needs parts, separated by commas." "See --help."
            IFS=, read -ra chosen <<<"$2"
            shift ;;
        --results)
            directory=${2:?--results needs a directory}
            shift ;;
        -h|--help) usage; exit 0 ;;
        *) fail "unknown option '$1'." "See --help." ;;
    esac
    shift
done
for part in "${chosen[@]}"; do
    [[ " ${parts[*]} " == *" $part "* ]] || fail "there is no part '$part'." "There are: ${parts[*]}"
done
if [[ -z $seconds ]]; then
    case $mode in quick) seconds=10 ;; full) seconds=600 ;; *) seconds=120 ;; esac
fi

first_line() { PATH=$PATH:/usr/sbin "$@" 2>&1 | head -n 1 || true; }

describe_run() {
    local cpu memory commit=unknown build_type
    cpu=$(awk -F': *' '/^model name/ { print $2; exit }' /proc/cpuinfo)
    memory=$(awk '/^MemTotal:/ { printf "%.1f", $2 / 1048576 }' /proc/meminfo)
    if commit=$(git -C "$root" rev-parse --short HEAD 2>/dev/null); then
        [[ -z $(git -C "$root" status --porcelain 2>/dev/null) ]] || commit+=" with changes"
    fi
    build_type=$(sed -n 's/^CMAKE_BUILD_TYPE:[^=]*=//p' "$build/CMakeCache.txt" 2>/dev/null || true)
    cat <<TEXT
- Machine: ${cpu:-unknown CPU}, $(nproc --all) cores, $memory GB, Linux $(uname -r); load before the run $(cut -d' ' -f1 /proc/loadavg)
- Versions: $("$(program respgres)" --version | head -n 1) (commit $commit, ${build_type:-unknown} build); $(redis-server --version | cut -d' ' -f1-3);
  $("$(postgres_programs)/postgres" --version); $(first_line nutcracker --version); $(first_line haproxy -v)
- Run: $mode, parts ${chosen[*]}, lines measured for $seconds s
TEXT
}

clean_up_on_every_exit
make_work_directory
build_programs "--build --run --bench" respgres bookmaker side_by_side respgres_bench_micro respgres_bench_misses respgres_bench_freshness
[[ -n $directory ]] || directory=$root/bench/results/$(date +%F-%H%M%S)
mkdir -p "$directory"
directory=$(cd "$directory" && pwd)
describe_run >"$directory/run.txt"
export RESPGRES_BUILD=$build BENCH_RESULTS=$directory BENCH_MODE=$mode BENCH_SECONDS=$seconds

failed=()
for part in "${chosen[@]}"; do
    step "$part"
    attend bash "$root/bench/parts/$part.sh" >"$directory/$part.log" 2>&1 || { tail -n 20 "$directory/$part.log" >&2; failed+=("$part"); }
done
python3 -B "$root/bench/report/report.py" "$directory"
step "Written: $directory/report.md, report.csv and plots"
((${#failed[@]} == 0)) || fail "these parts failed, see above and their .log files: ${failed[*]}"
