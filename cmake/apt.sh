# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# install_packages GROUP…: installs what apt-packages.txt lists for these groups and is missing.
# Sourced by quickstart and tests/run. Silent when nothing is missing; then it needs no network either.
install_packages() {
    local list group package rest missing=() wanted=" $* "
    list="$(dirname "${BASH_SOURCE[0]}")/apt-packages.txt"
    while read -r group package rest; do
        case "$group" in '' | '#'*) continue ;; esac
        [[ "$wanted" == *" $group "* ]] || continue
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$' ||
            missing+=("$package")
    done <"$list"
    [ ${#missing[@]} -eq 0 ] && return 0
    if [ "$(id -u)" != 0 ]; then
        echo "These packages are missing and only root can install them: ${missing[*]}" >&2
        return 1
    fi
    echo "Installing with apt-get: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -q -y -o APT::Install-Recommends=false install "${missing[@]}" </dev/null && return 0
    echo "Not found in the package lists at hand; updating them"
    apt-get -q -y update </dev/null &&
        apt-get -q -y -o APT::Install-Recommends=false install "${missing[@]}" </dev/null
}
