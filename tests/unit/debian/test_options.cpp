// SPDX-License-Identifier: Apache-2.0
#include "debian/options.h"

#include "debian/architecture.h"
#include "debian/template_config.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gtest/gtest.h>

namespace lxcpp::debian {
namespace {

Options parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"--path=/l/c1", "--name=c1", "--rootfs=/l/c1/rootfs"});
    return parse_options(arguments);
}

std::string refusal(const std::vector<std::string>& arguments) {
    return test::error_of([&] { (void)parse(arguments); });
}

TEST(DebianOptions, ReadsTheCallingContractAndTheUsersOptions) {
    const Options plain = parse({});
    EXPECT_EQ(plain.path, "/l/c1");
    EXPECT_EQ(plain.rootfs, "/l/c1/rootfs");
    EXPECT_EQ(plain.release, "stable");
    EXPECT_EQ(plain.architecture, native_architecture());
    EXPECT_FALSE(plain.mapped);
    const Options full = parse({"--mapped-uid", "0", "--mapped-gid=0", "-r", "sid", "--packages", "aa,bb cc", "--packages=dd",
                                "--variant=minbase", "-F", "--mirror", "http://m/debian", "--allow-expired"});
    EXPECT_TRUE(full.mapped);
    EXPECT_EQ(full.release, "sid");
    EXPECT_EQ(full.packages, (std::vector<std::string>{"aa", "bb", "cc", "dd"}));
    EXPECT_EQ(full.variant, Variant::Minbase);
    EXPECT_TRUE(full.flush_cache);
    EXPECT_TRUE(full.allow_expired);
    EXPECT_TRUE(parse_options({"-h"}).help);
}

TEST(DebianOptions, NamesTheArgumentThatIsWrong) {
    EXPECT_EQ(refusal({"--bogus"}), "unknown argument '--bogus': see --help");
    EXPECT_EQ(refusal({"word"}), "unknown argument 'word': see --help");
    EXPECT_EQ(refusal({"-r"}), "--release needs a value");
    EXPECT_EQ(refusal({"--flush-cache=yes"}), "--flush-cache takes no value");
    EXPECT_EQ(refusal({"-r", "../x"}), "--release '../x': give a name such as bookworm, trixie, sid, stable or testing");
    EXPECT_EQ(refusal({"--packages", "a/b"}), "--packages: 'a/b' is no package name");
    EXPECT_EQ(refusal({"--variant", "tiny"}), "--variant 'tiny': give default, minbase or standard");
    EXPECT_EQ(refusal({"-a", "vax"}),
              "--arch 'vax': give one of amd64, arm64, i386, armhf, riscv64, ppc64el, s390x, loong64");
    EXPECT_EQ(refusal({"--security-mirror", "m.example"}),
              "--security-mirror 'm.example': give an http:// or https:// URL without user, password, query or blanks");
    EXPECT_NE(refusal({"--name=../x"}), "");
    EXPECT_EQ(test::error_of([] { (void)parse_options({"-r", "sid"}); }),
              "--path and --rootfs are missing: this is a template, use lxcpp-create -t debian");
}

TEST(DebianArchitecture, HasDebiansAndTheMachinesName) {
    EXPECT_EQ(parse({"-a", "i686"}).architecture, "i386");
    EXPECT_EQ(parse({"--arch=aarch64"}).architecture, "arm64");
    EXPECT_EQ(parse({"--arch=riscv64"}).architecture, "riscv64");
    EXPECT_EQ(parse({"-a", "i586"}).architecture, "i386"); // as image servers' clients know it
    EXPECT_EQ(machine_name("i386"), "i686");
    EXPECT_EQ(parse_architecture("ppc"), std::nullopt); // there is one, and Debian has it no more
}

TEST(DebianArchitecture, TriesWhatTheMachineRuns) {
    const test::TempDir dir;
    EXPECT_TRUE(can_run(native_architecture(), dir.path()));
    EXPECT_FALSE(can_run("s390x", dir.path())); // no emulator is tried for it
#ifdef __x86_64__
    // The program that is tried is a right one: the kernel says yes or no, nothing in between.
    const bool kernel_runs_i386 = std::system("exec /lib/ld-linux.so.2 --version >/dev/null 2>&1") == 0;
    if (kernel_runs_i386) { EXPECT_TRUE(can_run("i386", dir.path())); }
    (void)can_run("i386", dir.path());
#endif
}

TEST(DebianConfig, AppendsToTheContainersConfig) {
    const test::TempDir dir;
    sys::write_file_atomic(dir / "config", "# mine\nlxc.rootfs.path = dir:/x", 0640);
    const auto container = sys::RootedDir::open(dir.path());
    extend_config(container, {.name = "c1", .architecture = "amd64", .config_dir = "/d", .mapped = true});
    EXPECT_EQ(sys::read_file(dir / "config"), "# mine\nlxc.rootfs.path = dir:/x\n"
                                              "\n# Distribution\n"
                                              "lxc.include = /d/debian.common.conf\n"
                                              "lxc.include = /d/debian.userns.conf\n"
                                              "lxc.arch = x86_64\n"
                                              "\n# Container\n"
                                              "lxc.uts.name = c1\n");
    EXPECT_EQ(sys::stat_path(dir / "config")->st_mode & 07777u, 0640u);
    EXPECT_EQ(config_additions({.name = "c", .architecture = "arm64", .config_dir = "/d"}).find("userns"),
              std::string::npos);
}

} // namespace
} // namespace lxcpp::debian
