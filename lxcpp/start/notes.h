// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace lxcpp {

// What is to be said of this start to whoever waits for it: added to the runtime directory's file,
// a line each, and logged.
void add_start_notes(const std::filesystem::path& runtime, const std::vector<std::string>& notes);

} // namespace lxcpp
