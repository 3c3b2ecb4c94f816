#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""nginx on the loopback interface for tests: nginx_server.py FOLDER STATE PORT-FILE [CERTIFICATE KEY]

Serves the files of FOLDER, slowly below FOLDER/slow. STATE is an empty directory for what nginx writes; STATE/log
has one line "STATUS PATH" for each request that was answered. The port, which the kernel chooses, is written to
PORT-FILE, best a fifo. The socket listens by then: nginx finds it in its environment, as in an upgrade of itself.
"""
import os
import pathlib
import socket
import sys

folder, state, port_file = sys.argv[1:4]
listener = socket.create_server(("127.0.0.1", 0), backlog=128)
port = listener.getsockname()[1]
tls = f"ssl_certificate {sys.argv[4]}; ssl_certificate_key {sys.argv[5]};" if len(sys.argv) > 4 else ""
temporary = "".join(f"{name}_temp_path {state}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
pathlib.Path(f"{state}/nginx.conf").write_text(f"""
user root;
daemon off;
worker_processes 1;
pid {state}/pid;
error_log {state}/error;
events {{ }}
http {{
    {temporary}
    types {{ }}
    default_type application/octet-stream;
    log_format short "$status $request_uri";
    access_log {state}/log short;
    server {{
        listen 127.0.0.1:{port} {"ssl" if tls else ""};
        {tls}
        root {folder};
        location /slow/ {{
            alias {folder}/;
            limit_rate 500k;
        }}
    }}
}}
""")
number = listener.detach()
os.set_inheritable(number, True)
os.environ["NGINX"] = f"{number};"
pathlib.Path(port_file).write_text(f"{port}\n")
os.execv("/usr/sbin/nginx", ["nginx", "-p", state, "-c", f"{state}/nginx.conf", "-e", f"{state}/error"])
