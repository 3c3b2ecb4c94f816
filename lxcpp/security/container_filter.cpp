// SPDX-License-Identifier: Apache-2.0
#include "security/container_filter.h"

#include "config/load.h"
#include "security/seccomp_cache.h"
#include "security/seccomp_policy.h"
#include "security/seccomp_profile.h"

namespace lxcpp {

SeccompProgram container_filter(const Config& config, const std::filesystem::path& cache_dir) {
    const std::string& profile = config.seccomp.profile;
    if (profile == "none") return {};
    const SeccompPolicy policy = profile.empty() ? default_policy(default_policy_options(config))
                                                 : load_seccomp_profile(find_shared_file(profile));
    return compile_bpf_cached(policy, native_seccomp_archs(), cache_dir);
}

} // namespace lxcpp
