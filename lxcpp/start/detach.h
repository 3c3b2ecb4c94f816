// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <filesystem>
#include <functional>
#include <span>

// Making the one long-lived process of a container out of a tool that ends.
namespace lxcpp {

// Runs body in a grandchild, so that the caller is nobody's parent; where body returns or throws, the grandchild
// exits with 1. Single-threaded callers only.
void fork_detached(const std::function<void()>& body);

// In that process: a session of its own below "/", no blocked signals.
void leave_caller();
// Standard input from /dev/null; output and error to a file, or /dev/null when output is empty.
void detach_stdio(const std::filesystem::path& output);
// Closes all descriptors but 0, 1, 2 and these; those that are not valid do not count.
void keep_only(std::span<const FdRef> fds);

} // namespace lxcpp
