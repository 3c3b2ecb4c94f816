// SPDX-License-Identifier: Apache-2.0
#include "container/garbage.h"

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "container/record.h"
#include "network/bridge_port.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <string_view>

namespace lxcpp {
namespace {

struct Leftover {
    std::string entry; // ".trash-NAME-PID" and its like
    std::string name;  // of the container
};

// PREFIX, the container's name and the pid of a process that does not live any more.
std::optional<Leftover> leftover(const std::string& entry, std::string_view prefix) {
    const std::size_t dash = entry.rfind('-');
    if (!entry.starts_with(prefix) || dash < prefix.size()) return std::nullopt;
    const auto pid = parse_u64(std::string_view(entry).substr(dash + 1));
    if (!pid || sys::start_time(static_cast<pid_t>(*pid))) return std::nullopt; // still at work
    return Leftover{entry, entry.substr(prefix.size(), dash - prefix.size())};
}

std::vector<Leftover> leftovers(const std::filesystem::path& directory, std::string_view prefix) {
    std::vector<Leftover> found;
    if (!sys::exists(directory)) return found;
    for (const std::string& entry : sys::list_dir(directory)) {
        if (auto one = leftover(entry, prefix)) found.push_back(std::move(*one));
    }
    return found;
}

void remove_trees(const std::filesystem::path& directory, std::string_view prefix) {
    for (const Leftover& left : leftovers(directory, prefix)) {
        sys::RootedDir::open(directory).remove_tree(left.entry);
    }
}

// The directory of a destroy stays until its row is gone: where only the row is left, nobody could tell whether
// the container was destroyed or its lxcpath is not mounted.
void finish_destroys(const Container::Impl& impl) {
    for (const Leftover& left : leftovers(impl.lxcpath, kTrashPrefix)) {
        const bool made_again = sys::exists(impl.lxcpath / left.name);
        finish_destroy(impl, left.entry, made_again ? std::string() : left.name);
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

// Only the usual place makes it lxcpp-create's for sure; the configuration may have been edited since.
void complete_claim(Inventory& inventory, const Container::Impl& impl, const ContainerKey& key) {
    const auto root = sys::stat_path(impl.lxcpath / key.name / "rootfs", false);
    inventory.set_ready(key, root ? root->st_dev : 0, root ? root->st_ino : 0);
}

void settle_all_claims(const Container::Impl& impl) {
    if (!sys::exists(inventory_file(impl.paths))) return;
    Inventory inventory = Inventory::open(inventory_file(impl.paths));
    settle_claims(inventory, impl);
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

void settle_claims(Inventory& inventory, const Container::Impl& impl) {
    const std::string boot = sys::boot_id();
    for (const ContainerRecord& record : inventory.unfinished(impl.lxcpath.string())) {
        if (sys::is_alive({record.creator.pid, record.creator.start_time, record.creator.boot_id}, boot)) continue;
        if (sys::exists(impl.lxcpath / record.key.name)) complete_claim(inventory, impl, record.key);
        else inventory.remove_container(record.key);
    }
}

namespace {

void forget_addresses(const Container::Impl& impl, const std::string& name) {
    try {
        forget_container_addresses(impl.paths, impl.lxcpath.string(), name);
    } catch (const Error& error) { // its name may be given again, and keeps them then
        log::warn("the addresses of {} stay reserved: {}", name, error.what());
    }
}

} // namespace

void finish_destroy(const Container::Impl& impl, const std::string& trash, const std::string& name) {
    const sys::RootedDir parent = sys::RootedDir::open(impl.lxcpath);
    parent.remove_tree(trash, true);
    if (!name.empty()) forget_addresses(impl, name);
    // The next create or destroy tries again: the directory is how it knows.
    if (!name.empty() && !forget_container(impl.paths, {impl.lxcpath.string(), name})) return;
    parent.remove_tree(trash);
}

void collect_garbage(const Container::Impl& impl, bool claims) noexcept {
    const std::filesystem::path runtimes = impl.runtime().parent_path();
    attempt(impl, [&] { finish_destroys(impl); });
    attempt(impl, [&] { remove_trees(impl.lxcpath, kConstructionPrefix); });
    attempt(impl, [&] { remove_trees(runtimes, kGonePrefix); });
    attempt(impl, [&] { remove_locks(runtimes); });
    if (claims) attempt(impl, [&] { settle_all_claims(impl); });
}

} // namespace lxcpp
