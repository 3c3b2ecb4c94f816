#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server that says who asks, by TCP and UDP, and its client.

who.py serve READY PORT [ADDRESS]   writes to READY once it listens
who.py ask tcp|udp HOST PORT        prints the answer; exit code 1 without one in two seconds
"""
import select
import socket
import sys


def plain(address):
    return address[0].removeprefix("::ffff:").encode()


def bound(kind, address, port):
    link = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    link.bind((address, port))
    return link


def serve(ready, port, address):
    stream, datagrams = bound(socket.SOCK_STREAM, address, port), bound(socket.SOCK_DGRAM, address, port)
    stream.listen()
    with open(ready, "w", encoding="ascii") as file:
        file.write("ready\n")
    while True:
        for link in select.select([stream, datagrams], [], [])[0]:
            if link is stream:
                connection, peer = stream.accept()
                with connection:
                    connection.sendall(plain(peer))
            else:
                peer = datagrams.recvfrom(100)[1]
                datagrams.sendto(plain(peer), peer)


def ask(protocol, host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM) as link:
        link.settimeout(2)
        link.connect((host, port))
        if protocol == "udp":
            link.send(b"who?")
        return link.recv(100).decode()


if sys.argv[1] == "serve":
    serve(sys.argv[2], int(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else "::")
try:
    print(ask(sys.argv[2], sys.argv[3], int(sys.argv[4])))
except OSError as error:
    sys.exit(str(error))
