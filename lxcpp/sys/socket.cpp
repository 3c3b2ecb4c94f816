// SPDX-License-Identifier: Apache-2.0
#include "sys/socket.h"

#include "sys/eintr.h"
#include "sys/epoll.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <array>
#include <cstring>
#include <memory>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMaxFds = 16;
constexpr timeval kPatience{5, 0};

std::pair<Fd, Fd> pair_of(int type) {
    std::array<int, 2> fds{-1, -1};
    if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds.data()) != 0) {
        throw SystemError("create a socket pair");
    }
    return {Fd(fds[0]), Fd(fds[1])};
}

// Where a socket file is: its directory, held open, and the address through it.
struct Address {
    Fd dir;
    sockaddr_un name{};
};

std::optional<Address> address_of(const fs::path& path, std::string_view verb) {
    const fs::path parent = path.has_parent_path() ? path.parent_path() : fs::path(".");
    std::optional<Fd> dir = try_open_file(parent, {.access = Access::Path, .directory = true});
    if (!dir) return std::nullopt;
    Address address{std::move(*dir), {}};
    address.name.sun_family = AF_UNIX;
    const std::string text = fd_path(address.dir) + '/' + path.filename().native();
    if (text.size() >= sizeof address.name.sun_path) {
        throw SystemError(fmt::format("{} {}", verb, path.native()), ENAMETOOLONG);
    }
    std::memcpy(address.name.sun_path, text.data(), text.size());
    return address;
}

const sockaddr* raw(const Address& address) noexcept {
    return reinterpret_cast<const sockaddr*>(&address.name);
}

Fd new_socket(int flags, std::string_view verb, const fs::path& path) {
    Fd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0));
    if (!fd.valid()) throw SystemError(fmt::format("{} {}", verb, path.native()));
    return fd;
}

// A file is left behind by a listener that died; anything but a socket is not ours to remove.
void remove_stale(const fs::path& path) {
    const std::optional<struct stat> info = stat_path(path, false);
    if (!info) return;
    if (!S_ISSOCK(info->st_mode) || connect_to(path)) {
        throw SystemError("listen at " + path.native(), EADDRINUSE);
    }
    remove_file(path);
}

// Room for the descriptors of one packet, aligned as control messages must be.
union Control {
    cmsghdr header;
    std::array<char, CMSG_SPACE(sizeof(int) * kMaxFds)> bytes;
};

void put_fds(msghdr& message, Control& control, std::span<const FdRef> fds) noexcept {
    if (fds.empty()) return;
    std::memset(&control, 0, sizeof control);
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
    for (std::size_t i = 0; i < fds.size(); ++i) {
        const int fd = fds[i].raw();
        std::memcpy(CMSG_DATA(header) + i * sizeof fd, &fd, sizeof fd);
    }
}

std::vector<Fd> take_fds(msghdr& message) {
    std::vector<Fd> fds;
    fds.reserve(kMaxFds); // nothing may throw between the kernel's gift and its owner
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            fds.emplace_back(fd);
        }
    }
    return fds;
}

// nullopt: nothing there yet.
std::optional<Packet> receive_now(FdRef socket, std::size_t limit) {
    Packet packet;
    const auto buffer = std::make_unique_for_overwrite<char[]>(limit); // of which little is touched
    Control control{};
    iovec part{buffer.get(), limit};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = sizeof control.bytes;
    const auto receive = [&] {
        return ::recvmsg(socket.raw(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    };
    ssize_t size = retry_eintr(receive);
    // A peer that closed without reading all we sent: told once, before what it said last.
    if (size < 0 && errno == ECONNRESET) size = retry_eintr(receive);
    if (size < 0 && errno == EAGAIN) return std::nullopt;
    if (size < 0 && errno != ECONNRESET) throw SystemError("receive a packet");
    if (size > 0) packet.data.assign(buffer.get(), static_cast<std::size_t>(size));
    packet.fds = take_fds(message);
    if ((message.msg_flags & MSG_TRUNC) != 0) {
        throw Error(fmt::format("receive a packet: it is larger than {} bytes", limit));
    }
    if ((message.msg_flags & MSG_CTRUNC) != 0) {
        throw Error("receive a packet: not all of its descriptors could be taken");
    }
    packet.closed = size <= 0 && packet.fds.empty();
    return packet;
}

} // namespace

std::pair<Fd, Fd> socket_pair() {
    return pair_of(SOCK_SEQPACKET);
}
std::pair<Fd, Fd> stream_pair() {
    return pair_of(SOCK_STREAM);
}

Fd listen_at(const fs::path& path, int backlog) {
    const std::string verb = "listen at";
    const std::optional<Address> address = address_of(path, verb);
    if (!address) throw SystemError(fmt::format("{} {}", verb, path.native()), ENOENT);
    remove_stale(path);
    Fd fd = new_socket(SOCK_NONBLOCK, verb, path);
    // Before bind(2): the file is born with this mode.
    const bool bound = ::fchmod(fd.raw(), 0600) == 0 &&
                       ::bind(fd.raw(), raw(*address), sizeof address->name) == 0 &&
                       ::listen(fd.raw(), backlog) == 0;
    if (!bound) throw SystemError(fmt::format("{} {}", verb, path.native()));
    return fd;
}

std::optional<Fd> connect_to(const fs::path& path) {
    const std::string verb = "connect to";
    const std::optional<Address> address = address_of(path, verb);
    if (!address) return std::nullopt;
    Fd fd = new_socket(0, verb, path);
    // A listener that hangs must not hang us: this bounds the wait in connect(2) and in sends.
    ::setsockopt(fd.raw(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    const int result =
        retry_eintr([&] { return ::connect(fd.raw(), raw(*address), sizeof address->name); });
    if (result == 0) return fd;
    if (errno == ENOENT || errno == ENOTDIR || errno == ECONNREFUSED) return std::nullopt;
    throw SystemError(fmt::format("{} {}", verb, path.native()));
}

std::optional<Fd> accept_from(FdRef listener, bool nonblock) {
    const int flags = SOCK_CLOEXEC | (nonblock ? SOCK_NONBLOCK : 0);
    Fd fd(retry_eintr([&] { return ::accept4(listener.raw(), nullptr, nullptr, flags); }));
    if (fd.valid()) return fd;
    if (errno == EAGAIN || errno == ECONNABORTED) return std::nullopt;
    throw SystemError("accept a connection");
}

PeerCredentials peer_credentials(FdRef socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket.raw(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        throw SystemError("read the credentials of a peer");
    }
    return {peer.pid, peer.uid, peer.gid};
}

int try_send_packet(FdRef socket, std::string_view data, std::span<const FdRef> fds) noexcept {
    if (fds.size() > kMaxFds) return -EINVAL;
    iovec part{const_cast<char*>(data.data()), data.size()}; // sendmsg(2) does not write to it
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    Control control;
    put_fds(message, control, fds);
    const ssize_t size =
        retry_eintr([&] { return ::sendmsg(socket.raw(), &message, MSG_NOSIGNAL); });
    if (size < 0) return -errno;
    return static_cast<std::size_t>(size) == data.size() ? 0 : -EMSGSIZE;
}

void send_packet(FdRef socket, std::string_view data, std::span<const FdRef> fds) {
    if (const int result = try_send_packet(socket, data, fds); result != 0) {
        throw SystemError("send a packet", -result);
    }
}

std::optional<Packet> receive_packet(FdRef socket, std::size_t limit,
                                     std::optional<milliseconds> timeout) {
    const auto start = Clock::now();
    for (;;) {
        if (std::optional<Packet> packet = receive_now(socket, limit)) return packet;
        std::optional<milliseconds> left = timeout;
        if (left) left = *left - std::chrono::floor<milliseconds>(Clock::now() - start);
        if (left && left->count() <= 0) return std::nullopt;
        if (!wait_readable(socket, left)) return std::nullopt;
    }
}

} // namespace lxcpp::sys
