// SPDX-License-Identifier: Apache-2.0
#include "container/impl.h"
#include "start/owner.h"

#include "sys/file.h"

#include "support/error_of.h"
#include "support/temp_dir.h"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp {
namespace {

using test::error_of;
using testing::HasSubstr;

// A container that this very process is starting, for ever.
class StartClaim : public testing::Test {
protected:
    void SetUp() override {
        ::setenv("LXCPP_RUNTIME_DIR", (dir_ / "run").c_str(), 1);
        sys::make_dirs(lxcpath_ / "c1/rootfs", 0755);
        sys::write_file_atomic(lxcpath_ / "c1/config", "lxc.rootfs.path = dir:" + (lxcpath_ / "c1/rootfs").string() + "\n", 0644);
        const Container::Impl impl("c1", lxcpath_);
        runtime_ = impl.runtime();
        sys::make_dirs(runtime_, 0700);
        save_owner(runtime_, OwnerKind::Starter);
    }
    void TearDown() override { ::unsetenv("LXCPP_RUNTIME_DIR"); }

    std::string start() {
        StartOptions options;
        options.timeout = std::chrono::seconds(1);
        Container container("c1", lxcpath_);
        return error_of([&] { (void)container.start(options); });
    }

    test::TempDir dir_;
    std::filesystem::path lxcpath_ = dir_ / "containers";
    std::filesystem::path runtime_;
};

TEST_F(StartClaim, AStartWithoutEndIsNotWaitedForInVain) {
    EXPECT_THAT(start(), HasSubstr("another command has not started the container within 1 s"));
    EXPECT_TRUE(load_owner(runtime_)) << "the claim of the other is gone";
}

} // namespace
} // namespace lxcpp
