// SPDX-License-Identifier: Apache-2.0
#include "network/user_forward.h"

#include "network/user_ports.h"
#include "start/user_net_task.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

using namespace lxcpp;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace {

const PublishedPort kWeb{"", 8080, 80, false};
const PublishedPort kNames{"127.0.0.1", 5353, 53, true};

TEST(UserForwards, AreAskedForInJson) {
    EXPECT_EQ(add_request(kWeb, "10.0.2.15"),
              R"({"execute": "add_hostfwd", "arguments": {"proto": "tcp", "host_addr": "0.0.0.0", )"
              R"("host_port": 8080, "guest_addr": "10.0.2.15", "guest_port": 80}})");
    EXPECT_THAT(add_request(kNames, "10.0.2.15"),
                HasSubstr(R"("proto": "udp", "host_addr": "127.0.0.1", "host_port": 5353)"));
    EXPECT_EQ(remove_request(7), R"({"execute": "remove_hostfwd", "arguments": {"id": 7}})");
}

TEST(UserForwards, AreReadAsSlirp4netnsListsThem) {
    const auto list = parse_forwards(
        R"({"return": {"entries": [{"id": 1, "proto": "tcp", "host_addr": "0.0.0.0", )"
        R"("host_port": 8080, "guest_addr": "10.0.2.15", "guest_port": 80}, {"id":2,"proto":"udp",)"
        R"("host_addr":"127.0.0.1","host_port":5353,"guest_addr":"10.0.2.15","guest_port":53}]}})");
    EXPECT_THAT(list, ElementsAre(UserForward{1, kWeb}, UserForward{2, kNames}));
    EXPECT_THAT(parse_forwards(R"({"return": {"entries": []}})"), IsEmpty());
    EXPECT_THAT(parse_forwards(R"({"entries":[]})"), IsEmpty()); // version 1.2.0
}

TEST(UserForwards, AnErrorIsTold) {
    EXPECT_NO_THROW(check_answer(R"({"return": {"id": 42}})", "publish"));
    try {
        check_answer(R"({"error": {"desc": "bad request: add_hostfwd: no"}})",
                     "publish 8080:80/tcp");
        ADD_FAILURE();
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(),
                     "publish 8080:80/tcp: slirp4netns: bad request: add_hostfwd: no");
    }
    for (const char* text : {"", "{", "x", R"({"returned": 1})"})
        EXPECT_THROW(check_answer(text, "x"), Error) << text;
    for (const char* text :
         {"", "[]", R"({"entries": 1})", R"({"entries": [{"id": -1}]})",
          R"({"entries": [{"id": 1, "host_port": 99999}]})", R"({"entries": [{"id": 1)",
          R"({"entries": [{}]})", R"({"error": {"desc": "no"}})"})
        EXPECT_THROW((void)parse_forwards(text), Error) << text;
}

TEST(UserNetTasks, AreReadAsTheyWereWritten) {
    UserNetTask task{.interface = "eth0", .argv = {"/usr/bin/pasta", "", "a b", "'"}, .ready = 3};
    task.resolv_conf = "nameserver 127.0.0.53\nnameserver 10.0.2.3\n";
    task.forwards = {kWeb, kNames, {"::1", 1, 2, false}};
    task.forwards.pop_back();
    task.as_root_inside = true;
    task.directory = "/run/a b/user-net";
    task.guest = "10.0.2.15";
    task.cgroups = {"/sys/fs/cgroup/a b"};
    task.log_file = "/tmp/a log";
    task.log_level = "INFO";
    EXPECT_EQ(parse_task(print_task(task)), task);
    for (const char* text : {"", "interface", "interface eth0", "other x", "argument /bin/true"})
        EXPECT_THROW((void)parse_task(text), Error) << text;
}

// What a host says, in place of one.
PortQuestions answers(int error) {
    return {[error](int, const PublishedPort&) { return error; },
            [] { return std::uint16_t{1024}; }, [](const PublishedPort&) { return std::nullopt; },
            [](const PublishedPort&) { return std::nullopt; }};
}

std::string refusal(const std::vector<PublishedPort>& ports, const PortQuestions& ask) {
    try {
        check_user_ports(ports, ask);
        return "";
    } catch (const ConfigError& error) {
        return error.what();
    }
}

TEST(UserPorts, WhatIsInTheWayIsNamed) {
    EXPECT_EQ(refusal({kWeb, kNames}, answers(0)), "");
    EXPECT_THAT(refusal({kWeb, {"127.0.0.1", 8080, 81, false}}, answers(0)),
                HasSubstr("the container publishes 8080:80/tcp already"));
    EXPECT_EQ(refusal({kWeb, {"", 8080, 80, true}}, answers(0)), "");
    PortQuestions ask = answers(-EADDRINUSE);
    EXPECT_THAT(refusal({kWeb}, ask), HasSubstr("another program has that port"));
    ask.listener = [](const PublishedPort&) { return std::optional<std::string>("0.0.0.0:8080"); };
    EXPECT_THAT(refusal({kWeb}, ask), HasSubstr("a program of the host listens on 0.0.0.0:8080"));
    ask.container = [](const PublishedPort&) { return std::optional<std::string>("web"); };
    EXPECT_THAT(refusal({kWeb}, ask), HasSubstr("lxc.publish: 8080:80/tcp: the container web has"));
    EXPECT_THAT(refusal({{"", 80, 80, false}}, answers(-EACCES)),
                HasSubstr("from port 1024 on only: publish 1024 or higher, or let root set "
                          "net.ipv4.ip_unprivileged_port_start=80"));
    EXPECT_THAT(refusal({{"192.0.2.9", 8080, 80, false}}, answers(-EADDRNOTAVAIL)),
                HasSubstr("the host does not have the address 192.0.2.9"));
}

TEST(UserPorts, AHostWithoutIpv6HasTheOthers) {
    PortQuestions ask = answers(0);
    ask.try_listen = [](int family, const PublishedPort&) {
        return family == AF_INET6 ? -EAFNOSUPPORT : 0;
    };
    EXPECT_EQ(refusal({kWeb}, ask), "");
    EXPECT_THAT(refusal({{"2001:db8::1", 8080, 80, false}}, ask), HasSubstr("lxc.publish"));
}

} // namespace
