// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/mount.h"
#include "sys/namespace.h"

#include <gtest/gtest.h>

#include <sched.h>

namespace lxcpp::test {

// Tests that mount: in a mount namespace of their own, which ends with the test program.
class PrivateMounts : public testing::Test {
protected:
    static void SetUpTestSuite() {
        sys::unshare_namespaces(CLONE_NEWNS);
        sys::make_mounts_private();
    }
};

} // namespace lxcpp::test
