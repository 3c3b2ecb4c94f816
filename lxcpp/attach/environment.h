// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/attach.h>

#include "config/types.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

// NAME=VALUE list for an attached program. ours: the caller's environment.
[[nodiscard]] std::vector<std::string> attach_environment(const Config& config, const AttachOptions& options,
                                                          const std::vector<std::string>& ours);

struct PasswdEntry {
    std::string name;
    std::string home;
    std::string shell;
};
// The line of an /etc/passwd text with exactly this numeric id. Parsed here: the container's file must not
// get at our name service.
[[nodiscard]] std::optional<PasswdEntry> find_passwd(std::string_view passwd, uid_t uid);

// Where it begins: where the container's own program is, in a container for one program; else where we are, when that
// is there.
[[nodiscard]] std::string attach_directory(const Config& config);

} // namespace lxcpp
