# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154
# The debian template over https: whom it trusts, and where it lets itself be sent. What is served is no
# archive: to be told so, and not of a certificate, means that the connection was accepted.

UNSIGNED='not a clear-signed message'

serve() { # FOLDER [CERTIFICATE KEY]; sets PORT
    mkfifo "$SANDBOX/port"
    python3 "$(dirname "$TEST_FILE")/../support/web_server.py" "$1" "$SANDBOX/port" "${@:2}" &
    SERVERS+=" $!"
    PORT=$(<"$SANDBOX/port")
    rm "$SANDBOX/port"
}
TEST_FILE="${BASH_SOURCE[0]}"
SERVERS='' PORT=''

end_servers() {
    # shellcheck disable=SC2086
    kill $SERVERS
    wait
}

certificate() { # NAME SUBJECT-ALT-NAME; makes $SANDBOX/NAME.crt and .key, which nobody but itself signed
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$SANDBOX/$1.key" \
        -out "$SANDBOX/$1.crt" -days 2 -subj "/CN=lxcpp test" -addext "subjectAltName=$2" 2>/dev/null ||
        skip "openssl cannot make a certificate"
    chmod 0644 "$SANDBOX/$1.crt"
}

archive() {
    need_tool python3
    need_tool openssl
    unset CURL_CA_BUNDLE SSL_CERT_FILE SSL_CERT_DIR # what the machine is told is not what is tested
    mkdir -p "$SANDBOX/www/debian/dists/testix"
    echo 'Origin: nobody' >"$SANDBOX/www/debian/dists/testix/InRelease"
}

# The message of a create from that mirror, which never succeeds.
create_from() { # URL [VARIABLE=VALUE…]
    expect 1 env "${@:2}" lxcpp-create -n "$C1" -t debian -- -r testix --mirror "$1"
    [ ! -e "$LXCPATH/$C1" ] || fail "a container was left"
}

test_only_known_authorities_are_trusted() {
    archive
    certificate good IP:127.0.0.1
    serve "$SANDBOX/www" "$SANDBOX/good.crt" "$SANDBOX/good.key"
    create_from "https://127.0.0.1:$PORT/debian"
    err_has "https://127.0.0.1:$PORT/debian/dists/testix/InRelease: SSL certificate problem: self-signed certificate"
    create_from "https://127.0.0.1:$PORT/debian" CURL_CA_BUNDLE="$SANDBOX/good.crt"
    err_has "$UNSIGNED"
    create_from "https://127.0.0.1:$PORT/debian" SSL_CERT_FILE="$SANDBOX/good.crt"
    err_has "$UNSIGNED"
    mkdir "$SANDBOX/authorities"
    cp "$SANDBOX/good.crt" "$SANDBOX/authorities/$(openssl x509 -hash -noout -in "$SANDBOX/good.crt").0"
    create_from "https://127.0.0.1:$PORT/debian" SSL_CERT_DIR="$SANDBOX/authorities"
    err_has "$UNSIGNED"
    create_from "https://127.0.0.1:$PORT/debian" CURL_CA_BUNDLE="$SANDBOX/nowhere.crt"
    err_has "$SANDBOX/nowhere.crt"
    end_servers
}

test_certificates_must_name_the_host_and_be_valid() {
    archive
    certificate other DNS:other.example
    serve "$SANDBOX/www" "$SANDBOX/other.crt" "$SANDBOX/other.key"
    create_from "https://127.0.0.1:$PORT/debian" CURL_CA_BUNDLE="$SANDBOX/other.crt"
    err_has "no alternative certificate subject name matches target host name '127.0.0.1'"
    certificate old IP:127.0.0.1
    openssl x509 -in "$SANDBOX/old.crt" -signkey "$SANDBOX/old.key" -days -1 -out "$SANDBOX/older.crt" 2>/dev/null ||
        skip "openssl makes no expired certificate"
    mv "$SANDBOX/older.crt" "$SANDBOX/old.crt"
    serve "$SANDBOX/www" "$SANDBOX/old.crt" "$SANDBOX/old.key"
    create_from "https://127.0.0.1:$PORT/debian" CURL_CA_BUNDLE="$SANDBOX/old.crt"
    err_has "certificate has expired"
    end_servers
}

test_redirects_lead_to_https_but_not_back() {
    archive
    certificate good IP:127.0.0.1
    local plain secure
    serve "$SANDBOX/www"
    plain="http://127.0.0.1:$PORT"
    mkdir -p "$SANDBOX/tls/debian/dists/testix"
    serve "$SANDBOX/tls" "$SANDBOX/good.crt" "$SANDBOX/good.key"
    secure="https://127.0.0.1:$PORT"
    # To https, where the certificate counts as anywhere.
    cp -r "$SANDBOX/www/debian" "$SANDBOX/tls/"
    echo "$secure/debian/dists/testix/InRelease" >"$SANDBOX/www/debian/dists/testix/InRelease.redirect"
    create_from "$plain/debian"
    err_has "SSL certificate problem"
    create_from "$plain/debian" CURL_CA_BUNDLE="$SANDBOX/good.crt"
    err_has "$UNSIGNED"
    # From https to http, never.
    echo "$plain/debian/dists/testix/InRelease" >"$SANDBOX/tls/debian/dists/testix/InRelease.redirect"
    create_from "$secure/debian" CURL_CA_BUNDLE="$SANDBOX/good.crt"
    err_has "redirects from https to http"
    end_servers
}
