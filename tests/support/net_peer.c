// SPDX-License-Identifier: Apache-2.0
// The two ends of a test of networks, static so that it runs in any root file system:
//   net-peer serve tcp|udp ADDRESS PORT TEXT [FILE]   answers each with TEXT and where it came from;
//                                                     what came is appended to FILE
//   net-peer ask tcp|udp ADDRESS PORT [WORD]          prints the answer; exit 1: none in two seconds
//   net-peer frames INTERFACE IPV4 IPV6 PORT          datagrams from these addresses of ours to all
//                                                     that a host may take for itself, in frames
//                                                     that no kernel would send
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what) {
    fprintf(stderr, "net-peer: %s: %s\n", what, strerror(errno));
    exit(1);
}

static socklen_t address_of(const char *text, const char *port, struct sockaddr_storage *out) {
    memset(out, 0, sizeof *out);
    if (strchr(text, ':')) {
        struct sockaddr_in6 *a = (struct sockaddr_in6 *)out;
        a->sin6_family = AF_INET6;
        a->sin6_port = htons((uint16_t)atoi(port));
        if (inet_pton(AF_INET6, text, &a->sin6_addr) != 1) die(text);
        return sizeof *a;
    }
    struct sockaddr_in *a = (struct sockaddr_in *)out;
    a->sin_family = AF_INET;
    a->sin_port = htons((uint16_t)atoi(port));
    if (inet_pton(AF_INET, text, &a->sin_addr) != 1) die(text);
    return sizeof *a;
}

static void name_of(const struct sockaddr_storage *from, char *out, socklen_t size) {
    if (from->ss_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)from)->sin6_addr, out, size);
    else
        inet_ntop(AF_INET, &((const struct sockaddr_in *)from)->sin_addr, out, size);
}

static void note(const char *file, const char *data, ssize_t size) {
    if (!file || size <= 0) return;
    const int fd = open(file, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (fd < 0) die(file);
    if (write(fd, data, (size_t)size) != size || write(fd, "\n", 1) != 1) die(file);
    close(fd);
}

static _Noreturn void serve(int udp, const char *address, const char *port, const char *text, const char *file) {
    struct sockaddr_storage where, from;
    const socklen_t size = address_of(address, port, &where);
    const int fd = socket(where.ss_family, udp ? SOCK_DGRAM : SOCK_STREAM, 0), on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (where.ss_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, (struct sockaddr *)&where, size) != 0) die("bind");
    if (!udp && listen(fd, 16) != 0) die("listen");
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        char data[512], name[64], answer[600];
        socklen_t length = sizeof from;
        const int client = udp ? fd : accept(fd, (struct sockaddr *)&from, &length);
        if (client < 0) continue;
        const ssize_t got = udp ? recvfrom(fd, data, sizeof data, 0, (struct sockaddr *)&from, &length)
                                : recv(client, data, sizeof data, 0);
        note(file, data, got);
        name_of(&from, name, sizeof name);
        const int n = snprintf(answer, sizeof answer, "%s %s\n", text, name);
        if (udp) (void)!sendto(fd, answer, (size_t)n, 0, (struct sockaddr *)&from, length);
        else (void)!send(client, answer, (size_t)n, MSG_NOSIGNAL);
        if (!udp) close(client);
    }
}

static int ask(int udp, const char *address, const char *port, const char *word) {
    struct sockaddr_storage where;
    const socklen_t size = address_of(address, port, &where);
    const int fd = socket(where.ss_family, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK, 0);
    struct pollfd wait = {fd, POLLOUT, 0};
    if (connect(fd, (struct sockaddr *)&where, size) != 0 && errno != EINPROGRESS) die("connect");
    if (poll(&wait, 1, 2000) != 1) errno = ETIMEDOUT, die("connect");
    int error = 0;
    socklen_t length = sizeof error;
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    if (error) errno = error, die("connect");
    if (send(fd, word, strlen(word), MSG_NOSIGNAL) < 0) die("send");
    wait.events = POLLIN;
    if (poll(&wait, 1, 2000) != 1) errno = ETIMEDOUT, die("answer");
    char data[600];
    const ssize_t got = recv(fd, data, sizeof data, 0);
    if (got < 0) die("answer");
    fwrite(data, 1, (size_t)got, stdout);
    return got == 0;
}

static uint16_t checksum(const uint8_t *data, size_t size, uint32_t sum) {
    for (size_t i = 0; i + 1 < size; i += 2) sum += (uint32_t)(data[i] << 8 | data[i + 1]);
    if (size % 2) sum += (uint32_t)(data[size - 1] << 8);
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)~sum;
}

static void put16(uint8_t *at, unsigned value) {
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

// The payload is the address, so that the receiver tells which arrived.
static size_t datagram(uint8_t *udp, const char *payload, unsigned port) {
    const size_t size = 8 + strlen(payload);
    put16(udp, 5555);
    put16(udp + 2, port);
    put16(udp + 4, (unsigned)size);
    put16(udp + 6, 0);
    memcpy(udp + 8, payload, size - 8);
    return size;
}

static size_t ipv4(uint8_t *frame, const char *from, const char *to, unsigned port) {
    uint8_t *ip = frame + 14;
    const size_t size = datagram(ip + 20, to, port);
    put16(frame + 12, ETHERTYPE_IP);
    memset(ip, 0, 20);
    ip[0] = 0x45;
    put16(ip + 2, (unsigned)(20 + size));
    ip[8] = 64;
    ip[9] = IPPROTO_UDP;
    inet_pton(AF_INET, from, ip + 12);
    inet_pton(AF_INET, to, ip + 16);
    put16(ip + 10, checksum(ip, 20, 0));
    return 14 + 20 + size;
}

static size_t ipv6(uint8_t *frame, const char *from, const char *to, unsigned port) {
    uint8_t *ip = frame + 14;
    const size_t size = datagram(ip + 40, to, port);
    put16(frame + 12, ETHERTYPE_IPV6);
    memset(ip, 0, 40);
    ip[0] = 0x60;
    put16(ip + 4, (unsigned)size);
    ip[6] = IPPROTO_UDP;
    ip[7] = 64;
    inet_pton(AF_INET6, from, ip + 8);
    inet_pton(AF_INET6, to, ip + 24);
    const uint16_t partial = (uint16_t)~checksum(ip + 8, 32, (uint32_t)size + IPPROTO_UDP);
    put16(ip + 40 + 6, checksum(ip + 40, size, partial));
    return 14 + 40 + size;
}

static int frames(const char *interface, const char *from4, const char *from6, unsigned port) {
    static const char *const targets[] = {"127.0.0.1", "127.1.2.3", "0.0.0.0", "::1",
                                          "::ffff:127.0.0.1", "::", "198.51.100.2", "2001:db8:9::2"};
    struct sockaddr_ll where = {.sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex(interface)};
    const int fd = socket(AF_PACKET, SOCK_RAW, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&where, sizeof where) != 0) die(interface);
    socklen_t length = sizeof where;
    getsockname(fd, (struct sockaddr *)&where, &length);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; ++i) {
        uint8_t frame[256];
        memset(frame, 0xff, 6);
        memcpy(frame + 6, where.sll_addr, 6);
        const size_t size = strchr(targets[i], ':') ? ipv6(frame, from6, targets[i], port)
                                                    : ipv4(frame, from4, targets[i], port);
        if (send(fd, frame, size, 0) < 0) die("send a frame");
    }
    return 0;
}

int main(int argc, char **argv) {
    const int udp = argc > 2 && strcmp(argv[2], "udp") == 0;
    if (argc >= 6 && strcmp(argv[1], "serve") == 0)
        serve(udp, argv[3], argv[4], argv[5], argc > 6 ? argv[6] : NULL);
    if (argc >= 5 && strcmp(argv[1], "ask") == 0)
        return ask(udp, argv[3], argv[4], argc > 5 ? argv[5] : "?");
    if (argc == 6 && strcmp(argv[1], "frames") == 0)
        return frames(argv[2], argv[3], argv[4], (unsigned)atoi(argv[5]));
    fprintf(stderr, "net-peer: see the source\n");
    return 2;
}
