// SPDX-License-Identifier: Apache-2.0
#include "fake_container.h"

#include <lxcpp/error.h>

#include "monitor/command_server.h"
#include "support/error_of.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/socket.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using namespace std::chrono_literals;
using test::error_of;
using test::FakeContainer;
using test::next_event;

class HostileClients : public testing::Test {
protected:
    Fd connect() { return std::move(*sys::connect_to(container_.dir() / "socket")); }
    // The monitor's answer to these bytes; then whether it hung up.
    static std::pair<protocol::Message, bool> ask(FdRef socket, std::string_view bytes) {
        sys::send_packet(socket, bytes);
        const auto reply = sys::receive_packet(socket, protocol::kMaxPacket, 5s);
        if (!reply || reply->closed) return {protocol::Ok{}, true};
        const auto next = sys::receive_packet(socket, protocol::kMaxPacket, 50ms);
        return {protocol::decode(reply->data).message, next && next->closed};
    }
    void expect_refusal(std::string_view bytes, int code, const char* text) {
        const Fd socket = connect();
        const auto [message, hung_up] = ask(socket, bytes);
        ASSERT_TRUE(std::holds_alternative<protocol::Failure>(message)) << text;
        EXPECT_EQ(std::get<protocol::Failure>(message), (protocol::Failure{code, text}));
        EXPECT_TRUE(hung_up) << text;
        expect_alive();
    }
    // A client that means well is served within a second.
    void expect_alive() {
        const auto start = std::chrono::steady_clock::now();
        EXPECT_EQ(container_.client().status().pid, container_.init());
        EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
    }

    FakeContainer container_;
};

TEST_F(HostileClients, WhatIsNoRequestIsRefusedAndDropped) {
    const std::string good = protocol::encode(1, protocol::Kill{SIGTERM});
    expect_refusal("garbage", EINVAL, "malformed message: wrong magic number");
    expect_refusal(good.substr(0, 10), EINVAL, "malformed message: the packet is too short");
    expect_refusal(good.substr(0, 18), EINVAL,
                   "malformed message: the length in the header is not the body's");
    expect_refusal(good + "x", EINVAL, "malformed message: the length in the header is not the body's");
    expect_refusal(std::string(protocol::kMaxRequest + 1, 'x'), EINVAL,
                   "receive a packet: it is larger than 4096 bytes");
    expect_refusal(protocol::encode(1, protocol::Ok{}), EINVAL,
                   "malformed message: a reply, not a request");
    std::string version = good;
    version[4] = 9;
    expect_refusal(version, EPROTONOSUPPORT, "malformed message: another major version of the protocol");
    for (std::size_t length : {0x7fffffffu, 0xffffffffu, 0u}) { // C3: lengths that lie
        std::string lying = good;
        const auto number = static_cast<std::uint32_t>(length);
        std::memcpy(lying.data() + 12, &number, sizeof number);
        expect_refusal(lying, EINVAL, "malformed message: the length in the header is not the body's");
    }
    EXPECT_EQ(::kill(container_.init(), 0), 0);
}

TEST_F(HostileClients, AnUnknownRequestIsAnsweredAndTheConnectionStays) {
    std::string unknown = protocol::encode(5, protocol::GetStatus{});
    unknown[6] = 0x7f;
    const Fd socket = connect();
    const auto [message, hung_up] = ask(socket, unknown);
    EXPECT_EQ(message, (protocol::Message{protocol::Failure{EOPNOTSUPP, "malformed message: unknown type"}}));
    EXPECT_FALSE(hung_up);
    const auto [status, again] = ask(socket, protocol::encode(6, protocol::GetStatus{}));
    EXPECT_TRUE(std::holds_alternative<protocol::Status>(status));
}

TEST_F(HostileClients, DescriptorsThatNobodyAskedForAreClosed) {
    const auto count = [&] {
        return sys::list_dir("/proc/" + std::to_string(container_.supervisor()) + "/fd").size();
    };
    const Fd socket = connect();
    (void)ask(socket, protocol::encode(1, protocol::GetStatus{}));
    const std::size_t before = count();
    const Fd null = sys::open_file("/dev/null");
    const std::vector<FdRef> gifts(16, null);
    for (int i = 0; i < 100; ++i) {
        sys::send_packet(socket, protocol::encode(1, protocol::GetStatus{}), gifts);
        (void)sys::receive_packet(socket, protocol::kMaxPacket, 5s);
    }
    // An answer can come before the descriptors of its request are closed; the next one comes after.
    (void)ask(socket, protocol::encode(1, protocol::GetStatus{}));
    EXPECT_EQ(count(), before);
}

TEST_F(HostileClients, SilentConnectionsMakeRoom) {
    std::vector<Fd> silent;
    for (std::size_t i = 0; i < 3 * CommandServer::kMaxClients; ++i) {
        silent.push_back(connect());
        if (i % 16 == 0) expect_alive();
    }
    expect_alive();
    const std::size_t open = sys::list_dir("/proc/" + std::to_string(container_.supervisor()) + "/fd").size();
    EXPECT_LE(open, CommandServer::kMaxClients + 16);
}

TEST_F(HostileClients, SubscribersCannotTakeEveryPlace) {
    std::vector<MonitorClient> subscribers;
    for (std::size_t i = 0; i < CommandServer::kMaxSubscribers; ++i) {
        subscribers.push_back(container_.client());
        subscribers.back().subscribe();
    }
    MonitorClient late = container_.client();
    EXPECT_EQ(error_of([&] { late.subscribe(); }), "too many subscribers to this container");
    std::vector<Fd> silent;
    for (std::size_t i = 0; i < CommandServer::kMaxClients; ++i) silent.push_back(connect());
    expect_alive();
    // Those who subscribed were not thrown out.
    container_.client().set_state(State::Frozen);
    for (MonitorClient& subscriber : subscribers) EXPECT_EQ(next_event(subscriber).state, State::Frozen);
}

TEST_F(HostileClients, OneThatNeverReadsRepliesIsDropped) {
    const Fd socket = connect();
    sys::set_nonblocking(socket, true);
    const std::string request = protocol::encode(1, protocol::GetVersion{});
    int result = 0;
    const auto end = std::chrono::steady_clock::now() + 5s;
    while ((result == 0 || result == -EAGAIN) && std::chrono::steady_clock::now() < end) {
        result = sys::try_send_packet(socket, request);
    }
    EXPECT_TRUE(result == -EPIPE || result == -ECONNRESET) << result;
    expect_alive();
}

TEST_F(HostileClients, ASubscriberThatNeverReadsIsDropped) {
    MonitorClient lazy = container_.client();
    lazy.subscribe();
    MonitorClient tool = container_.client();
    for (int i = 0; i < 2000; ++i) {
        tool.set_state(State::Freezing);
        tool.set_state(State::Running);
    }
    expect_alive();
    int events = 0;
    EXPECT_EQ(error_of([&] {
                  while (lazy.next_event(5s)) ++events;
              }),
              "the monitor of c1 is gone");
    EXPECT_LT(events, 4000);
}

TEST_F(HostileClients, FloodsFromManySidesDoNotDelayOthers) {
    std::vector<pid_t> floods;
    for (int i = 0; i < 6; ++i) {
        const pid_t pid = ::fork();
        if (pid == 0) { // requests, garbage, connections
            (void)!::nice(15); // the monitor's fairness is the subject, not the scheduler's
            for (std::optional<Fd> socket;;) {
                if (!socket || i % 3 == 2) socket = sys::connect_to(container_.dir() / "socket");
                if (!socket) ::_exit(0);
                const std::string bytes =
                    i % 3 == 0 ? protocol::encode(1, protocol::GetStatus{}) : std::string(64, 'g');
                if (sys::try_send_packet(*socket, bytes) != 0) socket.reset();
                else if (i % 3 == 0) (void)sys::receive_packet(*socket, protocol::kMaxPacket, 1ms);
            }
        }
        floods.push_back(pid);
    }
    for (int i = 0; i < 30; ++i) expect_alive();
    for (const pid_t pid : floods) {
        ::kill(pid, SIGKILL);
        ::waitpid(pid, nullptr, 0);
    }
}

// C3: each type of message, also those that there are not, with lengths that lie, bodies without an end, a newer
// version that may say more, and descriptors that nobody asked for.
TEST_F(HostileClients, NoTypeWithAnyLengthHarmsTheMonitor) {
    const auto count = [&] { return sys::list_dir("/proc/" + std::to_string(container_.supervisor()) + "/fd").size(); };
    const Fd null = sys::open_file("/dev/null");
    MonitorClient watcher = container_.client(); // stays, so that its own connection is counted both times
    (void)watcher.status();
    const std::size_t before = count();
    constexpr std::uint16_t kUpgrade = 10; // is obeyed when it is in good form
    const std::vector<std::uint16_t> types{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x7fff, 0x8001, 0x8003, 0x8005, 0x8007, 0xffff};
    for (const std::uint16_t type : types) {
        for (const std::size_t body : {0u, 1u, 7u, 64u, 4080u}) {
            for (const std::uint32_t length : {static_cast<std::uint32_t>(body), 0u, 0x1000u, 0x7fffffffu, 0xffffffffu}) {
                for (const char minor : {'\1', '\2'}) {
                    if (type == kUpgrade && length == body) continue;
                    std::string packet = protocol::encode(9, protocol::GetStatus{}) + std::string(body, 'A');
                    packet[5] = minor;
                    std::memcpy(packet.data() + 6, &type, sizeof type);
                    std::memcpy(packet.data() + 12, &length, sizeof length);
                    const Fd socket = connect();
                    sys::send_packet(socket, packet, std::vector<FdRef>(body % 17, null));
                    const auto reply = sys::receive_packet(socket, protocol::kMaxPacket, 5s);
                    ASSERT_TRUE(reply) << type << ' ' << body << ' ' << length;
                    if (!reply->closed) (void)protocol::decode(reply->data);
                }
            }
        }
        expect_alive();
    }
    EXPECT_EQ(::kill(container_.init(), 0), 0);
    // The monitor hears of a client's end before it hears of what is asked later.
    (void)watcher.status();
    (void)watcher.status();
    EXPECT_EQ(count(), before);
}

// What one of a thousand does with its connection; it never reads.
void misbehave(int kind, FdRef socket) {
    sys::set_nonblocking(socket, true);
    switch (kind % 5) {
    case 0: return; // says nothing
    case 1: (void)sys::try_send_packet(socket, std::string(17, 'g')); return;
    case 2: (void)sys::try_send_packet(socket, protocol::encode(1, protocol::Subscribe{})); return;
    case 3: (void)sys::try_send_packet(socket, protocol::encode(1, protocol::OpenConsole{-1})); return;
    default:
        for (int i = 0; i < 100; ++i) (void)sys::try_send_packet(socket, protocol::encode(1, protocol::GetVersion{}));
    }
}

TEST_F(HostileClients, AThousandAtOnceDoNotDelayOthers) {
    constexpr int kProcesses = 4;
    std::vector<pid_t> crowd;
    const auto [ours, theirs] = sys::socket_pair();
    for (int process = 0; process < kProcesses; ++process) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            (void)!::nice(15); // the monitor's fairness is the subject, not the scheduler's
            std::vector<Fd> held;
            for (int i = 0; i < 1000 / kProcesses; ++i) {
                auto socket = sys::connect_to(container_.dir() / "socket");
                if (!socket) ::_exit(1);
                misbehave(i, *socket);
                held.push_back(std::move(*socket));
            }
            sys::send_packet(theirs, "all");
            for (;;) ::pause();
        }
        crowd.push_back(pid);
    }
    for (int process = 0; process < kProcesses;) {
        expect_alive();
        if (sys::receive_packet(ours, 16, 10ms)) ++process;
        else if (::waitpid(-1, nullptr, WNOHANG) > 0) break;
    }
    for (int i = 0; i < 10; ++i) expect_alive(); // while all thousand are there
    const std::size_t open = sys::list_dir("/proc/" + std::to_string(container_.supervisor()) + "/fd").size();
    EXPECT_LE(open, CommandServer::kMaxClients + 16);
    for (const pid_t pid : crowd) {
        ::kill(pid, SIGKILL);
        int status = 0;
        ::waitpid(pid, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status));
    }
    expect_alive();
}

TEST_F(HostileClients, AClientThatDiesAtAnyByteHarmsNobody) {
    const std::string request = protocol::encode(1, protocol::Subscribe{});
    for (std::size_t length = 1; length <= request.size(); ++length) {
        sys::send_packet(connect(), std::string_view(request).substr(0, length));
    }
    expect_alive();
}

// Another user reaches the socket (its directory keeps him out; suppose that failed).
std::string answer_to_user(const FakeContainer& container, uid_t uid) {
    EXPECT_EQ(::chmod(container.dir().parent_path().c_str(), 0755), 0);
    EXPECT_EQ(::chmod(container.dir().c_str(), 0755), 0);
    EXPECT_EQ(::chmod((container.dir() / "socket").c_str(), 0666), 0);
    auto [ours, theirs] = sys::socket_pair();
    const pid_t pid = ::fork();
    if (pid == 0) {
        if (::setresgid(uid, uid, uid) != 0 || ::setresuid(uid, uid, uid) != 0) ::_exit(1);
        const std::string text = error_of([&] { (void)container.client().status(); });
        sys::send_packet(theirs, "<" + text + ">");
        ::_exit(0);
    }
    const auto packet = sys::receive_packet(ours, 4096, 5s);
    ::waitpid(pid, nullptr, 0);
    return packet ? packet->data : "no answer";
}

TEST(ForeignUsers, AreRefusedByTheirCredentials) {
    const FakeContainer container;
    EXPECT_EQ(answer_to_user(container, 65534), "<user 65534 may not command this container>");
    EXPECT_EQ(container.client().status().pid, container.init());
}

TEST(ForeignUsers, TheOwnerIsServedAndOthersAreNot) {
    FakeContainer::Options options;
    options.adjust = [](SupervisorState& state) { state.uid = 65534; };
    const FakeContainer container(std::move(options));
    EXPECT_EQ(answer_to_user(container, 65534), "<>");
    EXPECT_EQ(answer_to_user(container, 65533), "<user 65533 may not command this container>");
}

TEST(ForeignUsers, TheSocketIsBornForTheOwnerOnly) {
    const FakeContainer container;
    EXPECT_EQ(sys::stat_path(container.dir() / "socket")->st_mode & 0777, 0600u);
    EXPECT_EQ(sys::read_file("/proc/net/unix").find('@' + container.dir().string()), std::string::npos);
}

} // namespace
} // namespace lxcpp
