#!/usr/bin/env bash
# The benchmark: Redis, nutcracker and respgres side by side in one run. See --help.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
here=$root/conf me=bench
# shellcheck source=conf/quickstart/screen.sh
source "$here/quickstart/screen.sh"
# shellcheck source=conf/quickstart/programs.sh
source "$here/quickstart/programs.sh"
# shellcheck source=conf/quickstart/servers.sh
source "$here/quickstart/servers.sh"
# shellcheck source=conf/quickstart/data.sh
source "$here/quickstart/data.sh"

usage() {
    cat <<'HELP'
usage: bash bench/run.sh [options]

Installs the Debian packages that are missing, builds a release, starts a private Redis, PostgreSQL, nutcracker and respgres (temporary
directory, free ports on loopback), and compares them in one run: throughput, CPU per request and latency of hits, pass-through and misses,
as ratios to Redis asked directly. Prints a table and writes it, with all figures as CSV, to bench/results/. Stops and removes the servers.

  --quick         about 30 s in all; the figures are rough
  --seconds N     how long to measure, without building and starting (default 120)
  --only IDS      some lines only, as the CSV calls them, separated by commas: hit,get,get_16,miss
  --help          this text

For figures worth keeping nothing else may run on the machine.
RESPGRES_BUILD=DIR uses the programs in this build directory; nothing is installed or built then.
HELP
}

seconds=120 only=()
while (($#)); do
    case $1 in
        --quick) seconds=15 ;;
        --seconds)
            [[ ${2:-} =~ ^[1-9][0-9]{0,4}$ ]] || fail "$1 needs a number from 1 to 99999." "See --help."
            seconds=$2
            shift ;;
        --only)
            [[ ${2:-} =~ ^[a-z0-9_]+(,[a-z0-9_]+)*$ ]] || fail "$1 needs ids, separated by commas." "See --help."
            IFS=, read -ra only <<<"$2"
            only=(--only "${only[@]}")
            shift ;;
        -h|--help) usage; exit 0 ;;
        *) fail "unknown option '$1'." "See --help." ;;
    esac
    shift
done

clean_up_on_every_exit

connections=50
events=$((20000 + seconds * 2000))  # a miss asks for each of them once; more than a run can ask for
((events <= 2000000)) || events=2000000
bets=1000                          # which no line of the table reads

# The cores that we may use, one per line.
our_cores() { awk '/^Cpus_allowed_list:/ { n = split($2, parts, ","); for (i = 1; i <= n; ++i) {
    split(parts[i], ends, "-"); last = ends[2] == "" ? ends[1] : ends[2]; for (c = ends[1]; c <= last; ++c) print c } }' /proc/self/status; }

# The first core is for the servers, all of them, so a proxy shares its core with Redis: the ratio says what the proxy costs.
# The last one is the client's.
share_cores() {
    local cores
    mapfile -t cores < <(our_cores)
    if ((${#cores[@]} < 2)); then
        client_core=-1 placing="one core for servers and client alike, so the ratios flatter no one but mean little"
        return
    fi
    client_core=${cores[-1]}
    all_cores=$(IFS=,; printf '%s' "${cores[*]}")
    taskset -cp "${cores[0]}" $$ >/dev/null
    placing="client on core $client_core, all servers together on core ${cores[0]}"
}

fill_events() {
    step "Loading $(grouped "$events") events"
    sql --single-transaction -f "$here/betting.sql" || fail "conf/betting.sql failed, see above."
    attend taskset -c "${all_cores:-$(our_cores | head -n 1)}" "$bookmaker" load --postgres "$bookmaker_url" \
        --bets "$bets" --users "$bets" --events "$events" >"$work/load.log" 2>&1 ||
        show_log_and_fail bookmaker "$work/load.log" "Loading failed, see above."
    sql -c 'VACUUM ANALYZE events'
}

launch_nutcracker() {
    nutcracker_port=$1
    cat >"$work/nutcracker.yml" <<-YML
		bench:
		  listen: 127.0.0.1:$nutcracker_port
		  redis: true
		  hash: fnv1a_64
		  distribution: ketama
		  preconnect: true
		  servers:
		   - 127.0.0.1:$redis_port:1
	YML
    launch nutcracker root TERM "$(nutcracker_program)" -c "$work/nutcracker.yml" -a 127.0.0.1 -s "$(free_port)" \
        -p "$work/nutcracker.pid" -o "$work/nutcracker.log"
    ready nutcracker redis-cli -p "$nutcracker_port" get nothing
}

nutcracker_program() { command -v nutcracker || printf /usr/sbin/nutcracker; }      # a user's PATH has no sbin

# One worker, and one mapping more: plain strings, to compare a hit with the same GET passed through.
write_template() {
    template=$work/bench.toml
    sed 's/^workers = .*/workers = 1/' "$here/betting.toml" >"$template"
    cat >>"$template" <<-'TOML'

	[mapping.bench_hit]
	key = "bench_hit:{id:int}"
	shape = "string"
	ttl = "12h"
	query = "SELECT repeat('x', 100) AS value FROM events WHERE id = :id"
	TOML
    grep -q '^workers = 1$' "$template" || fail "conf/betting.toml has no line 'workers = ...' any more."
}

describe_run() {
    local cpu memory commit=unknown build_type
    cpu=$(awk -F': *' '/^model name/ { print $2; exit }' /proc/cpuinfo)
    memory=$(awk '/^MemTotal:/ { printf "%.1f", $2 / 1048576 }' /proc/meminfo)
    if git -C "$root" rev-parse --short HEAD >"$work/commit" 2>/dev/null; then
        commit=$(cat "$work/commit")
        [[ -z $(git -C "$root" status --porcelain 2>/dev/null) ]] || commit+=" with changes"
    fi
    build_type=$(sed -n 's/^CMAKE_BUILD_TYPE:[^=]*=//p' "$build/CMakeCache.txt" 2>/dev/null || true)
    cat <<TEXT
# Side by side, $(date '+%Y-%m-%d %H:%M')

- Machine: ${cpu:-unknown CPU}, $(nproc --all) cores, $memory GB, Linux $(uname -r); load before the run $(cut -d' ' -f1 /proc/loadavg)
- Versions: $("$respgres" --version | head -n 1) (commit $commit, ${build_type:-unknown} build); $(redis-server --version | cut -d' ' -f1-3);
  $("$(nutcracker_program)" --version 2>&1 | head -n 1); $("$postgres_bin/postgres" --version)
- Method: $placing. $connections connections to each target, all open at once. Closed loop: slices of 40 ms, the targets in random order in
  every cycle, nothing under way between slices; requests/s is the median of the cycles, the ratio (to redis, asked directly) is taken cycle by
  cycle: median and quartiles. CPU is that of the server processes, from schedstat. Open loop: requests are due at a fixed rate, slices of
  200 ms; latency counts from when a request was due. $seconds s of measuring; redis-server, nutcracker and respgres work in one thread each
  (respgres: workers = 1).
- Misses: respgres fills each key from PostgreSQL; redis and nutcracker say that the key is absent.
- Compare figures of one run only; absolute ones drift by tens of per cent.

TEXT
}

measure() {
    exec "$side_by_side" --target "redis=127.0.0.1:$redis_port" --target "nutcracker=127.0.0.1:$nutcracker_port" \
        --target "respgres=127.0.0.1:$proxy_port" --filler respgres --rows "$events" \
        --process "nutcracker=${server_pids[nutcracker]}" --process "respgres=${server_pids[respgres]}" \
        --process "redis=${server_pids[redis]}" --process "postgresql=${server_pids[postgresql]}" \
        --connections "$connections" --seconds "$seconds" --core "$client_core" --csv "$1" "${only[@]}"
}

unset REDISCLI_AUTH "${!PG@}"      # of the user's own servers
make_work_directory
build_programs "--build --run --bench" respgres bookmaker side_by_side
respgres=$(program respgres)
bookmaker=$(program bookmaker)
side_by_side=$(program side_by_side)
cd "$work"
check_space
share_cores
{
    step "PostgreSQL, Redis, nutcracker, respgres"
    start_postgres
    fill_events
    start_redis
    on_free_port nutcracker launch_nutcracker
    write_template
    start_proxy
    step "Measuring for $seconds s"
} >&2

mkdir -p "$root/bench/results"
name=$root/bench/results/$(date +%F-%H%M%S)
status=0
describe_run >"$work/report.md"
attend measure "$work/report.csv" >>"$work/report.md" || status=$?
cat "$work/report.md"
if ((status)); then fail "the measurement failed, see above."; fi
cp "$work/report.md" "$name.md"
cp "$work/report.csv" "$name.csv"
step "Written: ${name#"$root/"}.md and .csv" >&2
