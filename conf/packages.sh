#!/usr/bin/env bash
# Installs the Debian packages that are missing: bash conf/packages.sh [--build] [--run] [--tests] [--bench] [--clients] [--nightly]; without an option: all.
# Says in one line what it installs; does nothing, in well under a second, when nothing is missing. Starts no service, creates no
# database cluster, and leaves servers that are already on the machine alone.
set -euo pipefail

# What Debian 12 names differently from later releases.
# shellcheck source=/dev/null
release=$(. /etc/os-release 2>/dev/null && echo "${VERSION_CODENAME:-unknown}")
if [[ $release == bookworm ]]; then
    boost=libboost1.81-dev llhttp=node-llhttp              # its libboost-dev is 1.74, and llhttp comes as C sources
else
    boost=libboost-dev llhttp=libllhttp-dev
fi

# Catch2 and nlohmann-json are small headers that every `cmake --preset ...` looks for; so they stand under build.
build=(g++ cmake ninja-build ccache pkg-config "$boost" libpq-dev libhiredis-dev "$llhttp" libspdlog-dev libtomlplusplus-dev
       libcli11-dev prometheus-cpp-dev libssl-dev catch2 nlohmann-json3-dev)
run=(redis-server redis-tools postgresql python3 curl)     # postgresql: any major version, with its client
measure=(nutcracker haproxy gnuplot-nox valgrind strace)     # what bench/run.sh compares with, counts with and draws with
tests=("${run[@]}" clang-19 libclang-rt-19-dev mold "${measure[@]}")
bench=("${run[@]}" "${measure[@]}")
nightly=(clang-tidy-19)                                    # beyond tests
# The client matrix of tests/clients, and the tools of tests/tools.
clients=("${run[@]}" nutcracker nodejs npm python3-redis gcc libhiredis-dev php-cli php-redis libredis-perl libio-socket-ssl-perl ruby-redis openssl
         prometheus-redis-exporter)

services=(redis-server postgresql nutcracker haproxy prometheus-redis-exporter)   # what these packages would start, now and at every boot

die() { printf 'packages.sh: %s\n' "$*" >&2; exit 1; }

# Prints the packages of "$@" that are not installed.
missing_of() {
    local package installed
    installed=$'\n'$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)$'\n'
    for package in "$@"; do
        [[ $installed == *$'\n'"installed $package"$'\n'* ]] && continue
        # A PostgreSQL of another major version, or without the meta package, is as good.
        [[ $package == postgresql ]] && compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null && continue
        # A nodejs that is not Debian's brings its own npm, which conflicts with Debian's.
        [[ $package == nodejs || $package == npm ]] && command -v node >/dev/null && command -v npm >/dev/null && continue
        printf '%s\n' "$package"
    done
}

as_root() { if ((EUID == 0)); then "$@"; else sudo "$@"; fi; }

# Shows nothing unless it fails. Waits up to 5 minutes for another apt-get, which a fresh machine often runs by itself.
apt() {
    local log status=0
    log=$(mktemp)
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1 || status=$?
    if ((status)); then tail -n 20 "$log" >&2; fi
    rm -f "$log"
    return $status
}

policy=/usr/sbin/policy-rc.d                               # asked by packages before they start a service; 101 = do not
cluster_conf=/etc/postgresql-common/createcluster.conf
policy_is_ours=no
cluster_conf_is_changed=no

hold_services() {
    [[ -e $policy ]] && return                             # the owner's own policy stands; disable_services covers the rest
    policy_is_ours=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
}

# The package `postgresql` would create the cluster "main" for everybody to use; we only want its programs.
hold_cluster() {
    apt install --no-install-recommends postgresql-common || die "apt-get install postgresql-common failed (above)"
    as_root cp -p "$cluster_conf" "$cluster_conf.respgres-saved"
    cluster_conf_is_changed=yes
    printf '\ncreate_main_cluster = false\n' | as_root tee -a "$cluster_conf" >/dev/null
}

release_holds() {
    if [[ $cluster_conf_is_changed == yes ]]; then as_root mv "$cluster_conf.respgres-saved" "$cluster_conf"; fi
    if [[ $policy_is_ours == yes ]]; then as_root rm -f "$policy"; fi
}

# Only for services whose package was not there before us: they shall not start at the next boot either.
disable_services() {
    local service
    command -v systemctl >/dev/null || return 0
    for service in "${services[@]}"; do
        [[ " $* " == *" $service "* ]] || continue
        as_root systemctl disable --quiet "$service" >/dev/null 2>&1 || true
        if [[ -d /run/systemd/system ]]; then as_root systemctl stop "$service" >/dev/null 2>&1 || true; fi
    done
}

install_missing() {
    command -v apt-get >/dev/null || die "there is no apt-get here; please install by hand what corresponds to: $*"
    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        die "neither root nor sudo; please run as root: apt-get install --no-install-recommends $*"
    fi
    printf 'Installing %d missing Debian packages (takes about a minute): %s\n' $# "$*"
    trap release_holds EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    apt update || die "apt-get update failed (above); is this machine online, and are its package sources right?"
    hold_services
    if [[ " $* " == *" postgresql "* ]]; then hold_cluster; fi
    apt install --no-install-recommends "$@" || die "apt-get install failed (above); please run: apt-get install $*"
    disable_services "$@"
}

wanted=()
for option in "$@"; do
    case $option in
        --build) wanted+=("${build[@]}") ;;
        --run)   wanted+=("${run[@]}") ;;
        --tests) wanted+=("${tests[@]}") ;;
        --bench) wanted+=("${bench[@]}") ;;
        --clients) wanted+=("${clients[@]}") ;;
        --nightly) wanted+=("${nightly[@]}") ;;
        -h|--help) sed -n '2,4s/^# //p' "$0"; exit 0 ;;
        *) die "unknown option '$option'; there are --build --run --tests --bench --clients --nightly" ;;
    esac
done
((${#wanted[@]})) || wanted=("${build[@]}" "${tests[@]}" "${bench[@]}" "${clients[@]}" "${nightly[@]}")

command -v dpkg-query >/dev/null || die "this is no Debian; please install by hand what corresponds to: ${wanted[*]}"
mapfile -t missing < <(missing_of "${wanted[@]}" | sort -u)
((${#missing[@]} == 0)) || install_missing "${missing[@]}"
