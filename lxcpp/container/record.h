// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "container/impl.h"
#include "inventory/inventory.h"
#include "start/starter.h"

#include <optional>
#include <string>
#include <sys/stat.h>

namespace lxcpp {

// Notes in the inventory that must not stop what they are about: an inventory that cannot be written
// is logged, and `lxcpp inventory rebuild` brings it back.
void record_start(const Paths& paths, const ContainerKey& key, const StartReport& report, const std::string& event);
void record_state(const Paths& paths, const ContainerKey& key, State state, const std::string& event);
// Of the run of this init only. time_ms: when it was; the note comes after the word (milliseconds, wall clock).
struct Stop {
    sys::ProcessId init;
    std::optional<sys::ExitStatus> exit;
    std::int64_t time_ms = 0;
};
void record_stop(const Paths& paths, const ContainerKey& key, const Stop& stop);
void record_event(const Paths& paths, const ContainerKey& key, const std::string& event, const std::string& detail);

[[nodiscard]] bool forget_container(const Paths& paths, const ContainerKey& key); // and notes the destroy; false: logged

// A create that died left its claim on the name: removed when its process is gone and nothing is there.
void drop_stale_claim(Inventory& inventory, const Container::Impl& impl);
void release_claim(const Paths& paths, const ContainerKey& key);
// The create has succeeded; the marker of the root directory lets destroy recognise it.
void mark_ready(const Paths& paths, const ContainerKey& key, const std::optional<struct stat>& rootfs);

[[nodiscard]] std::filesystem::path inventory_file(const Paths& paths);

} // namespace lxcpp
