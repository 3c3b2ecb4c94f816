// SPDX-License-Identifier: Apache-2.0
#include "host/feature_probes.h"

#include "base/strings.h"
#include "host/id_helpers.h"
#include "host/subid.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/namespace.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <cerrno>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp::probes {
namespace {

constexpr Presence kYes = Presence::Available;
constexpr Presence kNo = Presence::Missing;

Answer yes_if(bool there) {
    return {there ? kYes : kNo};
}

// One group below our base, looked into and removed: v2's top group has these files nowhere.
void look_into_group(Context& context) {
    const Hierarchy* unified = context.facts.cgroups.unified();
    if (unified == nullptr) {
        context.v2_kill = context.v2_freeze = {kNo};
        return;
    }
    if (!unified->writable) return;
    const std::string& base = base_path(*unified, context.facts.euid == 0, false);
    const std::filesystem::path group =
        unified->mountpoint.string() + base + fmt::format("/lxcpp-checkconfig-{}", ::getpid());
    try {
        sys::make_dir(group, 0755);
    } catch (const SystemError&) {
        return;
    }
    context.v2_kill = yes_if(sys::exists(group / "cgroup.kill"));
    context.v2_freeze = yes_if(sys::exists(group / "cgroup.freeze"));
    static_cast<void>(sys::try_remove_dir(group));
}

std::filesystem::path nearest_existing(std::filesystem::path path) {
    while (!sys::exists(path) && path.has_relative_path()) path = path.parent_path();
    return path;
}

bool is_program(const char* file) {
    const auto info = sys::stat_path(file);
    return info && S_ISREG(info->st_mode) && (info->st_mode & S_IXOTH) != 0;
}

} // namespace

Context prepare(const HostFacts& facts, const std::string& state_dir) {
    Context context{.facts = facts, .state_dir = state_dir, .v2_kill = {}, .v2_freeze = {}};
    look_into_group(context);
    return context;
}

void enter_own_network(Context& context) {
    try {
        std::uint64_t flags = CLONE_NEWNET;
        if (context.facts.euid != 0) flags |= CLONE_NEWUSER;
        sys::unshare_namespaces(flags);
    } catch (const SystemError& error) {
        context.network = -error.code();
    }
}

Answer answer_of(int result) {
    if (result == 0) return {kYes};
    if (result == -EPERM || result == -EACCES) return {Presence::Unknown, "no permission"};
    return {kNo};
}

Answer call(sys::Call call) {
    return answer_of(sys::probe_call(call));
}

Answer name_space(const char* name) {
    return yes_if(sys::exists(std::filesystem::path("/proc/self/ns") / name));
}

Answer user_namespace() {
    if (!sys::exists("/proc/self/ns/user")) return {kNo};
    try {
        const auto text = [](std::uint32_t id) { return fmt::format("0 {} 1\n", id); };
        static_cast<void>(sys::make_user_namespace(text(::geteuid()), text(::getegid())));
        return {kYes};
    } catch (const SystemError& error) {
        return {kNo, error.code() == ENOSPC ? "user.max_user_namespaces is reached" : "forbidden"};
    }
}

Answer limit_above(const char* sysctl_path, std::uint64_t least) {
    const auto text = sys::read_file_if_exists(sysctl_path);
    if (!text) return {kNo};
    const auto value = parse_u64(trim(*text));
    return {value && *value >= least ? kYes : kNo, std::string(trim(*text))};
}

Answer controller(const Context& context, std::string_view v1, std::string_view v2) {
    for (const Hierarchy& hierarchy : context.facts.cgroups.list) {
        if (hierarchy.has(hierarchy.version == 1 ? v1 : v2)) {
            return {kYes, fmt::format("v{}", hierarchy.version)};
        }
    }
    return {kNo};
}

Answer writable_cgroups(const Context& context) {
    const CgroupLayout& layout = context.facts.cgroups;
    std::size_t writable = 0;
    for (const Hierarchy& hierarchy : layout.list) writable += hierarchy.writable ? 1 : 0;
    const char* kind = layout.unified_only()         ? "v2"
                       : layout.unified() == nullptr ? "v1"
                                                     : "v1 and v2";
    return {writable > 0 ? kYes : kNo,
            layout.list.empty()
                ? "none is mounted"
                : fmt::format("{}, {} of {} hierarchies", kind, writable, layout.list.size())};
}

Answer device_control(const Context& context) {
    if (context.facts.cgroups.with("devices") != nullptr) return {kYes, "v1"};
    if (context.facts.cgroups.unified() == nullptr) return {kNo};
    Answer answer = answer_of(sys::probe_device_program());
    if (answer.presence == kYes) answer.value = "v2, eBPF";
    return answer;
}

Answer freezer(const Context& context) {
    if (context.facts.cgroups.with("freezer") != nullptr) return {kYes, "v1"};
    Answer answer = context.v2_freeze;
    if (answer.presence == kYes) answer.value = "v2";
    return answer;
}

Answer file_system(const char* type) {
    const int result = sys::probe_file_system(type);
    if (result != -EPERM) return answer_of(result);
    // Without the right to mount only what is loaded is known.
    const auto text = sys::read_file_if_exists("/proc/filesystems");
    for (const std::string_view line : split_lines(text ? std::string_view(*text) : "")) {
        if (!split_words(line).empty() && split_words(line).back() == type) return {kYes};
    }
    return answer_of(result);
}

Answer idmapped_mounts(const Context& context) {
    const std::filesystem::path where = nearest_existing(context.state_dir);
    try {
        return {sys::can_idmap(where) ? kYes : kNo, "at " + where.string()};
    } catch (const SystemError& error) {
        return answer_of(-error.code());
    }
}

Answer mount_api() {
    for (const sys::Call part :
         {sys::Call::OpenTree, sys::Call::MoveMount, sys::Call::MountSetattr, sys::Call::Fsopen}) {
        const int result = sys::probe_call(part);
        if (result == -ENOSYS) return {kNo};
    }
    return {kYes};
}

Answer lsm(const Context& context, std::string_view name) {
    return yes_if(name == "apparmor" ? context.facts.apparmor : context.facts.selinux);
}

Answer landlock() {
    const int version = sys::landlock_version();
    if (version <= 0) return {kNo};
    return {kYes, fmt::format("ABI {}", version)};
}

Answer link_kind(const Context& context, const char* kind) {
    if (context.network != 0) return {Presence::Unknown, "no network namespace to try it in"};
    return answer_of(sys::probe_link_kind(kind));
}

Answer nf_tables(const Context& context) {
    if (context.network != 0) return {Presence::Unknown, "no network namespace to try it in"};
    return answer_of(sys::probe_nf_tables());
}

Answer path(const char* file) {
    return yes_if(sys::exists(file));
}

Answer id_map_helpers(const Context& context) {
    if (context.facts.euid == 0) return {kYes, "not needed by root"};
    return yes_if(is_program(kNewUidMap) && is_program(kNewGidMap));
}

Answer subordinate_ids(const Context& context) {
    const IdSources sources = probe_id_sources(context.facts.euid);
    const RangePool pool = choose_range_pool(sources);
    if (pool.ranges.empty()) return {kNo};
    std::uint64_t containers = 0;
    for (const IdRange& range : pool.ranges) containers += range.count / kIdsPerContainer;
    return {kYes, fmt::format("for {} containers, {}", containers, pool.source)};
}

} // namespace lxcpp::probes
