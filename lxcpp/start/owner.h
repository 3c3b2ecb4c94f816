// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/pidfd.h"

#include <filesystem>
#include <optional>

// Who is responsible for a runtime directory, in its file "owner": whether a container is on its way up
// or down is told by this process being alive, not by a socket whose queue anybody can fill.
namespace lxcpp {

enum class OwnerKind {
    Launcher, // the tool that claimed the name and has not made the starter yet
    Starter,  // starter, then monitor, then cleanup: one process id
};

struct RuntimeOwner {
    OwnerKind kind = OwnerKind::Launcher;
    sys::ProcessId process;
    bool operator==(const RuntimeOwner&) const = default;
};

// The calling process, by whose end the directory becomes a leftover.
void save_owner(const std::filesystem::path& runtime, OwnerKind kind);
// nullopt when there is none, or the file is damaged: then nobody is.
[[nodiscard]] std::optional<RuntimeOwner> load_owner(const std::filesystem::path& runtime);
// Somebody is, and lives.
[[nodiscard]] bool is_owned(const std::filesystem::path& runtime);
// The same. A starter or monitor that somebody stopped (SIGSTOP) goes on: it would keep every command waiting.
bool keep_owner_going(const std::filesystem::path& runtime);

} // namespace lxcpp
