// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/command_line.h"

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::distro {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;

std::optional<CommandLine> read(std::vector<std::string> words, int* code = nullptr) {
    words.insert(words.begin(), "lxcpp-distrobuilder");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    int result = 0;
    auto line = read_command_line(static_cast<int>(words.size()), argv.data(), result);
    if (code != nullptr) *code = result;
    return line;
}

TEST(CommandLineTest, OptionsStandBeforeAndAfterTheCommand) {
    const auto line = read({"--cache-dir", "/c", "build-incus", "r.yaml", "-o", "image.release=1", "out", "-oimage.variant=x", "--type=unified", "-t", "60"});
    ASSERT_TRUE(line);
    EXPECT_EQ(line->command->name, "build-incus");
    EXPECT_THAT(line->words, ElementsAre("r.yaml", "out"));
    EXPECT_THAT(line->options.options, ElementsAre("image.release=1", "image.variant=x"));
    EXPECT_EQ(line->options.cache_dir, "/c");
    EXPECT_EQ(line->options.type, "unified");
    EXPECT_EQ(line->options.timeout, 60u);
}

TEST(CommandLineTest, TruthIsWrittenAsDistrobuilderHasIt) {
    EXPECT_TRUE(read({"build-lxc", "r"})->options.cleanup);
    EXPECT_FALSE(read({"build-lxc", "r", "--cleanup=false"})->options.cleanup);
    EXPECT_TRUE(read({"build-lxc", "r", "--cleanup"})->options.cleanup);
    EXPECT_FALSE(read({"build-lxc", "r", "--keep-sources=0"})->options.keep_sources);
    EXPECT_TRUE(read({"build-lxc", "r", "--disable-overlay"})->options.disable_overlay);
    int code = 0;
    EXPECT_FALSE(read({"build-lxc", "r", "--cleanup=perhaps"}, &code));
    EXPECT_EQ(code, 1);
}

TEST(CommandLineTest, OptionsOfOtherCommandsAreRefused) {
    EXPECT_THAT(error_of([] { (void)read({"build-lxc", "r", "--type", "split"}); }), HasSubstr("build-lxc has no option --type"));
    EXPECT_THAT(error_of([] { (void)read({"validate", "r", "--json"}); }), HasSubstr("validate has no option --json"));
    // What distrobuilder takes everywhere.
    EXPECT_TRUE(read({"validate", "r", "--cache-dir", "/c", "--cleanup=false", "-t", "1", "--disable-overlay", "--debug"}));
}

TEST(CommandLineTest, FormerNamesAreKnownAndSlipsAreNot) {
    EXPECT_EQ(read({"build-lxd", "r"})->command->name, "build-incus");
    EXPECT_EQ(read({"pack-lxd", "r", "d"})->command->name, "pack-incus");
    EXPECT_THAT(error_of([] { (void)read({"biuld-lxc"}); }), HasSubstr("did you mean 'build-lxc'"));
    EXPECT_THAT(error_of([] { (void)read({}); }), HasSubstr("--help"));
}

TEST(CommandLineTest, EachOptionOfACommandIsOne) {
    // A name in a command's list that no option has would refuse it under its real name.
    for (const Command& command : commands()) {
        testing::internal::CaptureStderr();
        (void)read({std::string(command.name), "--help"});
        const std::string help = testing::internal::GetCapturedStderr();
        std::string_view names = command.options;
        while (!names.empty()) {
            const std::string name(names.substr(0, names.find(' ')));
            names.remove_prefix(std::min(names.size(), name.size() + 1));
            EXPECT_THAT(help, HasSubstr(name.empty() ? "" : "--" + name)) << command.name;
        }
    }
}

} // namespace
} // namespace lxcpp::distro
