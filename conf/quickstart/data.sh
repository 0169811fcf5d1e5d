# The betting tables and their rows. Sourced by conf/quickstart.sh, whose $bets says how many.
# shellcheck shell=bash disable=SC2034,SC2154

# Measured: 4 000 000 bets need 770 MB, and PostgreSQL's log and sort files as much again.
check_space() {
    local needed=$((400 + bets * 400 / 1000000)) available
    available=$(($(df --output=avail -k "$work" | tail -n 1) / 1024))
    ((available >= needed)) || fail "$bets bets need about $needed MB in ${TMPDIR:-/tmp}, where $available MB are free." \
        "Fewer: --bets N. Elsewhere: TMPDIR=/var/tmp bash conf/quickstart.sh"
}

# Creates and fills the tables; where they are there already (--with-postgres), they are used as they are.
fill_database() {
    local present
    present=$(sql -c "SELECT count(to_regclass(name)) FROM unnest(ARRAY['users', 'events', 'bets', 'sessions']) AS name") ||
        fail "cannot look into the database, see above."
    case $present in
        0) step "Tables"
           sql --single-transaction -f "$here/betting.sql" || fail "conf/betting.sql failed, see above; nothing was changed." ;;
        4) if [[ -n $(sql -c "SELECT 1 FROM bets LIMIT 1") ]]; then
               step "The database holds bets already; using it as it is"
               return
           fi ;;
        *) fail "the database has some of the tables users, events, bets, sessions, but not all." \
               "Give --with-postgres an empty database." ;;
    esac
    step "Loading $(grouped "$bets") bets"
    local users=$(((bets + 4) / 5)) events=$((bets * 2 / 25 + 1))
    if ((events > 80000)); then events=80000; fi
    attend "$bookmaker" load --postgres "$bookmaker_url" --bets "$bets" --users "$users" --events "$events" ||
        fail "loading failed, see above."
}
