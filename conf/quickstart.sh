#!/usr/bin/env bash
# The quick start: one command to a running respgres with the betting data. See --help.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
# shellcheck source=conf/quickstart/screen.sh
source "$here/quickstart/screen.sh"
# shellcheck source=conf/quickstart/programs.sh
source "$here/quickstart/programs.sh"
# shellcheck source=conf/quickstart/servers.sh
source "$here/quickstart/servers.sh"
# shellcheck source=conf/quickstart/data.sh
source "$here/quickstart/data.sh"
# shellcheck source=conf/quickstart/demo.sh
source "$here/quickstart/demo.sh"

usage() {
    cat <<'HELP'
usage: bash conf/quickstart.sh [options]

Installs the Debian packages that are missing, builds a release, starts a private PostgreSQL and a private Redis (temporary directory,
free ports on loopback), loads the betting data, and starts respgres. Ctrl-C stops and removes all of it. Servers that are already on
the machine are left alone.

  --demo                run a sample session (miss, hit, TTL, a changed row, ...), say for each step whether it went as promised, and
                        end; exit 0 only if all did
  --bets N              how many bets (default 1000000), with N/5 users and at most 80000 events
  --port N              the port of respgres (default: 6380, or a free one)
  --with-redis URL      use this Redis instead of a private one
  --with-postgres URL   use this database instead of a private one: the tables of conf/betting.sql are created and filled, or used as
                        they are if they are there; they stay afterwards. With --demo one bet is settled and opened again.
  --help                this text

TMPDIR says where the temporary directory is made (default /tmp; 1000000 bets take about 700 MB for the time).
RESPGRES_BUILD=DIR uses the programs in this build directory; nothing is installed or built then.
HELP
}

demo=no bets=1000000 wanted_port='' given_redis='' given_postgres=''

# A number from 1 to the limit: number OPTION TEXT LIMIT
number() {
    if ! [[ $2 =~ ^[1-9][0-9]{0,9}$ ]] || (($2 > $3)); then fail "$1 needs a number from 1 to $3, not '$2'."; fi
    printf '%s' "$2"
}

while (($#)); do
    case $1 in
        --bets|--port|--with-redis|--with-postgres) [[ -n ${2:-} ]] || fail "$1 needs a value." "See --help." ;;
    esac
    case $1 in
        --demo) demo=yes ;;
        --bets) bets=$(number "$1" "$2" 1000000000); shift ;;
        --port) wanted_port=$(number "$1" "$2" 65535); shift ;;
        --with-redis) given_redis=$2; shift ;;
        --with-postgres) given_postgres=$2; shift ;;
        -h|--help) usage; exit 0 ;;
        *) fail "unknown option '$1'." "See --help." ;;
    esac
    shift
done

clean_up_on_every_exit

four_lines_to_try() {
    local redis_cli="redis-cli -p $proxy_port" count
    local newest="(SELECT id FROM bets WHERE status = 'OPEN' ORDER BY placed_at DESC LIMIT 1)"
    local settle="UPDATE bets SET status = 'SETTLED', settled_at = now() WHERE id = $newest"
    count=$(sql -c 'SELECT count(*) FROM bets')
    printf '\n%srespgres is ready after %d s, with %s bets. In another terminal:%s\n\n' "$bold" "$SECONDS" "$(grouped "$count")" "$plain"
    say "  $redis_cli GET active_bets:limit_100      # filled from PostgreSQL; again within 5 s: from Redis"
    say "  $redis_cli TTL active_bets:limit_100"
    say "  $(typed "${psql_words[@]}" -c "$settle")      # seen after the TTL"
    say "  curl -s http://127.0.0.1:$admin_port/stats      # hits, misses, fills"
    printf '\nBets placed and settled live:  %s run --postgres %q --rate 100\n' "$bookmaker" "$bookmaker_url"
    printf 'Configuration and logs:        %s\n' "$work"
    printf '\n%sCtrl-C stops and removes everything.%s\n' "$bold" "$plain"
}

unset REDISCLI_AUTH                # redis-cli would send it to everybody
make_work_directory
build_programs "--build --run" respgres bookmaker
respgres=$(program respgres)
bookmaker=$(program bookmaker)
cd "$work"                         # which every server may enter; the one we were started in perhaps not
if [[ -n $given_postgres ]]; then
    use_given_postgres "$given_postgres"
else
    unset "${!PG@}"                # of the user's own servers
    check_space
    step "PostgreSQL"
    start_postgres
fi
if [[ -n $given_redis ]]; then use_given_redis "$given_redis"; else step "Redis"; start_redis; fi
fill_database
step "respgres"
start_proxy

if [[ $demo == yes ]]; then
    run_demo
else
    four_lines_to_try
    wait -n -p ended "${server_pids[@]}" || true
    for name in "${!server_pids[@]}"; do
        [[ ${server_pids[$name]} != "$ended" ]] ||
            show_log_and_fail "$name" "$work/$name.log" "It ended by itself; the lines above should say why."
    done
fi
