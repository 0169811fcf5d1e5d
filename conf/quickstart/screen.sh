# What the quick start says, and how it says that something went wrong. Sourced by conf/quickstart.sh.
# shellcheck shell=bash disable=SC2034,SC2154

if [[ -t 1 ]]; then
    bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' green='' red='' plain=''
fi

# A step of the way, with the seconds since the start.
step() { printf '%s[%3d s] %s%s\n' "$bold" "$SECONDS" "$*" "$plain"; }

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s%s: %s%s\n' "$red" "${me:-quickstart}" "$1" "$plain" >&2
    shift
    if (($#)); then printf '            %s\n' "$@" >&2; fi
    exit 1
}

# Fails with the end of a server's log: show_log_and_fail NAME LOG WHAT_TO_DO
show_log_and_fail() {
    printf '\n--- the last lines of the log of %s ---\n' "$1" >&2
    tail -n 20 "$2" >&2 || true
    printf -- '---\n' >&2
    fail "$1 did not start, or stopped." "$3"
}

# 1234567 -> "1 234 567"
grouped() {
    local number=$1
    while [[ $number =~ ^([0-9]+)([0-9]{3})(.*)$ ]]; do number="${BASH_REMATCH[1]} ${BASH_REMATCH[2]}${BASH_REMATCH[3]}"; done
    printf '%s' "$number"
}

# A command as one would type it.
typed() {
    local word line=''
    for word in "$@"; do
        if [[ $word =~ ^[A-Za-z0-9_./:=,@%+-]+$ ]]; then line+=" $word"
        elif [[ $word == *[\"\$\`\\!]* ]]; then line+=" $(printf '%q' "$word")"
        else line+=" \"$word\""; fi
    done
    printf '%s' "${line# }"
}

# Milliseconds since some moment, for differences.
now_ms() { printf '%s' $((${EPOCHREALTIME/[.,]/} / 1000)); }
