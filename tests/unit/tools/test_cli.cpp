// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/list_filter.h"

#include <lxcpp/error.h>

#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <exception>
#include <new>

namespace lxcpp::tools {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A command line as a tool sees it.
class Parsed {
public:
    explicit Parsed(std::vector<std::string> words, Cli::Name name = Cli::Name::Required)
        : cli("lxcpp-test", "A test.", "[-n NAME]", name) {
        cli.optional_value("-e,--elevated-privileges", elevated, "all", "help");
        cli.option("-t,--timeout", timeout, "help");
        cli.option("-s,--define", defines, "help");
        cli.flag("-k,--kill", kill, "help");
        words.insert(words.begin(), "lxcpp-test");
        std::vector<char*> argv;
        for (std::string& word : words) argv.push_back(word.data());
        testing::internal::CaptureStderr();
        code = cli.parse(static_cast<int>(argv.size()), argv.data());
        said = testing::internal::GetCapturedStderr();
    }

    Cli cli;
    std::string elevated;
    std::string timeout;
    std::vector<std::string> defines;
    bool kill = false;
    std::optional<int> code;
    std::string said;
};

TEST(Cli, TheNameIsAnOptionOrTheFirstWord) {
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"-n", "c1"}, {"-nc1"}, {"--name", "c1"}, {"--name=c1"}, {"c1"}, {"-k", "c1"}, {"c1", "-k"}}) {
        const Parsed parsed(words);
        EXPECT_EQ(parsed.code, std::nullopt) << parsed.said;
        EXPECT_EQ(parsed.cli.name(), "c1");
        EXPECT_THAT(parsed.cli.words(), IsEmpty());
    }
}

TEST(Cli, AMissingNameIsAnError) {
    const Parsed parsed({"-k"});
    EXPECT_EQ(parsed.code, 1);
    EXPECT_EQ(parsed.said, "lxcpp-test: No container name specified\n");
    EXPECT_EQ(Parsed({"-k"}, Cli::Name::None).code, std::nullopt);
}

TEST(Cli, ACommandFollowsTwoDashes) {
    const Parsed named({"-n", "c1", "--", "ls", "-l", "--", "-k", "--name=x"});
    EXPECT_EQ(named.cli.name(), "c1");
    EXPECT_THAT(named.cli.words(), ElementsAre("ls", "-l", "--", "-k", "--name=x"));
    EXPECT_FALSE(named.kill);
    const Parsed first({"c1", "-k", "--", "ls", "-e"});
    EXPECT_EQ(first.cli.name(), "c1");
    EXPECT_THAT(first.cli.words(), ElementsAre("ls", "-e"));
    EXPECT_TRUE(first.kill);
    EXPECT_EQ(first.elevated, "");
}

// Words of a command reach the container as they were typed.
TEST(Cli, WordsAreNotInterpreted) {
    const std::vector<std::string> words{"[a,b]", "[]", "[x]", "", "a,b", "{}", "'q'", "\"q\"", "a=b", "%%", "[", "]", "\\n"};
    std::vector<std::string> line{"-n", "c1", "--"};
    line.insert(line.end(), words.begin(), words.end());
    EXPECT_EQ(Parsed(line).cli.words(), words);
}

TEST(Cli, ValuesAreNotInterpreted) {
    const Parsed parsed({"-n", "c1", "-s", "lxc.a=[x,y]", "-s", "[x,y]", "--define=a,b", "-t", "[1]"});
    EXPECT_THAT(parsed.defines, ElementsAre("lxc.a=[x,y]", "[x,y]", "a,b"));
    EXPECT_EQ(parsed.timeout, "[1]");
}

TEST(Cli, AnOptionalValueIsAttached) {
    EXPECT_EQ(Parsed({"-n", "c1", "-e"}).elevated, "all");
    EXPECT_EQ(Parsed({"-n", "c1", "-eCAP"}).elevated, "CAP");
    EXPECT_EQ(Parsed({"-n", "c1", "-e=CAP"}).elevated, "CAP");
    EXPECT_EQ(Parsed({"-n", "c1", "--elevated-privileges"}).elevated, "all");
    EXPECT_EQ(Parsed({"-n", "c1", "--elevated-privileges=CAP|LSM"}).elevated, "CAP|LSM");
    const Parsed parsed({"-n", "c1", "-e", "word"});
    EXPECT_EQ(parsed.elevated, "all");
    EXPECT_THAT(parsed.cli.words(), ElementsAre("word"));
}

TEST(Cli, ANegativeNumberIsAValue) {
    EXPECT_EQ(Parsed({"-n", "c1", "-t", "-1"}).timeout, "-1");
    EXPECT_EQ(Parsed({"-n", "c1", "-t-1"}).timeout, "-1");
    EXPECT_EQ(Parsed({"-n", "c1", "--timeout=-1"}).timeout, "-1");
}

TEST(Cli, AnUnknownOptionIsAnErrorThatNamesIt) {
    const Parsed parsed({"-n", "c1", "--kull"});
    EXPECT_EQ(parsed.code, 1);
    EXPECT_NE(parsed.said.find("lxcpp-test: unrecognized option '--kull'"), std::string::npos) << parsed.said;
    EXPECT_NE(parsed.said.find("Usage: lxcpp-test [-n NAME]\n"), std::string::npos) << parsed.said;
}

TEST(Cli, LongNamesMayBeShortenedAndShortOnesStandTogether) {
    const Parsed parsed({"--na", "c1", "--timeo=5", "-qkt", "7", "--def", "a=b"});
    EXPECT_EQ(parsed.code, std::nullopt) << parsed.said;
    EXPECT_EQ(parsed.cli.name(), "c1");
    EXPECT_EQ(parsed.timeout, "7"); // the last one counts
    EXPECT_TRUE(parsed.kill && parsed.cli.quiet());
    EXPECT_THAT(parsed.defines, ElementsAre("a=b"));
    const Parsed either({"c1", "--log", "x"});
    EXPECT_EQ(either.code, 1);
    EXPECT_NE(either.said.find("ambiguous; possibilities: '--logfile' '--logpriority'"), std::string::npos) << either.said;
}

TEST(Cli, AValueIsNeededAndMayLookLikeAnOption) {
    EXPECT_EQ(Parsed({"c1", "-t"}).code, 1);
    EXPECT_EQ(Parsed({"c1", "--kill=yes"}).code, 1);
    EXPECT_EQ(Parsed({"c1", "-t", "--"}).timeout, "--");
    EXPECT_EQ(Parsed({"c1", "-t", "-k"}).timeout, "-k");
    EXPECT_EQ(Parsed({"c1", "--timeout=", "x"}).timeout, "");
    EXPECT_EQ(Parsed({"-n", "[a,b]"}).cli.name(), "[a,b]");
}

TEST(Cli, HelpNamesEachOptionAsItIsTyped) {
    const Parsed parsed({"-h"});
    EXPECT_NE(parsed.said.find("\n  -n, --name=NAME "), std::string::npos) << parsed.said;
    EXPECT_NE(parsed.said.find("\n  -e, --elevated-privileges[=ELEVATED-PRIVILEGES]\n"), std::string::npos) << parsed.said;
}

TEST(Cli, HelpNeedsNoName) {
    for (const char* word : {"-h", "-?", "--help", "--usage"}) {
        const Parsed parsed({word});
        EXPECT_EQ(parsed.code, 0) << word;
        EXPECT_EQ(parsed.said.rfind("Usage: lxcpp-test [-n NAME]\n", 0), 0U) << parsed.said;
    }
}

TEST(Cli, AnUnknownLogLevelIsNamed) {
    EXPECT_EQ(Parsed({"-n", "c1", "-l", "LOUD"}).said, "lxcpp-test: -l LOUD: no such log level\n");
}

struct Outcome {
    int code;
    std::string said;
};

Outcome run(std::vector<std::string> words, const std::function<int(Cli&)>& body) {
    Cli cli("lxcpp-test", "A test.", "");
    words.insert(words.begin(), "lxcpp-test");
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    testing::internal::CaptureStderr();
    const int code = run_tool(cli, static_cast<int>(argv.size()), argv.data(), body);
    return {code, testing::internal::GetCapturedStderr()};
}

TEST(RunTool, ReturnsWhatTheBodyReturns) { EXPECT_EQ(run({"c1"}, [](Cli&) { return 3; }).code, 3); }

TEST(RunTool, SaysWhoAndWhat) {
    const Outcome result = run({"c1"}, [](Cli&) -> int { throw Error("it broke"); });
    EXPECT_EQ(result.code, 1);
    EXPECT_EQ(result.said, "lxcpp-test: c1: it broke\n");
}

TEST(RunTool, AProgramInsideHasAnExitCode) {
    EXPECT_EQ(run({"c1"}, [](Cli&) -> int { throw ProgramError("x", 127); }).code, 127);
}

TEST(RunTool, IsQuietWhenAsked) {
    EXPECT_EQ(run({"-q", "c1"}, [](Cli&) -> int { throw Error("it broke"); }).said, "");
}

TEST(RunTool, ANameCannotDriveTheTerminal) {
    EXPECT_EQ(run({"c\x1b[2J"}, [](Cli&) -> int { throw Error("x"); }).said, "lxcpp-test: c\\x1b[2J: x\n");
}

TEST(Timeout, IsSecondsOrForEver) {
    EXPECT_EQ(parse_timeout("0"), std::chrono::seconds(0));
    EXPECT_EQ(parse_timeout("60"), std::chrono::seconds(60));
    EXPECT_EQ(parse_timeout("-1"), std::nullopt);
    for (const char* bad : {"", "-2", "5s", " 5", "1000000001", "99999999999999999999"}) {
        EXPECT_EQ(test::error_of([&] { (void)parse_timeout(bad); }),
                  "-t " + std::string(bad) + ": expected seconds, or -1 to wait for ever");
    }
}

TEST(Lists, AreSplitAtCommas) {
    EXPECT_THAT(split_list(" a ,,b,"), ElementsAre("a", "b"));
    EXPECT_THAT(split_list(""), IsEmpty());
}

TEST(Cli, RefusedMemoryEndsAToolWithAWordAndWithoutACoreDump) {
    const auto outside_of_run_tool = [] {
        const Cli cli("lxcpp-test", "A test.", "[-n NAME]");
        try {
            throw std::bad_alloc();
        } catch (...) {
            std::terminate();
        }
    };
    EXPECT_EXIT(outside_of_run_tool(), testing::ExitedWithCode(1), ": out of memory\n");
}

TEST(Cli, RefusedMemoryInTheBodyIsToldAsSuch) {
    Cli cli("lxcpp-test", "A test.", "", Cli::Name::None);
    char program[] = "lxcpp-test";
    char* argv[] = {program, nullptr};
    testing::internal::CaptureStderr();
    EXPECT_EQ(1, run_tool(cli, 1, argv, [](Cli&) -> int { throw std::bad_alloc(); }));
    EXPECT_THAT(testing::internal::GetCapturedStderr(), testing::EndsWith(": out of memory\n"));
}

} // namespace
} // namespace lxcpp::tools
