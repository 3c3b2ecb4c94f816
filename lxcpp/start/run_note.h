// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "sys/pidfd.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

// Who runs a container, in the file ".running" of the container's own directory. A runtime directory is one user's, or
// one login's: whoever has another one (root, who looks at a user's containers; the same user after su) would take the
// container for stopped, and start a second init on its files or remove them. The note is believed as far as the kernel
// confirms it: boot, process and its start time. Whoever owns the container's directory can forge one; all that comes of
// it is that others leave the container alone.
namespace lxcpp {

struct RunNote {
    sys::ProcessId init;  // pid -1: not there yet
    sys::ProcessId owner; // starter, then monitor, then clean-up; pid -1: somebody claims the container at this moment
    uid_t uid = 0;        // of who started it
    std::filesystem::path runtime; // their runtime directory of the container
    dev_t device = 0;     // the directory that it was written in: a copy of it does not run
    ino_t inode = 0;
    bool operator==(const RunNote&) const = default;
};

[[nodiscard]] std::string print_run_note(const RunNote& note);
[[nodiscard]] std::optional<RunNote> parse_run_note(std::string_view text); // nullopt: damaged

// nullopt when nobody runs the container, as far as its directory tells; one that is not there, or that we may not look
// at, tells nothing. Never throws for what somebody may have put there.
[[nodiscard]] std::optional<RunNote> read_run_note(const std::filesystem::path& directory);
[[nodiscard]] bool init_lives(const RunNote& note);
// "user anna (1000) runs it with the runtime directory /run/user/1000/lxcpp (process 4711)", and what to do.
[[nodiscard]] std::string run_note_text(const RunNote& note, const std::filesystem::path& directory);

// The right to run the container, or to take its files away, which nobody else has as long as a copy of the descriptor
// is open. why_not: where no note can be kept (a read-only or full file system); empty for a container without directory.
struct RunClaim {
    Fd note;
    std::string why_not;
};
// Throws StateError Busy, with run_note_text(), when somebody else runs it or is about to.
[[nodiscard]] RunClaim claim_run(const std::filesystem::path& directory);
// The claim becomes a note, for everybody to read; it needs no descriptor from then on.
void write_run_note(const std::filesystem::path& directory, Fd claim, RunNote note);
// What this process has to say of a container that runs already: it is the monitor now, or cleans up. Never throws.
void renew_run_note(const std::filesystem::path& directory, const std::filesystem::path& runtime, const sys::ProcessId& init) noexcept;
// Only a note of this runtime directory. Never throws.
void remove_run_note(const std::filesystem::path& directory, const std::filesystem::path& runtime) noexcept;

} // namespace lxcpp
