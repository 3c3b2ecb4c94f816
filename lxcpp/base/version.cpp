// SPDX-License-Identifier: Apache-2.0
#include <lxcpp/version.h>

namespace lxcpp {

const char* version() noexcept { return LXCPP_VERSION; }

} // namespace lxcpp
