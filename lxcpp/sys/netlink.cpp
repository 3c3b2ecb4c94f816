// SPDX-License-Identifier: Apache-2.0
#include "sys/netlink.h"

#include "base/strings.h"
#include "sys/clone.h"
#include "sys/eintr.h"
#include "sys/file.h"
#include "sys/namespace.h"
#include "sys/pidfd.h"
#include "sys/raw.h"
#include "sys/socket.h"

#include <lxcpp/error.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <linux/netlink.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

constexpr timeval kPatience{5, 0};
constexpr int kDumpAttempts = 8;

struct Progress {
    bool done = false;
    bool interrupted = false; // the list changed while it was read
};

void send_request(FdRef fd, const std::string& bytes, const std::string& what) {
    const ssize_t size =
        retry_eintr([&] { return ::send(fd.raw(), bytes.data(), bytes.size(), MSG_NOSIGNAL); });
    if (size != static_cast<ssize_t>(bytes.size())) throw SystemError(what);
}

void throw_refusal(const NetlinkAnswer& answer, const std::string& what) {
    const NetlinkVerdict verdict = parse_verdict(answer);
    if (verdict.error == 0) return;
    if (verdict.message.empty()) throw SystemError(what, verdict.error);
    throw SystemError(what + " (" + printable(verdict.message) + ')', verdict.error);
}

// Handles one datagram of answers to the request with this sequence number.
void visit_answers(std::string_view bytes, std::uint32_t sequence, const std::string& what,
                   const Netlink::Visit& visit, Progress& progress) {
    while (const auto answer = take_answer(bytes)) {
        if (answer->sequence != sequence) continue; // of an earlier request
        if ((answer->flags & NLM_F_DUMP_INTR) != 0) progress.interrupted = true;
        if (answer->type == NLMSG_ERROR) throw_refusal(*answer, what);
        if (answer->type == NLMSG_DONE || answer->type == NLMSG_ERROR) {
            progress.done = true;
            return;
        }
        if (visit) visit(answer->type, answer->payload);
    }
}

// Up to the end of the answers (an unfinished dump would refuse the next one); false: interrupted.
bool receive_answers(FdRef fd, std::uint32_t sequence, const std::string& what,
                     const Netlink::Visit& visit) {
    std::array<char, 32768> buffer; // the kernel's own upper bound for one datagram of a dump
    Progress progress;
    while (!progress.done) {
        const ssize_t size =
            retry_eintr([&] { return ::recv(fd.raw(), buffer.data(), buffer.size(), MSG_TRUNC); });
        if (size <= 0) throw SystemError(what, size == 0 ? EIO : errno);
        if (static_cast<std::size_t>(size) > buffer.size()) throw SystemError(what, EMSGSIZE);
        const std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
        visit_answers(bytes, sequence, what, visit, progress);
    }
    return !progress.interrupted;
}

// Goes back when it goes away. Everything later would happen to somebody else's network, so there
// is no going on when that fails.
class Visitor {
public:
    explicit Visitor(FdRef theirs) : own_(open_file("/proc/self/ns/net")) {
        enter_namespace(theirs, CLONE_NEWNET);
    }
    Visitor(const Visitor&) = delete;
    Visitor& operator=(const Visitor&) = delete;
    ~Visitor() {
        try {
            enter_namespace(own_, CLONE_NEWNET);
        } catch (const Error&) {
            std::abort();
        }
    }

private:
    Fd own_;
};

} // namespace

Netlink::Netlink() : Netlink(Fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE))) {}

Netlink::Netlink(Fd socket) : fd_(std::move(socket)) {
    if (!fd_.valid()) throw SystemError("open a netlink socket");
    ::setsockopt(fd_.raw(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    const int on = 1; // these two are only about what errors say
    ::setsockopt(fd_.raw(), SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof on);
    ::setsockopt(fd_.raw(), SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof on);
    // A list of one interface's own is only that, where the kernel has it.
    ::setsockopt(fd_.raw(), SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof on);
}

Netlink Netlink::inside(FdRef network_namespace) {
    const Visitor visitor(network_namespace);
    return Netlink();
}

Netlink Netlink::fetched_from(FdRef network_namespace) {
    auto [ours, theirs] = socket_pair();
    const Cloned child = clone_process({});
    if (child.pid == 0) {
        if (::setns(network_namespace.raw(), CLONE_NEWNET) != 0) ::_exit(errno);
        const int socket = raw::open_route_socket();
        if (socket < 0) ::_exit(-socket);
        const char nothing = 0;
        ::_exit(-raw::send_message(theirs.raw(), &nothing, 1, {&socket, 1}));
    }
    const ExitStatus status = reap(child.pidfd);
    if (status.signaled || status.value != 0)
        throw SystemError("open a netlink socket in another network namespace", status.signaled ? EIO : status.value);
    auto packet = receive_packet(ours);
    if (!packet || packet->fds.size() != 1) throw SystemError("open a netlink socket in another network namespace", EIO);
    return Netlink(std::move(packet->fds.front()));
}

Fd Netlink::network_namespace() const {
    Fd result(::ioctl(fd_.raw(), SIOCGSKNS));
    if (!result.valid()) throw SystemError("open the network namespace of a netlink socket");
    return result;
}

void Netlink::request(const NetlinkRequest& request, const std::string& what, const Visit& visit) {
    const std::uint32_t number = ++sequence_;
    send_request(fd_, request.finish(number, NLM_F_ACK), what);
    static_cast<void>(receive_answers(fd_, number, what, visit));
}

void Netlink::dump(const NetlinkRequest& request, const std::string& what,
                   const std::function<void()>& clear, const Visit& visit) {
    for (int i = 0; i < kDumpAttempts; ++i) {
        clear();
        const std::uint32_t number = ++sequence_;
        send_request(fd_, request.finish(number, NLM_F_DUMP), what);
        if (receive_answers(fd_, number, what, visit)) return;
    }
    throw SystemError(what, EAGAIN);
}

} // namespace lxcpp::sys
