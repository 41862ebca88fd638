# shellcheck shell=bash
# What the scripts share: told steps, Debian packages, folders. Sourced, not run.
# shellcheck disable=SC2034  # the package lists are used by those who source this

set -euo pipefail

# A service may start us without a home; tools that keep a cache of their own want one.
: "${HOME:=$(getent passwd "$(id -u)" | cut -d: -f6)}"
export HOME

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages=(gcc libc6-dev cmake ninja-build pkgconf libcurl4-openssl-dev libssl-dev libxml2-dev libyajl-dev libzstd-dev libsqlite3-dev)
compare_packages=(rsync attr acl)
test_packages=("${build_packages[@]}" "${compare_packages[@]}" clang libclang-rt-14-dev clang-format libcriterion-dev shellcheck python3
    python3-venv python3-pytest python3-pytest-xdist python3-cryptography openssl e2fsprogs xfsprogs btrfs-progs libcap2-bin util-linux
    binutils man-db git fscrypt systemd strace jq)

say() { printf '%s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Runs a command as root: directly, or by sudo where there is one.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this needs root and there is no sudo: $*"
    fi
}

is_installed() {
    dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# Installs those of the named Debian packages that are missing; asks the archive for its lists only when they do not know one of them.
need_packages() {
    command -v dpkg-query >/dev/null || fail "this is not Debian: install the equivalents of: $*"
    local package missing=()
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] && return 0
    say "Installing Debian packages: ${missing[*]}"
    apt_install "${missing[@]}" >/dev/null 2>&1 && return 0
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 update
    apt_install "${missing[@]}"
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Acquire::Retries=3 install -y --no-install-recommends "$@" </dev/null
}

# One part of the script, with a line of its own so that it is found again in a long output.
step() { printf '\n== %s\n' "$*"; }

# Configures and builds one preset of CMakePresets.json in build/FOLDER; more arguments go to the configuration.
build_preset() {
    configure_preset "$@"
    cmake --build "$top/build/$2"
}

configure_preset() {
    local preset=$1 folder=$top/build/$2
    shift 2
    mkdir -p "$folder"
    (cd "$top" && cmake --preset "$preset" -B "$folder" "$@") >"$folder/configure.log" 2>&1 || {
        cat "$folder/configure.log"
        fail "cmake --preset $preset"
    }
}

# The command that was built in build/FOLDER.
built_sealift() {
    find "$top/build/$1/src/cli" -maxdepth 2 -name sealift -type f -executable | head -n 1
}

# Where servers and other tools for tests are kept between runs.
cache_folder() {
    local folder=${SEALIFT_CACHE:-}
    if [ -z "$folder" ]; then
        folder=/var/cache/sealift-tests
        if [ "$(id -u)" != 0 ] && [ ! -r "$folder" ]; then
            folder=${XDG_CACHE_HOME:-${HOME:?}/.cache}/sealift-tests
        fi
    fi
    mkdir -p "$folder" 2>/dev/null || [ -d "$folder" ] || fail "cannot make the cache folder $folder: set SEALIFT_CACHE to another"
    printf '%s\n' "$folder"
}
