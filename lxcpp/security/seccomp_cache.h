// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "security/seccomp_bpf.h"

#include <filesystem>
#include <span>

namespace lxcpp {

// compile_bpf() through files in cache_dir/seccomp, named by the digest of policy, architectures and
// library version. An entry that is not a regular file of ours alone, or whose checksum is wrong, is
// not used but replaced; a cache that cannot be written is no error.
[[nodiscard]] SeccompProgram compile_bpf_cached(const SeccompPolicy& policy,
                                                std::span<const SeccompArch> archs,
                                                const std::filesystem::path& cache_dir);

} // namespace lxcpp
