// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/root_source.h"
#include "distrobuilder/source.h"

#include <memory>

namespace lxcpp::distro {

// OpenWrt: the second partition of its disk image for UEFI machines. The boot partition before it is for machines, and is left out.
[[nodiscard]] std::unique_ptr<RootSource> open_openwrt_source(const SourceWork& work);

// Which image it is: a release, the newest service release of "24.10", or "snapshot".
[[nodiscard]] SourceArchive plan_openwrt(const SourceRequest& request);

} // namespace lxcpp::distro
