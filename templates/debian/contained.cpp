// SPDX-License-Identifier: Apache-2.0
#include "debian/contained.h"

#include <lxcpp/one_shot.h>

namespace lxcpp::debian {

int run_contained(const ContainedRun& run) {
    return run_one_shot({.rootfs = run.rootfs, .argv = run.argv, .env = run.env, .log = run.log});
}

} // namespace lxcpp::debian
