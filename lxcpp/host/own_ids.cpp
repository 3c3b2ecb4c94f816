// SPDX-License-Identifier: Apache-2.0
#include "host/own_ids.h"

#include "base/error.h"
#include "base/strings.h"
#include "host/id_helpers.h"
#include "host/id_map.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/namespace.h"
#include "sys/own_file.h"
#include "sys/spawn.h"

#include <cerrno>
#include <chrono>
#include <fmt/core.h>
#include <sched.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace lxcpp {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostNote = 4096;

std::string command_that_gives(const IdSources& sources) {
    const auto free = find_free_subids(sources);
    const std::string range = free ? fmt::format("{}-{}", free->first, free->end() - 1) : "FIRST-LAST";
    return fmt::format("root gives some with: usermod --add-subuids {0} --add-subgids {0} {1}", range, printable(sources.user));
}

[[noreturn]] void refuse(const IdSources& sources) {
    const bool none = subid_ranges(sources.subuid, sources.user, sources.uid).empty() &&
                      subid_ranges(sources.subgid, sources.user, sources.uid).empty();
    throw Error(fmt::format("the files of a root file system belong to {} ids, and {}: {}", kIdsPerContainer,
                            none ? fmt::format("{} has no subordinate ones in /etc/subuid and /etc/subgid", printable(sources.user))
                                 : fmt::format("/etc/subuid and /etc/subgid do not both give as many to {} alone", printable(sources.user)),
                            command_that_gives(sources)));
}

bool fits(const IdRange& ids, const RangePool& pool) { return IdMap({{0, ids.first, ids.count}}).fits(pool.ranges); }

std::optional<IdRange> read_note(const std::filesystem::path& file) {
    const auto text = sys::read_own_file_if_exists(file, kMostNote);
    if (!text) return std::nullopt;
    const IdMap map = with_context(file.string(), [&] { return parse_id_map(*text); });
    if (map.mappings().size() == 1 && map.covers(kIdsPerContainer)) return IdRange{*map.to_host(0), kIdsPerContainer};
    throw Error(file.string() + ": expected one line, 0 FIRST 65536");
}

// Our own id is beyond those of root file systems.
IdMap map_with(const IdRange& ids, std::uint32_t own) { return IdMap({{0, ids.first, ids.count}, {kOwnUserInside, own, 1}}); }

std::vector<std::string> helper_words(const char* helper, pid_t pid, const IdMap& map) {
    std::vector<std::string> words{helper, std::to_string(pid)};
    for (const IdMapping& line : map.mappings()) {
        for (const std::uint32_t number : {line.inside, line.host, line.count}) words.push_back(std::to_string(number));
    }
    return words;
}

// The process is a child of ours that nobody has waited for: its number cannot mean another one.
void write_map(const char* helper, pid_t pid, const IdMap& map) {
    if (!sys::exists(helper)) {
        throw Error(fmt::format("{} is not there, without which only root can use subordinate ids: install the package uidmap", helper));
    }
    const sys::RunResult result = sys::run_and_capture({.argv = helper_words(helper, pid, map), .env = std::vector<std::string>()}, 30s);
    if (result.status == sys::ExitStatus{}) return;
    throw Error(fmt::format("{} (which must be setuid root, where programs may gain rights): {}", helper, printable(trim(result.output))));
}

Fd make_own_namespace(const IdRange& ids) {
    return sys::make_user_namespace([&ids](pid_t pid) {
        write_map(kNewUidMap, pid, map_with(ids, ::geteuid()));
        write_map(kNewGidMap, pid, map_with(ids, ::getegid()));
    });
}

} // namespace

IdRange choose_own_ids(const IdSources& sources, const std::optional<IdRange>& before) {
    const RangePool pool = choose_range_pool(sources);
    if (before && fits(*before, pool)) return *before;
    if (before) {
        throw Error(fmt::format("the files of the store belong to the ids {}-{}, which /etc/subuid and /etc/subgid do not both give to {} alone any "
                                "more: only root can remove them", before->first, before->end() - 1, printable(sources.user)));
    }
    if (pool.ranges.empty()) refuse(sources);
    return {pool.ranges.front().first, kIdsPerContainer};
}

IdRange own_ids_of(const std::filesystem::path& directory) {
    const std::filesystem::path file = directory / "ids";
    const auto before = read_note(file);
    const IdRange ids = choose_own_ids(probe_id_sources(::geteuid()), before);
    if (!before) sys::write_file_atomic(file, IdMap({{0, ids.first, ids.count}}).text(), 0600);
    return ids;
}

void enter_own_namespace(const IdRange& ids) {
    try {
        sys::enter_namespace(make_own_namespace(ids), CLONE_NEWUSER);
        sys::unshare_namespaces(CLONE_NEWNS);
    } catch (const SystemError& error) {
        if (error.code() != EPERM && error.code() != EACCES && error.code() != ENOSPC) throw;
        throw Error(fmt::format("enter a user namespace: {} (sysctl user.max_user_namespaces, kernel.unprivileged_userns_clone and "
                                "kernel.apparmor_restrict_unprivileged_userns can forbid it to users)", error.what()));
    }
}

} // namespace lxcpp
