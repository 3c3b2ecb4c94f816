// SPDX-License-Identifier: Apache-2.0
// A command socket that somebody else listens at: what it would say of a container is not believed.
#include "monitor/client.h"

#include "support/error_of.h"
#include "support/temp_dir.h"

#include "sys/file.h"
#include "sys/socket.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr uid_t kNobody = 65534;

TEST(ForeignMonitor, IsNotBelieved) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    const test::TempDir dir;
    sys::chmod(dir.path(), 0777);
    // The kernel notes who listens, not who connects.
    ASSERT_EQ(::seteuid(kNobody), 0);
    const Fd socket = sys::listen_at(dir / "socket");
    ASSERT_EQ(::seteuid(0), 0);
    const std::string error = test::error_of([&] { (void)MonitorClient::connect(dir.path()); });
    EXPECT_NE(error.find("belongs to uid 65534, and it is not believed"), std::string::npos) << error;
}

TEST(ForeignMonitor, RootsOwnIs) {
    if (::geteuid() != 0) GTEST_SKIP() << "needs root";
    const test::TempDir dir;
    const Fd socket = sys::listen_at(dir / "socket");
    EXPECT_TRUE(MonitorClient::connect(dir.path()).has_value());
}

} // namespace
} // namespace lxcpp
