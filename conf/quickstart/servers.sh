# The private servers of the quick start: all files in $work, all ports on loopback, every process known by its id.
# Sourced by conf/quickstart.sh.
# shellcheck shell=bash disable=SC2034,SC2154

declare -A server_pids=()          # name -> process id
work=''                            # the temporary directory, once there is one
attended_pid=''
redis_options=()                   # more words for redis-server
more_listen=''                     # more addresses of the proxy, as TOML: , "unix:/path"

make_work_directory() {
    local parent
    parent=$(cd "${TMPDIR:-/tmp}" && pwd) && work=$(mktemp -d "$parent/respgres-XXXXXX") ||
        fail "cannot make a temporary directory in ${TMPDIR:-/tmp}, see above." "Set TMPDIR to a directory that you may write."
    chmod 711 "$work"              # the servers' users pass through it
    ((${#work} < 80)) || fail "the temporary directory's name is too long for a Unix socket: $work" "Use a shorter TMPDIR."
}

# Runs a command that may take long so that a signal to us ends it at once, instead of after it.
attend() {
    "$@" &
    attended_pid=$!
    local status=0
    wait "$attended_pid" || status=$?
    attended_pid=''
    return $status
}

# Prints a port on which nobody answers: the preferred one if possible. Below the range that the kernel gives to clients.
free_port() {
    local port=${1:-$((20000 + RANDOM % 10000))}
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((20000 + RANDOM % 10000)); done
    printf '%s' "$port"
}

# Starts a server in the background: launch NAME USER SIGNAL COMMAND...
# When we are root it runs as USER. It is in a session of its own, so that Ctrl-C reaches only us and we stop the servers in order;
# should we be killed, the kernel sends it SIGNAL.
launch() {
    local name=$1 user=$2 signal=$3
    shift 3
    local as=(setpriv --pdeathsig "$signal")
    if ((EUID == 0)) && [[ $user != root ]]; then as+=(--reuid="$user" --regid="$(id -g "$user")" --init-groups); fi
    setsid "${as[@]}" -- "$@" >"$work/$name.log" 2>&1 &
    server_pids[$name]=$!
}

# Waits until a command succeeds, at most 30 s: ready NAME COMMAND... Fails at once when the server has ended.
ready() {
    local name=$1 tries
    shift
    for ((tries = 0; tries < 300; ++tries)); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        kill -0 "${server_pids[$name]}" 2>/dev/null || return 1
        sleep 0.1
    done
    return 1
}

# Starts a server on a free port; if somebody else took the port meanwhile, on another. The function gets the port.
on_free_port() {
    local name=$1 start=$2 attempt
    for attempt in 1 2 3; do
        if "$start" "$(free_port)"; then return 0; fi
        stop_server "$name" KILL 0
        grep -qi 'address already in use' "$work/$name.log" || break
    done
    show_log_and_fail "$name" "$work/$name.log" "The lines above should say why. Nothing was left behind; once that is mended, start again."
}

# stop_server NAME SIGNAL SECONDS: asks with the signal, waits, then insists.
stop_server() {
    local name=$1 signal=$2 seconds=$3 tries
    local pid=${server_pids[$name]:-}
    [[ -n $pid ]] || return 0
    kill -s "$signal" "$pid" 2>/dev/null || true
    for ((tries = seconds * 20; tries > 0; --tries)); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
    kill -s KILL "$pid" 2>/dev/null || true
    { wait "$pid"; } 2>/dev/null || true
    unset "server_pids[$name]"
}

# Stops what was started and removes what was written. Whatever happens, this runs last.
clean_up() {
    local status=$?
    set +e
    trap '' INT TERM HUP PIPE          # nobody may read any more what we say
    trap - EXIT
    if [[ -n $attended_pid ]]; then
        kill "$attended_pid" 2>/dev/null || true
        wait "$attended_pid" 2>/dev/null || true
    fi
    if ((${#server_pids[@]})); then printf '\nStopping, and removing %s\n' "$work" 2>/dev/null; fi
    local name
    for name in "${!server_pids[@]}"; do   # those in front first; bench/ has more than the quick start
        [[ $name == redis || $name == postgresql ]] || stop_server "$name" TERM 10
    done
    stop_server redis TERM 5
    stop_server postgresql QUIT 10         # at once: its data are thrown away
    if [[ -n $work ]]; then rm -rf "$work"; fi
    exit "$status"
}

# Also when a signal ends the script: with the exit code that shells give it.
clean_up_on_every_exit() {
    trap clean_up EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 141' PIPE
    trap 'exit 143' TERM
}

# --- PostgreSQL ---

# The programs of the newest installed version; Debian keeps them out of PATH.
postgres_programs() {
    local directory
    directory=$({ compgen -G '/usr/lib/postgresql/*/bin/initdb' || true; } | sort -V | tail -n 1)
    if [[ -n $directory ]]; then dirname "$directory"; else pg_config --bindir; fi
}

start_postgres() {
    id postgres >/dev/null 2>&1 || ((EUID != 0)) ||
        fail "PostgreSQL does not run as root, and there is no user 'postgres'." "Start this as another user."
    postgres_bin=$(postgres_programs)
    postgres_home=$work/postgres
    local as_its_user=()
    mkdir "$postgres_home"
    if ((EUID == 0)); then
        as_its_user=(setpriv --reuid=postgres --regid="$(id -g postgres)" --init-groups --)
        chown postgres "$postgres_home"
    fi
    chmod 700 "$postgres_home"
    # Whoever may enter the socket's directory (its owner and root) needs no password; on TCP everybody does.
    attend "${as_its_user[@]}" "$postgres_bin/initdb" -D "$postgres_home/data" --username=postgres --auth-local=trust \
        --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync >"$work/postgresql.log" 2>&1 ||
        show_log_and_fail postgresql "$work/postgresql.log" "initdb failed, see above."
    "${as_its_user[@]}" tee -a "$postgres_home/data/postgresql.conf" >/dev/null <<-CONF
		listen_addresses = '127.0.0.1'
		unix_socket_directories = '$postgres_home'
		wal_level = logical
		max_replication_slots = 10
		max_wal_senders = 10
		max_connections = 100
		shared_buffers = 256MB
		max_wal_size = 1GB
		# A throw-away instance: a crash of the machine may lose it.
		fsync = off
		full_page_writes = off
		# Containers often have a /dev/shm of 64 MB, too small for parallel index builds.
		dynamic_shared_memory_type = mmap
	CONF
    if [[ -e $("$postgres_bin/pg_config" --pkglibdir 2>/dev/null || true)/pg_stat_statements.so ]]; then
        "${as_its_user[@]}" tee -a "$postgres_home/data/postgresql.conf" >/dev/null <<<"shared_preload_libraries = 'pg_stat_statements'"
    fi
    on_free_port postgresql launch_postgres
    create_betting_database
}

launch_postgres() {
    postgres_port=$1
    launch postgresql postgres INT "$postgres_bin/postgres" -D "$postgres_home/data" -c port="$postgres_port"
    ready postgresql psql -X -h "$postgres_home" -p "$postgres_port" -U postgres -d postgres -c 'SELECT 1'
}

# The database `betting` belongs to the role `app`, as which the proxy connects.
create_betting_database() {
    local password
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    local as_owner=(psql -X -q -v ON_ERROR_STOP=1 -h "$postgres_home" -p "$postgres_port" -U postgres)
    "${as_owner[@]}" -d postgres <<-SQL
		CREATE ROLE app LOGIN REPLICATION PASSWORD '$password';
		CREATE DATABASE betting OWNER app;
	SQL
    "${as_owner[@]}" -d betting -c 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements' >/dev/null 2>&1 || true
    postgres_url="postgresql://app:$password@127.0.0.1:$postgres_port/betting"
    psql_words=(psql -h "$postgres_home" -p "$postgres_port" -U app betting)
    bookmaker_url="postgresql:///betting?host=$postgres_home&port=$postgres_port&user=app"
}

use_given_postgres() {
    postgres_url=$1 bookmaker_url=$1
    psql_words=(psql "$1")
    psql -X -q "$1" -c 'SELECT 1' >/dev/null || fail "cannot connect to the PostgreSQL of --with-postgres, see above."
}

# Reads SQL from standard input or takes -c; the answer without frills.
sql() { "${psql_words[@]}" -X -q -A -t -v ON_ERROR_STOP=1 "$@"; }

# --- Redis ---

start_redis() {
    mkdir "$work/redis"
    on_free_port redis launch_redis
    redis_url="redis://127.0.0.1:$redis_port/0"
}

launch_redis() {
    local user=redis
    redis_port=$1
    id "$user" >/dev/null 2>&1 || user=nobody
    launch redis "$user" TERM redis-server --bind 127.0.0.1 --port "$redis_port" --dir "$work/redis" --save '' --appendonly no \
        "${redis_options[@]}"
    ready redis redis-cli -p "$redis_port" ping
}

use_given_redis() {
    redis_url=$1
    [[ $redis_url != redis://* ]] || [[ $(redis-cli -u "$redis_url" ping 2>&1) == PONG ]] ||
        fail "the Redis of --with-redis does not answer PING: $(redis-cli -u "$redis_url" ping 2>&1)"
}

# --- the proxy ---

# conf/betting.toml, or the file $template, with the addresses of this run; everything else as it stands there.
write_config() (
    umask 077                      # the URLs may hold passwords
    listen="[\"127.0.0.1:$proxy_port\"$more_listen]" admin="\"127.0.0.1:$admin_port\"" redis="$(toml_string "$redis_url")" \
        postgres="$(toml_string "$postgres_url")" awk -f "$here/quickstart/set_addresses.awk" "${template:-$here/betting.toml}" >"$config"
)

toml_string() {
    local text=${1//\\/\\\\}
    printf '"%s"' "${text//\"/\\\"}"
}

start_proxy() {
    admin_port=$(free_port 9180)
    if [[ -n ${wanted_port:-} ]]; then
        proxy_port=$(free_port "$wanted_port")
        [[ $proxy_port == "$wanted_port" ]] || fail "port $wanted_port is in use." "Choose another --port, or leave it out."
    else
        proxy_port=$(free_port 6380)
    fi
    config=$work/respgres.toml
    write_config
    "$respgres" check --config "$config" >"$work/check.log" 2>&1 ||
        { cat "$work/check.log" >&2; fail "respgres check found the problems above (the file is conf/betting.toml with other addresses)."; }
    launch respgres root TERM "$respgres" serve --config "$config"
    ready respgres curl -fsS "http://127.0.0.1:$admin_port/readyz" ||
        show_log_and_fail respgres "$work/respgres.log" "The lines above should say why; /readyz did not say yes within 30 s."
}
