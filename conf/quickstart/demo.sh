# The sample session: shows each command and its answer, and checks what was promised. Sourced by conf/quickstart.sh.
# shellcheck shell=bash disable=SC2034,SC2154

demo_key=active_bets:limit_100
demo_steps=0
demo_failures=0
answer=''                          # of the last command
took_ms=0

# Runs a command, shows it and the beginning of its answer: shown COMMAND...
shown() {
    local start status=0
    start=$(now_ms)
    answer=$("$@" 2>&1) || status=$?
    took_ms=$(($(now_ms) - start))
    printf '    $ %s\n' "$(typed "$@")"
    local first=${answer//$'\n'/ | }
    if ((${#first} > 100)); then first="${first:0:100} ... ($(grouped "${#answer}") characters)"; fi
    printf '      %s   [%d ms]\n' "${first:-(empty)}" "$took_ms"
    return $status
}

proxied() { redis-cli -p "$proxy_port" "$@"; }
redis() { shown redis-cli -p "$proxy_port" "$@"; }

promise() { printf '\n%s%d. %s%s\n' "$bold" $((++demo_steps)) "$*" "$plain"; }

# verdict CONDITION_STATUS WHAT_WAS_SEEN
verdict() {
    if (($1 == 0)); then
        printf '    %sOK%s      %s\n' "$green" "$plain" "$2"
    else
        printf '    %sFAILED%s  %s\n' "$red" "$plain" "$2"
        demo_failures=$((demo_failures + 1))
    fi
}

# "hits misses" of the demo's mapping.
counters() {
    curl -fsS "http://127.0.0.1:$admin_port/stats" |
        python3 -c 'import json, sys; m = json.load(sys.stdin)["mappings"]["active_bets"]; print(m["hits"], m["misses"])'
}

# Runs a GET and checks by how much hits and misses grew: counted_get HITS MISSES
counted_get() {
    local hits misses more_hits more_misses
    read -r hits misses < <(counters)
    redis GET "$demo_key" || true
    read -r more_hits more_misses < <(counters)
    more_hits=$((more_hits - hits)) more_misses=$((more_misses - misses))
    ((more_hits == $1 && more_misses == $2)) && [[ $answer == '['* ]]
    verdict $? "/stats: hits +$more_hits, misses +$more_misses"
}

# The rows of the mapping's own query as psql gives them.
rows_by_psql() {
    python3 -c 'import sys, tomllib
query = tomllib.load(open(sys.argv[1], "rb"))["mapping"]["active_bets"]["query"].strip().rstrip(";")
print(f"SELECT coalesce(json_agg(t), $$[]$$::json) FROM ({query}\n) AS t;")' "$config" | sql -v limit=100
}

same_as_psql() {
    printf '%s' "$answer" >"$work/proxy.json"
    rows_by_psql >"$work/psql.json"
    python3 "$here/quickstart/same_json.py" "$work/proxy.json" "$work/psql.json" >"$work/differences"
}

ids_in_answer() { python3 -c 'import json, sys; print(*(row["id"] for row in json.load(sys.stdin)))' <<<"$answer" 2>/dev/null; }

# Whether the answer is a number: answer_within LOW HIGH
answer_within() { [[ $answer =~ ^[0-9]{1,9}$ ]] && ((answer >= $1 && answer <= $2)); }

# On a machine so busy that the TTL has passed since, reads once more, uncounted: keep_filled WHEN_FILLED
keep_filled() { if (($(now_ms) - $1 > 3500)); then proxied GET "$demo_key" >/dev/null; fi; }

demo_miss_and_hits() {
    local filled filled_at
    promise "The first read is a miss: respgres runs the query of [mapping.active_bets] and keeps the answer in Redis."
    if [[ -n $given_redis ]]; then proxied DEL "$demo_key" >/dev/null; fi
    counted_get 0 1
    filled=$answer filled_at=$(now_ms)

    promise "The second read is a hit: Redis answers, PostgreSQL is not asked."
    keep_filled "$filled_at"
    counted_get 1 0
    [[ $answer == "$filled" ]]
    verdict $? "the same $(grouped "${#answer}") characters"

    promise "Redis holds the value under its plain name, with the mapping's TTL of 5 s."
    keep_filled "$filled_at"
    redis TTL "$demo_key" || true
    answer_within 1 5
    verdict $? "between 1 and 5"

    promise "The value is, as JSON, what psql gives for the same query."
    answer=$filled
    same_as_psql
    verdict $? "$(ids_in_answer | wc -w) rows, compared field by field $(head -n 3 "$work/differences")"
}

demo_changed_row() {
    local id start
    promise "A row changes in PostgreSQL. Until the TTL has passed a reader may see the old value; after it, the new one."
    answer=$(proxied GET "$demo_key")
    read -r id _ < <(ids_in_answer)
    shown "${psql_words[@]}" -c "UPDATE bets SET status = 'SETTLED', settled_at = now() WHERE id = ${id:-NULL}"
    start=$(now_ms)
    while answer=$(proxied GET "$demo_key") && [[ " $(ids_in_answer) " == *" $id "* ]] && (($(now_ms) - start < 8000)); do sleep 0.1; done
    took_ms=$(($(now_ms) - start))
    redis GET "$demo_key" || true
    [[ -n $id && $answer == '['* && " $(ids_in_answer) " != *" $id "* ]] && ((took_ms <= 6000))
    verdict $? "bet $id was gone after $took_ms ms"
    same_as_psql
    verdict $? "and the value is again what psql gives $(head -n 3 "$work/differences")"
    if [[ -n $given_postgres && -n $id ]]; then sql -c "UPDATE bets SET status = 'OPEN', settled_at = NULL WHERE id = $id"; fi
}

demo_counter() {
    local counted tries
    promise "A counter by query: the open bets."
    # On a database that others write to, the count moves between the two looks; so there are a few.
    for ((tries = 0; tries < 5; ++tries)); do
        counted=$(sql -c "SELECT count(*) FROM bets WHERE status = 'OPEN'")
        [[ $(proxied GET bet_count:OPEN) == "$counted" ]] && break
        sleep 1
    done
    redis GET bet_count:OPEN || true
    [[ $answer == "$counted" ]]
    verdict $? "psql counts $counted"
}

demo_session() {
    local session="session:demo_$$" stored
    promise "Sessions: clients write to Redis, respgres puts the mapping's TTL of an hour on the key."
    redis HSET "$session" user_id 1 name Demo || true
    redis TTL "$session" || true
    answer_within 3590 3600
    verdict $? "an hour"
    redis HGET "$session" name || true
    [[ $answer == Demo ]]
    verdict $? "what was written is read"
    proxied DEL "$session" >/dev/null

    stored=$(sql -c "SELECT session_id FROM sessions WHERE expires_at > now() + interval '1 minute' ORDER BY session_id LIMIT 1")
    if [[ -n $stored ]]; then
        promise "A session that Redis does not hold is filled from PostgreSQL."
        redis HGET "session:$stored" name || true
        [[ $answer == "$(sql -c "SELECT name FROM sessions WHERE session_id = '${stored//\'/\'\'}'")" ]]
        verdict $? "as in the table"
    fi
}

run_demo() {
    local start
    start=$(now_ms)
    step "The sample session"
    set +e                         # from here on a failure is a verdict
    demo_miss_and_hits
    demo_changed_row
    demo_counter
    demo_session
    set -e
    printf '\n%d steps in %d ms, %d s since the start. The times in brackets include starting the client program.\n' \
        "$demo_steps" $(($(now_ms) - start)) "$SECONDS"
    ((demo_failures == 0)) || fail "$demo_failures checks FAILED, see above." "The log of respgres:" "$(tail -n 5 "$work/respgres.log")"
    say "${green}Every step went as promised.${plain}"
}
