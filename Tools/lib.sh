# Shared by the scripts of this folder; sourced, not run.

say() { printf '%s\n' "$*" >&2; }
fail() { say "$(basename "$0"): $*"; exit 1; }

# Runs a command as root: as it is, or with sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# Installs those of the named Debian packages that are missing.
need_packages() {
    missing=""
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
    done
    [ -z "$missing" ] && return 0
    say "installing from Debian:$missing"
    command -v apt-get >/dev/null || fail "these packages are missing and there is no apt-get:$missing"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2 || fail "apt-get update failed"
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null ||
        fail "apt-get could not install:$missing"
}

need_swift() {
    command -v swift >/dev/null || fail "swift is not on the PATH; Conclave needs Swift 6.3 (https://swift.org/install)"
    case "$(swift --version 2>&1)" in
    *"Swift version 6."[3-9]*) ;;
    *) fail "Conclave needs Swift 6.3 or later; here is: $(swift --version 2>&1 | head -n 1)" ;;
    esac
}

BUILD_PACKAGES="libsodium-dev liblz4-dev zlib1g-dev libuv1-dev libyaml-dev pkg-config gcc libc6-dev"
RUN_PACKAGES="bubblewrap"
ORACLE_PACKAGES="libprotobuf-dev protobuf-compiler g++"
TEST_PACKAGES="protobuf-compiler iproute2 nftables procps python3 python3-venv git"
# Those of the container engines that Tools/engine runs, by the program that tells whether they are there.
ENGINE_PACKAGES="dockerd=docker.io podman=podman netavark=netavark runc=runc iptables=iptables busybox=busybox-static curl=curl ip=iproute2"

# Installs the engines that are missing; none of them is started as a service of this machine.
need_engines() {
    missing=""
    for pair in $ENGINE_PACKAGES; do
        PATH=$PATH:/usr/sbin:/sbin:/usr/lib/podman command -v "${pair%%=*}" >/dev/null || missing="$missing ${pair#*=}"
    done
    [ -z "$missing" ] && return 0
    policy=/usr/sbin/policy-rc.d
    [ -e $policy ] || { made=yes; printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null; as_root chmod 755 $policy; }
    # shellcheck disable=SC2086
    need_packages $missing
    [ "${made:-no}" = yes ] && as_root rm -f $policy
    return 0
}
