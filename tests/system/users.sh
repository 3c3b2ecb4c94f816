# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2034,SC2154
# Ordinary users, in copies of the machine's files of accounts which only this test's mount namespace has. Anna and bert
# have subordinate ids, carl has none.

ANNA=54001 BERT=54002 CARL=54003 # numbers that no distribution gives
FIRST=1879048192                 # of anna's ids

# Commands run as "${AS_ANNA[@]}" command…; the users have homes and nothing else.
make_users() {
    local tool user number file
    for tool in setpriv newuidmap newgidmap; do need_tool "$tool"; done
    setpriv --reuid=$ANNA --regid=$ANNA --clear-groups -- lxcpp-ls --version >/dev/null 2>&1 || skip "this build is not readable for other users"
    mkdir "$SANDBOX/accounts"
    cp /etc/passwd /etc/group "$SANDBOX/accounts"
    for user in "anna $ANNA" "bert $BERT" "carl $CARL"; do
        read -r user number <<<"$user"
        echo "$user:x:$number:$number::$SANDBOX/home/$user:/bin/sh" >>"$SANDBOX/accounts/passwd"
        echo "$user:x:$number:" >>"$SANDBOX/accounts/group"
        mkdir -p "$SANDBOX/home/$user"
        chown "$number:$number" "$SANDBOX/home/$user"
    done
    printf '%s\n' "anna:$FIRST:65536" "$BERT:$((FIRST + 65536)):65536" >"$SANDBOX/accounts/subuid"
    cp "$SANDBOX/accounts/subuid" "$SANDBOX/accounts/subgid"
    trap 'forget_users 2>/dev/null' EXIT # also of a test that is skipped
    for file in passwd group subuid subgid; do
        [ -e "/etc/$file" ] || skip "there is no /etc/$file to hide"
        mount --bind "$SANDBOX/accounts/$file" "/etc/$file"
    done
    local programs=("PATH=$PATH" "LXCPP_LIBEXEC_DIR=$LXCPP_LIBEXEC_DIR" "LXCPP_DATA_DIR=$LXCPP_DATA_DIR" "LXCPP_ROOTFS_MOUNT=$LXCPP_ROOTFS_MOUNT" LC_ALL=C.UTF-8)
    AS_ANNA=(setpriv "--reuid=$ANNA" "--regid=$ANNA" --clear-groups env -i "${programs[@]}" "HOME=$SANDBOX/home/anna")
    AS_BERT=(setpriv "--reuid=$BERT" "--regid=$BERT" --clear-groups env -i "${programs[@]}" "HOME=$SANDBOX/home/bert")
    AS_CARL=(setpriv "--reuid=$CARL" "--regid=$CARL" --clear-groups env -i "${programs[@]}" "HOME=$SANDBOX/home/carl")
    STORE="$SANDBOX/home/anna/.cache/lxcpp/images"
    "${AS_ANNA[@]}" unshare --user true 2>/dev/null || skip "users may not have user namespaces here"
}
forget_users() { umount /etc/passwd /etc/group /etc/subuid /etc/subgid; }
