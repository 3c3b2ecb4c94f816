// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "security/seccomp_policy.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace lxcpp {

// LXC's profile files: line 1 the format ("1" or "2"), line 2 "allowlist" or "denylist" with an
// optional default action, then (1) syscall numbers or (2) "NAME [ACTION] [ARGUMENT RULES]" lines and
// "[ARCHITECTURE]" sections. Throws ConfigError with file and line.
[[nodiscard]] SeccompPolicy parse_seccomp_profile(std::string_view text, const std::string& file);
[[nodiscard]] SeccompPolicy load_seccomp_profile(const std::filesystem::path& file);

} // namespace lxcpp
