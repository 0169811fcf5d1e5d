# What the parts of the benchmark share: the private servers, and which core is whose. Sourced by bench/parts/*.sh, which bench/run.sh starts with
# RESPGRES_BUILD, BENCH_RESULTS (where the figures go), BENCH_MODE (quick, default, full) and BENCH_SECONDS (for the lines).
# shellcheck shell=bash disable=SC2034,SC2154

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/conf me=bench
# shellcheck source=conf/quickstart/screen.sh
source "$here/quickstart/screen.sh"
# shellcheck source=conf/quickstart/programs.sh
source "$here/quickstart/programs.sh"
# shellcheck source=conf/quickstart/servers.sh
source "$here/quickstart/servers.sh"
# shellcheck source=conf/quickstart/data.sh
source "$here/quickstart/data.sh"

: "${RESPGRES_BUILD:?is set by bench/run.sh}" "${BENCH_RESULTS:?}" "${BENCH_MODE:?}" "${BENCH_SECONDS:?}"
build=$RESPGRES_BUILD results=$BENCH_RESULTS seconds=$BENCH_SECONDS
connections=50
PATH=$PATH:/usr/sbin               # a user's has it not, but nutcracker and haproxy are there

# by_mode QUICK DEFAULT FULL: prints the one of this run.
by_mode() {
    case $BENCH_MODE in
        quick) printf '%s' "$1" ;;
        full) printf '%s' "$3" ;;
        *) printf '%s' "$2" ;;
    esac
}

# The cores that we may use, one per line.
our_cores() { awk '/^Cpus_allowed_list:/ { n = split($2, parts, ","); for (i = 1; i <= n; ++i) {
    split(parts[i], ends, "-"); last = ends[2] == "" ? ends[1] : ends[2]; for (c = ends[1]; c <= last; ++c) print c } }' /proc/self/status; }

# The first core is for the servers, all of them, so a proxy shares its core with Redis: the ratio says what the proxy costs.
# The last one is the client's.
share_cores() {
    local cores
    mapfile -t cores < <(our_cores)
    client_core=-1 all_cores=$(IFS=,; printf '%s' "${cores[*]}")
    ((${#cores[@]} >= 2)) || return 0
    client_core=${cores[-1]}
    taskset -cp "${cores[0]}" $$ >/dev/null
}

# The tables of the betting platform, with rows: start_betting BETS EVENTS
start_betting() {
    start_postgres
    sql --single-transaction -f "$here/betting.sql" || fail "conf/betting.sql failed, see above."
    attend taskset -c "${all_cores:-$(our_cores | head -n 1)}" "$(program bookmaker)" load --postgres "$bookmaker_url" \
        --bets "$1" --users "$((($1 + 4) / 5))" --events "$2" >"$work/load.log" 2>&1 ||
        show_log_and_fail bookmaker "$work/load.log" "Loading failed, see above."
    sql -c 'VACUUM ANALYZE users, events, bets, sessions'
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
    launch nutcracker root TERM nutcracker -c "$work/nutcracker.yml" -a 127.0.0.1 -s "$(free_port)" \
        -p "$work/nutcracker.pid" -o "$work/nutcracker.log"
    ready nutcracker redis-cli -p "$nutcracker_port" get nothing
}

launch_haproxy() {
    haproxy_port=$1
    cat >"$work/haproxy.cfg" <<-CFG
		global
		  nbthread 1
		  maxconn 2000
		defaults
		  mode tcp
		  timeout connect 5s
		  timeout client 1h
		  timeout server 1h
		listen bench
		  bind 127.0.0.1:$haproxy_port
		  server redis 127.0.0.1:$redis_port
	CFG
    launch haproxy root TERM haproxy -db -f "$work/haproxy.cfg"
    ready haproxy redis-cli -p "$haproxy_port" get nothing
}

# One more proxy, from a copy of $config: start_another NAME SED_SCRIPT. Its port is in another_port, its addresses are TCP only.
start_another() {
    local name=$1 script=$2
    another_port=$(free_port)
    install -m 600 "$config" "$work/$name.toml"       # it may hold passwords
    sed -i -e "s|^listen = \[.*|listen = [\"127.0.0.1:$another_port\"]|" -e "s|^listen = \"127.*|listen = \"\"|" -e "$script" "$work/$name.toml"
    launch "$name" root TERM "$respgres" serve --config "$work/$name.toml"
    ready "$name" redis-cli -p "$another_port" ping ||
        show_log_and_fail "$name" "$work/$name.log" "The lines above should say why."
}

# side_by_side with what all its runs share: compare CSV SECONDS LINES OPTIONS...
compare() {
    local csv=$1 measured=$2 lines=$3
    shift 3
    local name processes=()
    for name in "${!server_pids[@]}"; do processes+=(--process "$name=${server_pids[$name]}"); done
    attend "$(program side_by_side)" "$@" "${processes[@]}" --connections "$connections" --seconds "$measured" --core "$client_core" \
        --only "$lines" --csv "$csv"
}

unset REDISCLI_AUTH "${!PG@}"      # of the user's own servers
respgres=$(program respgres)
clean_up_on_every_exit
make_work_directory
cd "$work" || exit
