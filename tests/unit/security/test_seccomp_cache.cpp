// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"
#include "security/seccomp_cache.h"
#include "security/seccomp_profile.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

#include <gtest/gtest.h>

#include <sys/stat.h>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;

class SeccompCache : public ::testing::Test {
protected:
    SeccompProgram cached(const SeccompPolicy& policy) { return compile_bpf_cached(policy, archs_, dir_.path()); }
    SeccompProgram cached() { return cached(policy_); }

    fs::path entry() const {
        const auto names = sys::list_dir(dir_.path() / "seccomp");
        return names.size() == 1 ? dir_.path() / "seccomp" / names[0] : fs::path();
    }

    // What only a use of the cache can return.
    std::string forged() const {
        const std::string content = "\nforged!!";
        return "lxcpp-seccomp-3\n" + sha256_hex(content) + '\n' + content;
    }
    static std::string text(const SeccompProgram& program) { return {program.bpf.begin(), program.bpf.end()}; }

    sys::TempDir dir_{fs::temp_directory_path(), "lxcpp-test-"};
    SeccompPolicy policy_ = parse_seccomp_profile("2\ndenylist\nreboot errno 1\nno_such_call\n", "p");
    std::vector<SeccompArch> archs_ = native_seccomp_archs();
    SeccompProgram right_ = compile_bpf(policy_, archs_);
};

TEST_F(SeccompCache, KeepsWhatItCompiled) {
    EXPECT_EQ(cached(), right_);
    ASSERT_FALSE(entry().empty());
    EXPECT_EQ(sys::stat_path(entry())->st_mode & 0777u, 0600u);
    EXPECT_EQ(cached(), right_);
    sys::write_file_atomic(entry(), forged(), 0600);
    EXPECT_EQ(text(cached()), "forged!!"); // it does read the file
}

TEST_F(SeccompCache, TellsPoliciesApart) {
    static_cast<void>(cached());
    EXPECT_EQ(cached(default_policy()), compile_bpf(default_policy(), archs_));
    const std::vector<SeccompArch> one = {archs_[0]};
    EXPECT_EQ(compile_bpf_cached(policy_, one, dir_.path()), compile_bpf(policy_, one));
    EXPECT_EQ(sys::list_dir(dir_.path() / "seccomp").size(), 3u);
}

TEST_F(SeccompCache, ReplacesADamagedEntry) {
    static_cast<void>(cached());
    const std::string whole = sys::read_file(entry());
    for (const std::size_t at : {std::size_t{0}, std::size_t{20}, whole.size() / 2, whole.size() - 1}) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        sys::write_file_atomic(entry(), damaged, 0600);
        EXPECT_EQ(cached(), right_) << at;
        EXPECT_EQ(sys::read_file(entry()), whole) << at;
    }
    sys::write_file_atomic(entry(), whole.substr(0, whole.size() / 2), 0600);
    EXPECT_EQ(cached(), right_);
    sys::write_file_atomic(entry(), "", 0600);
    EXPECT_EQ(cached(), right_);
}

TEST_F(SeccompCache, DoesNotBelieveAFileThatOthersMayWrite) {
    static_cast<void>(cached());
    sys::write_file_atomic(entry(), forged(), 0600);
    sys::chmod(entry(), 0660);
    EXPECT_EQ(cached(), right_);
    EXPECT_EQ(sys::stat_path(entry())->st_mode & 0777u, 0600u);
}

TEST_F(SeccompCache, DoesNotFollowALink) {
    static_cast<void>(cached());
    const fs::path path = entry();
    sys::write_file_atomic(dir_.path() / "elsewhere", forged(), 0600);
    sys::remove_file(path);
    fs::create_symlink(dir_.path() / "elsewhere", path);
    EXPECT_EQ(cached(), right_);
    sys::remove_file(path);
    fs::create_hard_link(dir_.path() / "elsewhere", path);
    EXPECT_EQ(cached(), right_);
}

TEST_F(SeccompCache, DoesNotBelieveADirectoryThatOthersMayWrite) {
    static_cast<void>(cached());
    sys::write_file_atomic(entry(), forged(), 0600);
    sys::chmod(dir_.path() / "seccomp", 0777);
    EXPECT_EQ(cached(), right_);
}

TEST_F(SeccompCache, WorksWithoutACache) {
    sys::write_file_atomic(dir_.path() / "file", "");
    EXPECT_EQ(compile_bpf_cached(policy_, archs_, dir_.path() / "file"), right_);
}

} // namespace
} // namespace lxcpp
