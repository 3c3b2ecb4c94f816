// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/types.h"
#include "security/seccomp_bpf.h"

#include <filesystem>

namespace lxcpp {

// What a container's processes run under: lxc.seccomp.profile, the built-in policy without one, an empty program
// for "none". Compiled through cache_dir, see compile_bpf_cached(). Throws Error for a profile that is wrong.
[[nodiscard]] SeccompProgram container_filter(const Config& config, const std::filesystem::path& cache_dir);

} // namespace lxcpp
