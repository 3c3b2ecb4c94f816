#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A web server on the loopback interface for tests: web_server.py FOLDER PORT-FILE [CERTIFICATE KEY]

Serves the files of FOLDER; a file NAME.redirect holds where a request for NAME is sent to. The port
is written to PORT-FILE, best a fifo: its reader then knows that the server listens.
"""
import http.server
import pathlib
import ssl
import sys


class Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *args):
        super().__init__(*args, directory=sys.argv[1])

    def log_message(self, *args):
        pass

    def do_GET(self):
        target = pathlib.Path(sys.argv[1] + self.path + ".redirect")
        if not target.is_file():
            return super().do_GET()
        self.send_response(302)
        self.send_header("Location", target.read_text().strip())
        self.end_headers()


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # a client that does not trust us hangs up


server = Server(("127.0.0.1", 0), Handler)
server.daemon_threads = True
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
pathlib.Path(sys.argv[2]).write_text(f"{server.server_port}\n")
server.serve_forever()
