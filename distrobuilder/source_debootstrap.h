// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/contained.h"
#include "distrobuilder/root_source.h"

#include <memory>

namespace lxcpp::distro {

// What debootstrap makes of a suite, by the bootstrapper of the debian template: its packages, and the few files that
// debootstrap adds (sources.list, hostname, resolv.conf, fstab). The host needs nothing of it.
[[nodiscard]] std::unique_ptr<RootSource> open_debootstrap_source(const SourceWork& work);
// run: for tests.
[[nodiscard]] std::unique_ptr<RootSource> open_debootstrap_source(const SourceWork& work, debian::RunContained run);

} // namespace lxcpp::distro
