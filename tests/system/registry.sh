# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# Registries for the tests of OCI images.
#
#   copy FROM TO             an image, by skopeo
#   start_registry LINE…     docker-registry on a port that the kernel chooses: $PORT
#   end_registry
#   insecure HOST:PORT       http may be spoken to that one

copy() { timeout 60 skopeo --insecure-policy copy -q "$@" >skopeo.log 2>&1 || { cat skopeo.log; fail "skopeo copy $*"; exit 1; }; }

# A registry on a port that the kernel chooses; what it takes is in $PORT, who ends it is end_registry.
PORT='' REGISTRY=''
start_registry() { # LINES-BELOW-http… ; further lines from standard input
    need_tool docker-registry
    mkdir -p "$SANDBOX/registry"
    {
        printf '%s\n' 'version: 0.1' 'log: {accesslog: {disabled: true}}' 'storage:' "  filesystem: {rootdirectory: $SANDBOX/registry}" \
            'http:' '  addr: 127.0.0.1:0' '  secret: x'
        [ $# = 0 ] || printf '  %s\n' "$@"
        cat
    } >"$SANDBOX/registry.yml"
    mkfifo "$SANDBOX/registry.fifo"
    OTEL_TRACES_EXPORTER=none docker-registry serve "$SANDBOX/registry.yml" >"$SANDBOX/registry.fifo" 2>&1 &
    REGISTRY=$!
    exec 7<"$SANDBOX/registry.fifo"
    rm "$SANDBOX/registry.fifo"
    local line
    while read -r -t 60 line <&7; do
        [[ "$line" =~ listening\ on\ 127\.0\.0\.1:([0-9]+) ]] && { PORT=${BASH_REMATCH[1]}; break; }
    done
    [ -n "$PORT" ] || { fail "the registry does not listen: $line"; exit 1; }
    cat <&7 >"$SANDBOX/registry.log" &
    exec 7<&-
}
end_registry() { kill "$REGISTRY"; wait "$REGISTRY" 2>/dev/null; PORT=''; }

insecure() { printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$1" >"$LXCPP_CONFIG_DIR/registries.conf"; }
