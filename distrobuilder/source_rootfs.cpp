// SPDX-License-Identifier: Apache-2.0
// Any archive of a root file system, at a URL or in a file.
#include "distrobuilder/source.h"

namespace lxcpp::distro {

SourcePlan plan_rootfs(const SourceRequest& request) { return {.archives = {{.url = request.base(), .from_anywhere = true}}}; }

} // namespace lxcpp::distro
