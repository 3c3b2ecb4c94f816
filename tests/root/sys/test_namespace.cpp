// SPDX-License-Identifier: Apache-2.0
#include "sys/namespace.h"

#include "base/strings.h"
#include "support/error_of.h"
#include "support/private_mounts.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "sys/netlink.h"
#include "sys/spawn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <net/if.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace lxcpp;
using namespace std::chrono_literals;
using test::error_of;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

class SpawnInNamespaces : public test::PrivateMounts {};

std::vector<std::string> squeezed_lines(const std::string& text) {
    std::vector<std::string> lines;
    for (const std::string_view line : split_lines(text)) {
        std::vector<std::string> words;
        for (const std::string_view word : split_words(line)) words.emplace_back(word);
        lines.push_back(join(words, " "));
    }
    return lines;
}

} // namespace

TEST(Namespaces, OneTableNamesThem) {
    EXPECT_EQ(sys::find_namespace("net")->attach_name, "NETWORK");
    EXPECT_EQ(sys::find_namespace("nope"), nullptr);
    for (const sys::NamespaceType& type : sys::kNamespaces) {
        EXPECT_TRUE(sys::open_namespace(::getpid(), type.name)) << type.name;
    }
    EXPECT_FALSE(sys::open_namespace(::getpid(), "nope"));
}

TEST(UserNamespace, HasTheMapsThatWereAsked) {
    const Fd user = sys::make_user_namespace("0 100000 1000\n1000 0 1", "0 200000 65536");
    const sys::RunResult result = sys::run_and_capture(
        {.argv = {"/bin/cat", "/proc/self/uid_map", "/proc/self/gid_map"}, .user_namespace = user},
        20s);
    EXPECT_THAT(squeezed_lines(result.output),
                ElementsAre("0 100000 1000", "1000 0 1", "0 200000 65536"));
}

TEST(UserNamespace, ABadMapIsAnErrorThatLeavesNoProcess) {
    EXPECT_THAT(error_of([] { (void)sys::make_user_namespace("0 100000 0", "0 100000 1"); }),
                testing::MatchesRegex(
                    "create a user namespace: write /proc/[0-9]+/uid_map: Invalid argument"));
    EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1); // no child is left
}

TEST_F(SpawnInNamespaces, BecomesRootOfTheUserNamespace) {
    const Fd user = sys::make_user_namespace("0 100000 65536", "0 100000 65536");
    const sys::RunResult result = sys::run_and_capture(
        {.argv = {"/usr/bin/id"}, .die_with_parent = true, .user_namespace = user}, 20s);
    EXPECT_EQ(result.output, "uid=0(root) gid=0(root) groups=0(root)\n");
    EXPECT_EQ(sys::run_and_capture(
                  {.argv = {"/bin/cat", "/proc/self/setgroups"}, .user_namespace = user}, 20s)
                  .output,
              "allow\n");
}

TEST_F(SpawnInNamespaces, SeesTheMountsOfTheOtherNamespace) {
    const test::TempDir dir;
    const auto ours = sys::open_namespace(::getpid(), "mnt");
    sys::unshare_namespaces(CLONE_NEWNS);
    sys::MountTree::create("tmpfs", "").attach(dir.path());
    sys::write_file_atomic(dir / "here", "");
    const auto theirs = sys::open_namespace(::getpid(), "mnt");
    sys::enter_namespace(*ours, CLONE_NEWNS);
    EXPECT_THAT(sys::list_dir(dir.path()), IsEmpty());
    const sys::RunResult result =
        sys::run_and_capture({.argv = {"/bin/ls", dir.path()}, .mount_namespace = *theirs}, 20s);
    EXPECT_EQ(result.output, "here\n");
}

TEST(SpawnErrors, NameTheStepThatFailed) {
    const Fd null = sys::open_file("/dev/null");
    EXPECT_EQ(error_of([&] { (void)sys::spawn({.argv = {"/bin/true"}, .mount_namespace = null}); }),
              "run /bin/true: enter the mount namespace: Invalid argument");
    EXPECT_EQ(error_of([&] { (void)sys::spawn({.argv = {"/bin/true"}, .user_namespace = null}); }),
              "run /bin/true: enter the user namespace: Invalid argument");
}

TEST(Netlink, ShowsAndRaisesTheLoopbackOfANewNamespace) {
    sys::Netlink host;
    sys::unshare_namespaces(CLONE_NEWNET);
    sys::Netlink netlink;
    auto links = netlink.links();
    const auto loopback = [](const sys::NetLink& link) { return link.name == "lo"; };
    auto lo = std::find_if(links.begin(), links.end(), loopback);
    ASSERT_NE(lo, links.end());
    EXPECT_EQ(lo->index, 1);
    EXPECT_EQ(lo->mac, "00:00:00:00:00:00");
    EXPECT_EQ(lo->flags & IFF_UP, 0u);
    EXPECT_THAT(netlink.addresses(), IsEmpty());

    netlink.set_up("lo");
    links = netlink.links();
    lo = std::find_if(links.begin(), links.end(), loopback);
    EXPECT_NE(lo->flags & IFF_UP, 0u);
    bool found = false;
    for (const sys::NetAddress& address : netlink.addresses()) {
        if (address.family != AF_INET) continue;
        found = true;
        EXPECT_EQ(address.interface, "lo");
        EXPECT_EQ(address.text, "127.0.0.1");
        EXPECT_EQ(address.prefix, 8);
        EXPECT_EQ(address.scope, 254); // host
    }
    EXPECT_TRUE(found);
    EXPECT_EQ(error_of([&] { netlink.set_up("nope0"); }),
              "bring up network interface nope0: No such device");
    EXPECT_NE(error_of([&] { netlink.set_up("a-name-that-is-too-long"); }), "");
    EXPECT_GE(host.links().size(), 1u); // still the namespace that it was made in
}
