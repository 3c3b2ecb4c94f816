// SPDX-License-Identifier: Apache-2.0
#include "base/paths.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <unistd.h>

using namespace lxcpp;
using test::error_of;

namespace {

class Variable { // set for one test
public:
    Variable(const char* name, const char* value) : name_(name) {
        if (const char* old = ::getenv(name)) old_ = old;
        ::setenv(name, value, 1);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() {
        if (old_)
            ::setenv(name_, old_->c_str(), 1);
        else
            ::unsetenv(name_);
    }

private:
    const char* name_;
    std::optional<std::string> old_;
};

std::string name_error(std::string_view name) {
    return error_of([&] { check_container_name(name); });
}

} // namespace

TEST(Paths, AVariableMovesItsDirectoryAndNoOther) {
    const Variable state("LXCPP_STATE_DIR", "/somewhere/else");
    const Paths paths = default_paths();
    EXPECT_EQ(paths.state, "/somewhere/else");
    EXPECT_NE(paths.cache, "/somewhere/else");
}

TEST(Paths, ARelativeVariableIsAnError) {
    const Variable state("LXCPP_STATE_DIR", "state");
    EXPECT_EQ(error_of([] { (void)default_paths(); }),
              "LXCPP_STATE_DIR must be an absolute path, not \"state\"");
}

TEST(Paths, RootUsesTheSystemsDirectories) {
    if (::geteuid() != 0) GTEST_SKIP() << "runs as root only";
    const Variable state("LXCPP_STATE_DIR", "");
    const Paths paths = default_paths();
    EXPECT_EQ(paths.config, "/etc/lxcpp");
    EXPECT_EQ(paths.state, "/var/lib/lxcpp");
    EXPECT_EQ(paths.runtime, "/run/lxcpp");
}

TEST(Paths, OneLxcpathHasOneRuntimeDirectory) {
    Paths paths;
    paths.runtime = "/run/lxcpp";
    const auto dir = runtime_dir(paths, "/var/lib/lxcpp", "c1");
    EXPECT_EQ(dir.parent_path().parent_path(), "/run/lxcpp");
    EXPECT_EQ(dir.parent_path().filename().native().size(), 16u);
    EXPECT_EQ(dir.filename(), "c1");
    EXPECT_EQ(runtime_dir(paths, "/var/lib/lxcpp/", "c1"), dir);
    EXPECT_EQ(runtime_dir(paths, "/var//lib/./lxcpp", "c1"), dir);
    EXPECT_NE(runtime_dir(paths, "/var/lib/other", "c1"), dir);
}

TEST(ContainerName, AcceptsUsualNames) {
    for (const std::string& name : {std::string("c1"), std::string("web-01.example_a"),
                                    std::string("_x"), std::string("9"), std::string(64, 'a')}) {
        EXPECT_EQ(name_error(name), "") << name;
    }
}

TEST(ContainerName, SaysWhichRuleIsBroken) {
    EXPECT_EQ(name_error(""), "\"\" is not a container name: it is empty");
    EXPECT_EQ(name_error(".."),
              "\"..\" is not a container name: it must begin with a letter, a digit or '_'");
    EXPECT_EQ(name_error("-rf"),
              "\"-rf\" is not a container name: it must begin with a letter, a digit or '_'");
    EXPECT_EQ(name_error("a/b"),
              "\"a/b\" is not a container name: only letters, digits, '.', '_' and "
              "'-' are allowed");
    EXPECT_EQ(name_error("a\nb"),
              "\"a\\x0ab\" is not a container name: only letters, digits, '.', '_' "
              "and '-' are allowed");
    EXPECT_EQ(name_error(std::string(65, 'a')),
              "\"" + std::string(64, 'a') +
                  "\" is not a container name: it is longer than 64 "
                  "bytes");
    EXPECT_NE(name_error(std::string_view("a\0b", 3)), "");
    EXPECT_NE(name_error("ü"), "");
}
