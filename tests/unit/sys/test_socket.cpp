// SPDX-License-Identifier: Apache-2.0
#include "sys/socket.h"

#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/epoll.h"
#include "sys/file.h"

#include <gtest/gtest.h>

#include <array>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

using namespace lxcpp;
using namespace std::chrono_literals;
using test::error_of;
using test::TempDir;

TEST(Socket, PacketsKeepTheirBordersAndCarryDescriptors) {
    const auto [a, b] = sys::socket_pair();
    const Fd null = sys::open_file("/dev/null");
    const std::array<FdRef, 2> fds{FdRef(null), FdRef(a)};
    sys::send_packet(a, "one", fds);
    sys::send_packet(a, "two");
    const auto one = sys::receive_packet(b);
    EXPECT_EQ(one->data, "one");
    ASSERT_EQ(one->fds.size(), 2u);
    EXPECT_EQ(sys::stat_fd(one->fds[0]).st_rdev, sys::stat_fd(null).st_rdev);
    EXPECT_NE(::fcntl(one->fds[0].raw(), F_GETFD) & FD_CLOEXEC, 0);
    const auto two = sys::receive_packet(b);
    EXPECT_EQ(two->data, "two");
    EXPECT_FALSE(two->closed);
}

TEST(Socket, SaysWhenThePeerIsGone) {
    auto [a, b] = sys::socket_pair();
    sys::send_packet(a, "last");
    a.reset();
    EXPECT_EQ(sys::receive_packet(b)->data, "last");
    EXPECT_TRUE(sys::receive_packet(b)->closed);
    EXPECT_EQ(sys::try_send_packet(b, "x"), -EPIPE); // and no SIGPIPE
    EXPECT_EQ(error_of([&, &b = b] { sys::send_packet(b, "x"); }), "send a packet: Broken pipe");
}

TEST(Socket, ReceiveWaitsNoLongerThanAsked) {
    const auto [a, b] = sys::socket_pair();
    EXPECT_FALSE(sys::receive_packet(b, 100, 0ms));
    EXPECT_FALSE(sys::receive_packet(b, 100, 5ms));
}

TEST(Socket, TooLargePacketsAreErrors) {
    const auto [a, b] = sys::socket_pair();
    sys::send_packet(a, "0123456789");
    EXPECT_EQ(error_of([&, &b = b] { (void)sys::receive_packet(b, 9); }),
              "receive a packet: it is larger than 9 bytes");
    std::array<FdRef, 17> fds;
    fds.fill(FdRef(0));
    EXPECT_EQ(sys::try_send_packet(a, "x", fds), -EINVAL);
}

TEST(Socket, ListensAndConnectsAtAnyPathLength) {
    const TempDir dir;
    const std::filesystem::path path = dir / (std::string(200, 'a') + "/socket");
    sys::make_dirs(path.parent_path());
    EXPECT_FALSE(sys::connect_to(path));
    const Fd listener = sys::listen_at(path);
    EXPECT_EQ(sys::stat_path(path)->st_mode & 0777u, 0600u);
    EXPECT_FALSE(sys::accept_from(listener));
    const auto client = sys::connect_to(path);
    ASSERT_TRUE(client);
    const auto server = sys::accept_from(listener);
    ASSERT_TRUE(server);
    sys::send_packet(*client, "hello");
    EXPECT_EQ(sys::receive_packet(*server)->data, "hello");
    const sys::PeerCredentials peer = sys::peer_credentials(*server);
    EXPECT_EQ(peer.pid, ::getpid());
    EXPECT_EQ(peer.uid, ::getuid());
}

TEST(Socket, OnlyADeadListenerIsReplaced) {
    const TempDir dir;
    const std::string path = dir / "socket";
    Fd listener = sys::listen_at(path);
    EXPECT_EQ(error_of([&] { (void)sys::listen_at(path); }),
              "listen at " + path + ": Address already in use");
    listener.reset();
    EXPECT_FALSE(sys::connect_to(path));
    listener = sys::listen_at(path);
    EXPECT_TRUE(sys::connect_to(path));

    sys::write_file_atomic(dir / "file", "x");
    EXPECT_NE(error_of([&] { (void)sys::listen_at(dir / "file"); }), "");
    EXPECT_EQ(sys::read_file(dir / "file"), "x");
}

TEST(Epoll, TellsWhichDescriptorIsReady) {
    const auto [a, b] = sys::socket_pair();
    sys::Epoll epoll;
    epoll.add(b, EPOLLIN, 42);
    std::array<sys::Ready, 4> ready;
    EXPECT_EQ(epoll.wait(ready, 0ms), 0u);
    sys::send_packet(a, "x");
    ASSERT_EQ(epoll.wait(ready, 1s), 1u);
    EXPECT_EQ(ready[0].tag, 42u);
    EXPECT_EQ(ready[0].events, static_cast<std::uint32_t>(EPOLLIN));
    epoll.modify(b, EPOLLOUT, 7);
    ASSERT_EQ(epoll.wait(ready, 1s), 1u);
    EXPECT_EQ(ready[0].tag, 7u);
    epoll.remove(b);
    EXPECT_EQ(epoll.wait(ready, 0ms), 0u);
    EXPECT_EQ(error_of([&, &b = b] { epoll.modify(b, EPOLLIN, 1); }),
              "change what is watched of a descriptor: No such file or directory");
}

TEST(WaitReadable, SeesInputHangUpAndBadDescriptors) {
    auto [a, b] = sys::socket_pair();
    EXPECT_FALSE(sys::wait_readable(b, 1ms));
    a.reset();
    EXPECT_TRUE(sys::wait_readable(b, {}));
    EXPECT_EQ(error_of([] { (void)sys::wait_readable(FdRef(1'000'000), 1ms); }),
              "wait for a descriptor: Bad file descriptor");
}
