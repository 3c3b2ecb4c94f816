// SPDX-License-Identifier: Apache-2.0
#include "attach/environment.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp {
namespace {

using test::error_of;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

const std::vector<std::string> kOurs{"PATH=/opt/bin", "HOME=/root", "SECRET=1", "HOMER=x", "container=docker"};
constexpr const char* kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

TEST(AttachEnvironment, KeepsOurs) {
    EXPECT_THAT(attach_environment({}, {}, kOurs),
                UnorderedElementsAre("PATH=/opt/bin", "HOME=/root", "SECRET=1", "HOMER=x", "container=lxc"));
}

TEST(AttachEnvironment, HasAPathWhateverOurs) { EXPECT_THAT(attach_environment({}, {}, {}), ElementsAre(kPath, "container=lxc")); }

TEST(AttachEnvironment, ClearedHasNothingOfOurs) {
    AttachOptions options;
    options.clear_environment = true;
    EXPECT_THAT(attach_environment({}, options, kOurs), UnorderedElementsAre(kPath, "container=lxc"));
}

TEST(AttachEnvironment, ClearedKeepsWhatIsAskedFor) {
    AttachOptions options;
    options.clear_environment = true;
    options.keep_variables = {"HOME", "PATH", "MISSING"};
    EXPECT_THAT(attach_environment({}, options, kOurs), UnorderedElementsAre("PATH=/opt/bin", "HOME=/root", "container=lxc"));
}

TEST(AttachEnvironment, TheConfigurationAndTheOptionsWinInThisOrder) {
    Config config;
    config.environment.both = {"A=config", "B=config"};
    config.environment.runtime = {"B=runtime", "C=runtime"};
    config.environment.hooks = {"HOOK=1"};
    AttachOptions options;
    options.set_variables = {"C=option", "container=mine", "EMPTY="};
    const auto env = attach_environment(config, options, {"A=ours"});
    EXPECT_THAT(env, UnorderedElementsAre(kPath, "A=config", "B=runtime", "C=option", "container=mine", "EMPTY="));
}

TEST(AttachEnvironment, OfAnApplicationIsTheContainersOwn) {
    Config config;
    config.execute_cmd = "/bin/server";
    config.environment.both = {"A=config"};
    const std::vector<std::string> ours{"PATH=/opt/bin", "SECRET=1", "TERM=xterm", "LANG=C"};
    EXPECT_THAT(attach_environment(config, {}, ours), UnorderedElementsAre(kPath, "TERM=xterm", "container=lxc", "A=config"));
    AttachOptions options;
    options.keep_variables = {"LANG"};
    options.set_variables = {"A=option"};
    EXPECT_THAT(attach_environment(config, options, ours), UnorderedElementsAre(kPath, "TERM=xterm", "LANG=C", "container=lxc", "A=option"));
    options.clear_environment = true;
    EXPECT_THAT(attach_environment(config, options, ours), UnorderedElementsAre(kPath, "LANG=C", "container=lxc", "A=option"));
    options = {.keep_environment = true};
    EXPECT_THAT(attach_environment(config, options, ours), Contains("SECRET=1"));
    config.init.cmd = "/sbin/init"; // a system again
    EXPECT_THAT(attach_environment(config, {}, ours), Contains("SECRET=1"));
}

TEST(AttachEnvironment, RefusesAVariableWithoutNameOrValue) {
    AttachOptions options;
    options.set_variables = {"NAME"};
    EXPECT_EQ(error_of([&] { (void)attach_environment({}, options, {}); }), "-v NAME: expected NAME=VALUE");
    options.set_variables = {"=x"};
    EXPECT_EQ(error_of([&] { (void)attach_environment({}, options, {}); }), "-v =x: expected NAME=VALUE");
}

constexpr std::string_view kPasswd = "root:x:0:0:root:/root:/bin/sh\n"
                                     "short:x:5:5\n"
                                     "app:x:1000:1000:An App:/srv/app:/bin/app\n"
                                     "again:x:1000:1000::/nowhere:/bin/false\n"
                                     "last:x:2000:2000::/l:";

TEST(FindPasswd, TheFirstLineOfTheId) {
    const auto entry = find_passwd(kPasswd, 1000);
    ASSERT_TRUE(entry.has_value());
    EXPECT_EQ(entry->name, "app");
    EXPECT_EQ(entry->home, "/srv/app");
    EXPECT_EQ(entry->shell, "/bin/app");
    EXPECT_EQ(find_passwd(kPasswd, 2000)->shell, "");
}

TEST(FindPasswd, NoLineForOtherIds) {
    EXPECT_FALSE(find_passwd(kPasswd, 5).has_value()); // too short a line
    EXPECT_FALSE(find_passwd(kPasswd, 1).has_value());
    EXPECT_FALSE(find_passwd("", 0).has_value());
}

// Lines whose id is not the number that was asked for, whatever a laxer parser would make of them
// (names that are numbers, overflows that wrap to 0, signs, blanks, other bases, broken lines).
TEST(FindPasswd, HostileLines) {
    for (const char* id : {"4294967296", "18446744073709551616", "-0", "+0", " 0", "0 ", "0x0", "", "00x", "1e0", "0\r"}) {
        const std::string line = "evil:x:" + std::string(id) + ":0::/evil:/evil\n";
        EXPECT_FALSE(find_passwd(line, 0).has_value()) << '"' << id << '"';
    }
    for (const uid_t id : {1U, 0x7fffffffU, 0x80000000U, 4294967294U}) {
        const std::string line = std::to_string(id) + ":x:0:0::/evil:/evil\n";
        EXPECT_FALSE(find_passwd(line, id).has_value()) << line;
    }
    EXPECT_FALSE(find_passwd("evil:x:4294967297:1::/:/evil\n", 1).has_value());
    EXPECT_FALSE(find_passwd("evil:x:-1:1::/:/evil\n", 4294967295U).has_value());
    EXPECT_FALSE(find_passwd("a:x:1:1:::/:/evil:more\n", 1).has_value());
    EXPECT_EQ(find_passwd("big:x:4294967294:1::/:/s\n", 4294967294U)->name, "big");
}

} // namespace
} // namespace lxcpp
