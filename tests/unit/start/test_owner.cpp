// SPDX-License-Identifier: Apache-2.0
#include "start/owner.h"

#include "support/temp_dir.h"

#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace lxcpp {
namespace {

std::optional<RuntimeOwner> owner_of(std::string_view text) {
    const test::TempDir dir;
    std::ofstream(dir / "owner") << text;
    return load_owner(dir.path());
}

TEST(Owner, IsTheProcessThatSavedIt) {
    const test::TempDir dir;
    EXPECT_FALSE(is_owned(dir.path()));
    save_owner(dir.path(), OwnerKind::Starter);
    const auto owner = load_owner(dir.path());
    ASSERT_TRUE(owner.has_value());
    EXPECT_EQ(owner->kind, OwnerKind::Starter);
    EXPECT_EQ(owner->process.pid, ::getpid());
    EXPECT_TRUE(is_owned(dir.path()));
}

TEST(Owner, IsNobodyWhenTheFileIsDamaged) {
    ASSERT_TRUE(owner_of("launcher 42 7 b\n").has_value());
    for (const char* text : {"", "launcher", "launcher 42 7", "launcher 42 7 b c", "keeper 42 7 b", "launcher -1 7 b",
                             "launcher x 7 b", "launcher 42 y b"}) {
        EXPECT_EQ(owner_of(text), std::nullopt) << text;
    }
}

// They would be other processes, or for kill(2) groups of processes.
TEST(Owner, IsNobodyWhenTheNumberIsNoProcess) {
    for (const char* text : {"starter 0 7 b", "starter 2147483648 7 b", "starter 4294967295 7 b", "starter 4294967338 7 b"}) {
        EXPECT_EQ(owner_of(text), std::nullopt) << text;
    }
}

} // namespace
} // namespace lxcpp
