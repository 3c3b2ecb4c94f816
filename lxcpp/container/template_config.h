// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/load.h"
#include "config/text.h"

#include <filesystem>
#include <functional>
#include <string>

namespace lxcpp {

// A container's configuration before and after its template, which may have written anything into it.
struct TemplateConfig {
    const ConfigText& before;
    const ConfigText& after;
    std::filesystem::path file; // its place in the end
    LoadOptions load;
};

// The configuration that came of it. Throws Error when the template chose the ids of the host that the container has
// (lxc.idmap, in whatever way), or included a file that others than root may change.
[[nodiscard]] Config accept_template_config(const TemplateConfig& config);

// One line for each assignment that the template added or removed, a hundred at most.
void tell_template_config(const TemplateConfig& config, const std::function<void(const std::string&)>& note);

} // namespace lxcpp
