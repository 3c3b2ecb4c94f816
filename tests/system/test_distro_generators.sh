# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# lxcpp-distrobuilder: what a tree has where files are generated.
# shellcheck source=tests/system/hostile_recipe.sh
source "$(dirname "${BASH_SOURCE[0]}")/hostile_recipe.sh"

KINDS="link-to-directory link-to-file link-to-config link-upwards dangling loop fifo directory file hard-link"
WORST_KINDS="link-to-directory link-to-file link-upwards fifo directory hard-link"

# $1: kind; $2: place, in the tree. The canary is in no tree: what leads there leads nowhere.
plant_script() {
    local kind="$1" place="$2" target=''
    case $kind in
    link-to-directory) target="$CANARY/d" ;;
    link-to-file) target="$CANARY/file" ;;
    link-to-config) target="$CANARY/config" ;;
    link-upwards) target="../../../../../../../../..$CANARY/d" ;;
    dangling) target="$CANARY/d/made-by-us" ;;
    loop) target="${place##*/}" ;;
    esac
    echo "umount -l $place 2>/dev/null; rm -rf $place; mkdir -p ${place%/*}"
    case $kind in
    fifo) echo "mkfifo $place" ;;
    directory) echo "mkdir -p $place/x" ;;
    file) echo "echo planted >$place" ;;
    hard-link) echo "ln /bin/busybox $place" ;;
    *) echo "ln -s $target $place" ;;
    esac
}

# $1: the entries of files; the rest: places that are planted.
generate() {
    local entries="$1" place script=''
    shift
    for place in "$@"; do script+=$(plant_script "$KIND" "$place")$'\n'; done
    recipe_with_action "$script"
    FILES="$entries" awk '/^files:$/ {print; print ENVIRON["FILES"]; skip = 1; next} /^packages:/ {skip = 0} !skip {print}' "$RECIPE" >"$RECIPE.new"
    mv "$RECIPE.new" "$RECIPE"
}

# Those that a tree alone has too: what cannot be done is a warning, so that all of them are tried.
test_dump_copy_and_remove() { # 300 s
    local kind
    hostile_payload
    for kind in $KINDS; do
        KIND=$kind WHAT="dump, copy and remove: $kind"
        rm -rf "$SANDBOX/dir"
        generate "- {generator: dump, path: /etc/d, content: new}
- {generator: dump, path: /etc/sub/d, content: new, mode: '0600', uid: '12', gid: '34'}
- {generator: copy, path: /etc/c, source: file}
- {generator: copy, path: /etc/cc/, source: file}
- {generator: remove, path: /etc/r}
- {generator: remove, path: /etc/rr/file}" /etc/d /etc/sub /etc/c /etc/cc /etc/r /etc/rr
        build_either_way build-dir "$RECIPE" "$SANDBOX/dir" --cache-dir "$BUILDS"
        is $CODE 0 "$WHAT: exit code"
        unharmed "$WHAT"
        [ ! -e "$SANDBOX/dir/etc/r" ] && [ ! -L "$SANDBOX/dir/etc/r" ] || fail "$WHAT: /etc/r is still there"
        case $kind in
        # A file that is there under two names is one of its own from then on, or both: never another one's.
        dangling | link-to-file | link-to-config | link-upwards | link-to-directory | file) is "$(cat "$SANDBOX/dir/etc/d")" new "$WHAT: what was dumped" ;;
        fifo | directory) err_has "dump /etc/d: /etc/d: is there already and is no file" ;;
        esac
    done
    cache_is_usable
}

# One at a time: the first that cannot be done ends the build.
test_files_of_images() { # 300 s
    local kind entry place
    hostile_payload
    for kind in $WORST_KINDS; do
        for entry in "hostname /etc/hostname" "hosts /etc/hosts" "cloud-init /etc/cloud/cloud-init.disabled" "dump /etc/d"; do
            KIND=$kind WHAT="${entry% *}: $kind" place="${entry#* }"
            case $entry in
            cloud-init*) generate "- {generator: cloud-init, name: user-data}" "$place" /etc/cloud ;;
            dump*) generate "- {generator: dump, path: $place/deep/file, content: new}" "$place" ;;
            *) generate "- {generator: ${entry% *}, path: $place}" "$place" ;;
            esac
            build_either_way build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --compression none --no-manifest
            unharmed "$WHAT"
            if [ $CODE = 1 ]; then
                case $kind in hard-link) [[ $entry == dump* || $entry == cloud* ]] || fail "$WHAT: fails" ;; esac
                err_has "$([[ $entry == cloud-init* ]] && echo cloud || echo "$place")"
            fi
        done
    done
    cache_is_usable
}

# What the builder itself writes: units for systemd, the policy against services, the list of servers.
test_files_of_the_builder() { # 300 s
    local kind place
    hostile_payload
    for kind in $WORST_KINDS; do
        for place in /etc/systemd /etc/systemd/system-generators/lxc /usr/sbin/policy-rc.d /etc/resolv.conf; do
            KIND=$kind WHAT="$place: $kind"
            generate "- {generator: dump, path: /etc/motd, content: new}" $place
            build_either_way build-lxc "$RECIPE" "$TO" --cache-dir "$BUILDS" --compression none --no-manifest
            unharmed "$WHAT"
        done
    done
    cache_is_usable
}
