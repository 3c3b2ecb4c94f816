// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

#include <unistd.h>

using namespace lxcpp;
using namespace lxcpp::test;

TEST(Load, IgnoresForeignLinesAndComments) {
    EXPECT_EQ(parse("# x\n\nfoo = bar\nLXC.tty.max = 3\nlxc.tty.max = 4\r\n").tty.max, 4);
}

TEST(Load, ErrorsNameFileLineAndKey) {
    const ConfigDir dir;
    const auto path = dir.write("config", "# one\nlxc.tty.max = many\n");
    try {
        (void)load_config(path);
        FAIL() << "must throw";
    } catch (const ConfigError& error) {
        EXPECT_EQ(error.file(), path.string());
        EXPECT_EQ(error.line(), 2);
        EXPECT_EQ(error.key(), "lxc.tty.max");
    }
}

TEST(Load, LineWithoutEqualsIsAnError) {
    EXPECT_EQ(parse_error("\nlxc.tty.max 4\n"),
              "test.conf:2: lxc.tty.max 4: the line has no \"=\"; write KEY = VALUE");
}

TEST(Load, AZeroByteIsAnErrorButInComments) {
    using namespace std::string_view_literals;
    EXPECT_EQ(parse("# \0\nlxc.tty.max = 4\n"sv).tty.max, 4);
    EXPECT_EQ(parse_error("lxc.tty.max = 4\0\n"sv), "test.conf:1: lxc.tty.max: a zero byte in the line");
    EXPECT_THAT(parse_error("lxc.sysctl.kernel\0.x = 4\n"sv), testing::HasSubstr("a zero byte in the line"));
}

TEST(Load, UnknownKeyComesWithTheOneThatWasMeant) {
    EXPECT_EQ(parse_error("lxc.utsname = a\n"),
              "test.conf:1: lxc.utsname: this key is now lxc.uts.name; \"lxcpp-config lint --fix\" "
              "changes it");
    EXPECT_EQ(parse_error("lxc.kmsg = 0\n"),
              "test.conf:1: lxc.kmsg: this key no longer exists; \"lxcpp-config lint --fix\" "
              "changes it");
    EXPECT_EQ(parse_error("lxc.rootfs.paht = a\n"),
              "test.conf:1: lxc.rootfs.paht: unknown key; did you mean lxc.rootfs.path?");
    EXPECT_EQ(parse_error("lxc.net.3.vteh.pair = a\n"),
              "test.conf:1: lxc.net.3.vteh.pair: unknown key; did you mean lxc.net.3.veth.pair?");
    EXPECT_EQ(parse_error("lxc.nothing.like.this = a\n"),
              "test.conf:1: lxc.nothing.like.this: unknown key");
}

TEST(Load, MissingFileIsASystemError) {
    EXPECT_THROW((void)load_config("/nonexistent/config"), SystemError);
}

TEST(Include, FileTakesThePlaceOfItsLine) {
    const ConfigDir dir;
    dir.write("inner", "lxc.tty.max = 2\nlxc.cap.drop = kill\n");
    const auto path = dir.write("config", "lxc.tty.max = 1\nlxc.cap.drop = chown\nlxc.include = " +
                                              dir.at("inner") + "\nlxc.cap.drop = setuid\n");
    const auto loaded = load_config(path);
    EXPECT_EQ(loaded.config.tty.max, 2);
    EXPECT_THAT(loaded.config.caps.drop, testing::ElementsAre("chown", "kill", "setuid"));
    EXPECT_EQ(loaded.text.text(), sys::read_file(path)); // unexpanded
}

TEST(Include, RelativePathStartsAtTheIncludingFile) {
    const ConfigDir dir;
    dir.write("sub/a.conf", "lxc.include = b.conf\n");
    dir.write("sub/b.conf", "lxc.tty.max = 3\n");
    EXPECT_EQ(load_config(dir.write("config", "lxc.include = sub/a.conf\n")).config.tty.max, 3);
}

TEST(Include, DirectoryIsReadSortedAndOnlyConfFiles) {
    const ConfigDir dir;
    dir.write("d/20.conf", "lxc.cap.drop = kill\n");
    dir.write("d/10.conf", "lxc.cap.drop = chown\n");
    dir.write("d/README", "lxc.nonsense = 1\n");
    dir.write("d/30.conf.bak", "lxc.nonsense = 1\n");
    for (const std::string end : {"", "/"}) {
        const auto path = dir.write("config", "lxc.include = " + dir.at("d") + end + "\n");
        EXPECT_THAT(load_config(path).config.caps.drop, testing::ElementsAre("chown", "kill"));
    }
}

TEST(Include, MissingDirectoryIsFineAndAMissingFileIsNot) {
    const ConfigDir dir;
    EXPECT_NO_THROW((void)load_config(dir.write("config", "lxc.include = nowhere/\n")));
    const auto path = dir.write("config", "\nlxc.include = nowhere\n");
    EXPECT_EQ(error_of([&] { (void)load_config(path); }), path.string() + ":2: lxc.include: open " +
                                                              dir.at("nowhere") +
                                                              ": No such file or directory");
}

TEST(Include, ErrorInsideNamesTheInnerLine) {
    const ConfigDir dir;
    dir.write("inner", "\n\nlxc.nonsense = 1\n");
    const auto path = dir.write("config", "lxc.include = inner\n");
    EXPECT_EQ(error_of([&] { (void)load_config(path); }),
              dir.at("inner") + ":3: lxc.nonsense: unknown key");
}

TEST(Include, DepthIsBounded) {
    const ConfigDir dir;
    for (int i = 0; i < 16; ++i)
        dir.write("f" + std::to_string(i), "lxc.include = f" + std::to_string(i + 1) + "\n");
    dir.write("f16", "lxc.tty.max = 5\n");
    EXPECT_EQ(load_config(dir.path() / "f0").config.tty.max, 5);
    const auto deeper = dir.write("f", "lxc.include = f0\n");
    EXPECT_EQ(error_of([&] { (void)load_config(deeper); }),
              dir.at("f15") + ":1: lxc.include: includes are nested deeper than 16");
}

TEST(Include, LoopsAreRefusedWhateverPathLeadsBack) {
    const ConfigDir dir;
    const auto self = dir.write("self", "lxc.include = self\n");
    EXPECT_EQ(error_of([&] { (void)load_config(self); }),
              self.string() + ":1: lxc.include: " + self.string() + " would include itself");
    dir.write("d/a.conf", "lxc.include = ../d\n");
    std::filesystem::create_symlink("a.conf", dir.path() / "d/b.conf");
    const auto top = dir.write("top", "lxc.include = d\n");
    EXPECT_EQ(error_of([&] { (void)load_config(top); }),
              dir.at("d/a.conf") + ":1: lxc.include: " + dir.at("d/../d/a.conf") +
                  " would include itself");
    std::vector<Problem> problems; // and a tolerant reader ends too
    (void)load_config_tolerant(sys::read_file(top), top, {}, problems);
    EXPECT_EQ(problems.size(), 2u);
}

TEST(Include, FilesThatMultiplyEachOtherAreBounded) {
    const ConfigDir dir;
    for (int i = 0; i < 12; ++i) {
        std::string lines;
        for (int line = 0; line < 10; ++line)
            lines += "lxc.include = f" + std::to_string(i + 1) + "\n";
        dir.write("f" + std::to_string(i), lines);
    }
    dir.write("f12", "");
    EXPECT_THAT(error_of([&] { (void)load_config(dir.path() / "f0"); }),
                testing::HasSubstr("more than 1000 files are included"));
}

TEST(Include, WhatIsNoFileIsNotRead) {
    EXPECT_EQ(parse_error("lxc.include = /dev/zero\n"),
              "test.conf:1: lxc.include: /dev/zero is not a regular file");
}

TEST(Load, HugeKeysAndValuesAreQuotedInPart) {
    const std::string huge(1 << 20, 'a');
    EXPECT_LT(parse_error("lxc." + huge + " = 1\n").size(), 200u);
    EXPECT_LT(parse_error("lxc." + huge + "\n").size(), 200u);
    EXPECT_LT(parse_error("lxc.tty.max = " + huge + "\n").size(), 300u);
}

TEST(Include, OursStandsInForLxcsSharedFiles) {
    const ConfigDir dir;
    dir.write("config/lxcpp-test-only.conf", "lxc.tty.max = 7\n");
    const auto path = dir.write("c", "lxc.include = /usr/share/lxc/config/lxcpp-test-only.conf\n");
    LoadOptions options;
    options.data_dir = dir.path();
    EXPECT_EQ(load_config(path, options).config.tty.max, 7);
}

TEST(Origins, EveryLineCarriesItsFileAndNumber) {
    const ConfigDir dir;
    dir.write("inner", "\nlxc.tty.max = 2\n");
    const auto path = dir.write("config", "lxc.tty.max = 1\nlxc.include = inner\n"
                                          "lxc.uts.name = a\n");
    const auto loaded = load_config(path);
    ASSERT_EQ(loaded.assignments.size(), 3u);
    EXPECT_EQ(loaded.assignments[1].origin, (Origin{dir.at("inner"), 2}));
    EXPECT_EQ(origin_of(loaded.assignments, "lxc.tty.max"), (Origin{dir.at("inner"), 2}));
    EXPECT_EQ(origin_of(loaded.assignments, "lxc.uts.name"), (Origin{path.string(), 3}));
    EXPECT_EQ(origin_of(loaded.assignments, "lxc.pty.max"), Origin{});
}

TEST(Origins, EffectiveAssignmentsLeaveOutWhatWasReplacedOrCleared) {
    const auto loaded = load_config_text("lxc.tty.max = 1\nlxc.tty.max = 2\nlxc.cap.drop = kill\n"
                                         "lxc.cap.keep =\nlxc.cap.drop = chown\n"
                                         "lxc.hook.stop = /a\nlxc.hook.version = 1\nlxc.hook =\n"
                                         "lxc.net.1.type = none\nlxc.net.1.name = a\nlxc.net.1 =\n"
                                         "lxc.sysctl.a = 1\nlxc.sysctl.ab = 2\nlxc.sysctl.a =\n",
                                         "f");
    std::vector<int> lines;
    for (const auto& line : effective_assignments(loaded))
        if (!line.value.empty()) lines.push_back(line.origin.line);
    EXPECT_THAT(lines, testing::ElementsAre(2, 5, 7, 13));
}

TEST(Load, TolerantReadingReportsEverything) {
    std::vector<Problem> problems;
    const auto loaded = load_config_tolerant("lxc.nonsense = 1\nlxc.tty.max = x\nlxc.pty.max = 5\n",
                                             "f", {}, problems);
    ASSERT_EQ(problems.size(), 2u);
    EXPECT_EQ(problem_line(problems[0]), "f:1: error: lxc.nonsense: unknown key");
    EXPECT_EQ(problems[1].origin.line, 2);
    EXPECT_EQ(loaded.config.pty.max, 5);
}

TEST(Save, ALinkOfOursStaysALinkAndOneOfOthersIsNotFollowed) {
    const ConfigDir dir;
    dir.write("real", "lxc.tty.max = 1\n");
    const auto link = dir.path() / "link";
    std::filesystem::create_symlink("real", link);
    save_config(ConfigText("lxc.tty.max = 2\n"), link);
    EXPECT_TRUE(std::filesystem::is_symlink(link));
    EXPECT_EQ(sys::read_file(dir.path() / "real"), "lxc.tty.max = 2\n");
    if (::geteuid() != 0) GTEST_SKIP() << "only root can give a link to somebody else";
    ASSERT_EQ(::lchown(link.c_str(), 12345, 12345), 0);
    EXPECT_THAT(error_of([&] { save_config(ConfigText("lxc.tty.max = 3\n"), link); }),
                testing::HasSubstr("is a symbolic link of user id 12345 and is not followed"));
    EXPECT_EQ(sys::read_file(dir.path() / "real"), "lxc.tty.max = 2\n");
}
