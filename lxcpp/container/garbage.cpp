// SPDX-License-Identifier: Apache-2.0
#include "container/garbage.h"

#include "base/error.h"
#include "base/log.h"
#include "container/record.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <string_view>

namespace lxcpp {
namespace {

// ".trash-NAME-PID" of a destroy, ".create-NAME-PID" of a create, ".gone-NAME-PID" of a run that has ended.
void remove_trees(const std::filesystem::path& directory) {
    if (!sys::exists(directory)) return;
    const sys::RootedDir parent = sys::RootedDir::open(directory);
    for (const sys::DirEntry& entry : parent.list()) {
        const std::string& name = entry.name;
        if (!name.starts_with(".trash-") && !name.starts_with(".create-") && !name.starts_with(".gone-")) continue;
        const auto pid = std::strtol(name.c_str() + name.rfind('-') + 1, nullptr, 10);
        if (sys::start_time(static_cast<pid_t>(pid))) continue; // still at work
        parent.remove_tree(name);
    }
}

// ".NAME.lock": one that can be had has no holder; to let go of it removes it.
void remove_locks(const std::filesystem::path& directory) {
    if (!sys::exists(directory)) return;
    for (const std::string& name : sys::list_dir(directory)) {
        if (!name.starts_with('.') || !name.ends_with(".lock")) continue;
        (void)sys::FileLock::acquire(directory / name, std::chrono::milliseconds(0), true);
    }
    (void)sys::try_remove_dir(directory); // fails while anything is in it
}

void remove_claims(const Container::Impl& impl) {
    if (!sys::exists(inventory_file(impl.paths))) return;
    Inventory inventory = Inventory::open(inventory_file(impl.paths));
    const std::string boot = sys::boot_id();
    for (const ListedContainer& row : inventory.list(impl.lxcpath.string())) {
        const ContainerRecord& record = row.container;
        if (record.ready || sys::exists(impl.lxcpath / record.key.name)) continue;
        if (sys::is_alive({record.creator.pid, record.creator.start_time, record.creator.boot_id}, boot)) continue;
        inventory.remove_container(record.key);
    }
}

template <typename Step>
void attempt(const Container::Impl& impl, Step&& step) noexcept {
    try {
        step();
    } catch (const std::exception& error) {
        log::info("leftovers in {}: {}", impl.lxcpath.string(), error.what());
    }
}

} // namespace

void collect_garbage(const Container::Impl& impl) noexcept {
    attempt(impl, [&] { remove_trees(impl.lxcpath); });
    attempt(impl, [&] { remove_trees(impl.runtime().parent_path()); });
    attempt(impl, [&] { remove_locks(impl.runtime().parent_path()); });
    attempt(impl, [&] { remove_claims(impl); });
}

} // namespace lxcpp
