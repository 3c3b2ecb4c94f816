#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Ethernet frames as a hostile container would send them, and what of them arrives.

frames.py send IFACE MAC IP IP6 GATEWAY OTHER_IP OTHER_IP6    one of each kind, last of all one that is right
frames.py link-local IFACE MAC                                as MAC, to each address that stays on the link
frames.py router IFACE MAC                                    says that the way out leads here
frames.py watch IFACE READY                                   writes to READY, then prints the kinds that come until the last
"""
import socket
import struct
import sys

BROADCAST = b"\xff" * 6
ALL_NODES = b"\x33\x33\0\0\0\1"
STRANGER = b"\x02\x00\x5e\x10\x20\x30"


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip4(source, target, body, fragment=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 1, fragment, 64, 17, 0, socket.inet_aton(source), socket.inet_aton(target))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def udp4(source, kind, ports=(7000, 7001), target="255.255.255.255", before=b""):
    payload = before + b"kind:" + kind
    return ip4(source, target, struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload)


def dhcp(kind, client):
    """What asks for an address, as far as the client's own address in it."""
    return udp4("0.0.0.0", kind, (68, 67), before=struct.pack("!BBBBI20s", 1, 1, 6, 0, 7, b"") + client)


def ip6(source, next_header, body):
    addresses = socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, "ff02::1")
    start = {58: 0, 0: 8}.get(next_header)  # of an ICMPv6 message, whose checksum the bridge looks at
    if start is not None:
        message = body[start:]
        padded = addresses + struct.pack("!II", len(message), 58) + message + b"\0" * (len(message) % 2)
        body = body[:start + 2] + struct.pack("!H", checksum(padded)) + body[start + 4:]
    return struct.pack("!IHBB16s16s", 0x60000000, len(body), next_header, 255, socket.inet_pton(socket.AF_INET6, source),
                       socket.inet_pton(socket.AF_INET6, "ff02::1")) + body


def arp(operation, sender_mac, sender_ip, target_ip):
    return struct.pack("!HHBBH6s4s6s4s", 1, 0x800, 6, 4, operation, sender_mac, socket.inet_aton(sender_ip), BROADCAST,
                       socket.inet_aton(target_ip))


def frame(source, kind, protocol, body, target=BROADCAST):
    data = target + source + struct.pack("!H", protocol) + body
    return data if b"kind:" in data else data.ljust(60, b"\0") + b"kind:" + kind


def udp6(kind, source, destination):
    payload = b"kind:" + kind
    return struct.pack("!HHHH", source, destination, 8 + len(payload), 0) + payload


def frames(own, address, address6, gateway, other, other6):
    """The kernel cuts off what is behind an IPv6 packet: there the kind stands in it."""
    advertisement = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0)
    neighbour = struct.pack("!BBHI16s", 136, 0, 0, 0x20000000, socket.inet_pton(socket.AF_INET6, other6)) + b"\2\1" + own
    # A router advertisement behind a header that carries nothing.
    hidden = struct.pack("!BB6s", 58, 0, b"\1\4\0\0\0\0") + advertisement

    def six(kind, source, next_header, body):
        return frame(own, kind, 0x86dd, ip6(source, next_header, body if b"kind:" in body else body + b"kind:" + kind), ALL_NODES)

    yield frame(STRANGER, b"mac", 0x800, udp4(address, b"mac"))
    yield frame(own, b"ip", 0x800, udp4(other, b"ip"))
    yield frame(own, b"arp-gateway", 0x806, arp(2, own, gateway, other))
    yield frame(own, b"arp-mac", 0x806, arp(2, STRANGER, address, other))
    yield frame(own, b"arp-probe", 0x806, arp(1, own, "0.0.0.0", other))  # who gets an answer does without the address
    yield six(b"ip6", other6, 17, udp6(b"ip6", 1, 2))
    yield six(b"neighbour", address6, 58, neighbour)
    yield six(b"router", address6, 58, advertisement)
    yield six(b"hidden-router", address6, 0, hidden)
    yield frame(own, b"dhcp-server", 0x800, udp4(address, b"dhcp-server", (67, 68)))
    yield six(b"dhcp6-server", address6, 17, udp6(b"dhcp6-server", 547, 546))
    # Clients look at the port that they are sent to.
    yield frame(own, b"dhcp-any", 0x800, udp4(address, b"dhcp-any", (1234, 68)))
    yield six(b"dhcp6-any", address6, 17, udp6(b"dhcp6-any", 1234, 546))
    yield frame(own, b"dhcp-for-another", 0x800, dhcp(b"dhcp-for-another", STRANGER))
    # The first of them ends before the client's address. A bridge whose packets go through netfilter puts them together.
    first = b"kind:dhcp-fragment".ljust(24, b"\0")
    yield frame(own, b"", 0x800, ip4(address, "255.255.255.255", struct.pack("!HHHH", 68, 67, 8 + 48, 0) + first, 0x2000))
    yield frame(own, b"", 0x800, ip4(address, "255.255.255.255", (bytes(4) + STRANGER).ljust(24, b"\0"), 4)).removesuffix(b"kind:")
    yield frame(own, b"vlan", 0x8100, struct.pack("!HH", 7, 0x800) + udp4(other, b"vlan"))
    yield frame(own, b"own-dhcp", 0x800, dhcp(b"own-dhcp", own))
    yield frame(own, b"own-probe", 0x806, arp(1, own, "0.0.0.0", address))
    yield frame(own, b"own-arp", 0x806, arp(1, own, address, gateway))
    yield six(b"own-ip6", address6, 17, udp6(b"own-ip6", 1, 2))
    yield frame(own, b"end", 0x800, udp4(address, b"end"))


def advertisement(own):
    link_local = socket.inet_ntop(socket.AF_INET6, b"\xfe\x80" + bytes(6) + bytes([own[0] ^ 2]) + own[1:3] + b"\xff\xfe" + own[3:])
    body = struct.pack("!BBHBBHII", 134, 0, 0, 64, 0, 1800, 0, 0) + b"\1\1" + own
    return ALL_NODES + own + struct.pack("!H", 0x86dd) + ip6(link_local, 58, body)


def main():
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    link.bind((sys.argv[2], 0))
    if sys.argv[1] == "link-local":
        for last in range(16):
            link.send(bytes.fromhex("0180c20000") + bytes([last]) + mac(sys.argv[3]) + struct.pack("!H", 0x88cc) + bytes(60))
        return
    if sys.argv[1] == "router":
        link.send(advertisement(mac(sys.argv[3])))
        return
    if sys.argv[1] == "send":
        for data in frames(mac(sys.argv[3]), *sys.argv[4:9]):
            link.send(data)
        return
    with open(sys.argv[3], "w", encoding="ascii") as ready:
        ready.write("ready\n")
    link.settimeout(20)
    seen = []
    while "end" not in seen:
        data = link.recv(2048)
        if b"kind:" in data:
            seen.append(data[data.rindex(b"kind:") + 5:].split(b"\0")[0].decode())
    print(" ".join(seen))


main()
