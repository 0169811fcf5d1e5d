# Packages and a release build, or the build directory of RESPGRES_BUILD. Sourced by conf/quickstart.sh and bench/run.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# Prints where a program of the build is.
program() {
    local found
    found=$(find "$build" -type f -name "$1" -perm -u+x -print -quit 2>/dev/null)
    [[ -n $found ]] || fail "there is no program '$1' in $build."
    printf '%s' "$found"
}

# As many compilers as there are cores and, at 1.5 GB each, room for them.
build_jobs() {
    local cores memory
    cores=$(nproc)
    memory=$(awk '/^MemAvailable:/ { print int($2 / 1500000) }' /proc/meminfo)
    printf '%d' $((memory < 1 ? 1 : memory < cores ? memory : cores))
}

configure_build() { cd "$root" && exec cmake --preset release; }

# build_programs PACKAGES TARGET...: PACKAGES are options of conf/packages.sh.
build_programs() {
    local packages=$1
    shift
    if [[ -n ${RESPGRES_BUILD:-} ]]; then
        build=$(cd "$RESPGRES_BUILD" && pwd)
        return
    fi
    build=$root/build/release
    step "Packages"
    # shellcheck disable=SC2086
    attend bash "$root/conf/packages.sh" $packages || fail "the packages above are needed."
    step "Building a release in $build (the first time takes some minutes)"
    attend configure_build >"$work/cmake.log" 2>&1 || { cat "$work/cmake.log" >&2; fail "cmake failed, see above."; }
    # ninja itself instead of cmake --build: it stops its compilers when it is told to stop.
    attend ninja -C "$build" -j "$(build_jobs)" "$@" || fail "the build failed, see above."
}
