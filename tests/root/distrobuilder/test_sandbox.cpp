// SPDX-License-Identifier: Apache-2.0
#include "build_lab.h"

#include "distrobuilder/sandbox.h"
#include "sys/file.h"

#include <fmt/core.h>
#include <gmock/gmock.h>

namespace lxcpp {
namespace {

using distro::Sandbox;
using testing::HasSubstr;

class BuildSandbox : public test::BuildLab {
protected:
    // The exit code of a script, and what it printed.
    std::string script(const std::string& text) const {
        return build_with_root([&] { return run(text); });
    }
    std::string run(const std::string& text) const {
        const Sandbox sandbox({root(), {"PATH=/sbin:/bin", "ONLY=this"}, log()});
        const int code = sandbox.run_script("#!/bin/sh\n" + text);
        return fmt::format("{}{}", sys::read_file(log()), code == 0 ? "" : fmt::format("exit {}\n", code));
    }
};

TEST_P(BuildSandbox, RunsScripts) { EXPECT_EQ(script("hostname; id -u; echo $0; exit 7"), "distrobuilder\n0\n/proc/self/fd/100\nexit 7\n"); }

TEST_P(BuildSandbox, MountsAsRecipesDo) {
    EXPECT_EQ(script("set -e\n"
                     "umount -l /etc/resolv.conf\n"
                     "rm /etc/resolv.conf && ln -s ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf\n"
                     "touch /run/covers\n"
                     "mount -o bind / /mnt && ls -A /mnt/run && umount /mnt\n"
                     "mount -t tmpfs tmpfs /sys/firmware\n"
                     "chown 33:44 /mnt\n"), "");
}

INSTANTIATE_TEST_SUITE_P(Builders, BuildSandbox, testing::Values(test::Builder::Root, test::Builder::User), test::builder_name);

} // namespace
} // namespace lxcpp
