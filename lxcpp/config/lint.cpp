// SPDX-License-Identifier: Apache-2.0
#include "config/lint.h"

#include "base/kernel_names.h"
#include "base/strings.h"
#include "config/cgroup_v1.h"
#include "config/keys.h"
#include "config/legacy.h"
#include "config/overlay_root.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <ranges>
#include <utility>

#include "sys/file.h"

namespace lxcpp {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFix = "lxcpp-config lint --fix does it";

class Linter {
public:
    Linter(const fs::path& path, const LoadOptions& options)
        : path_(path), loaded_(load_config_tolerant(read_config_file(path), path, options, found_)) {}

    std::vector<Problem> run() && {
        suggest_fixes();
        check_lines();
        check_replaced();
        check_cgroup_v1();
        check_limits();
        check_files();
        check_rootfs();
        check_mounts();
        check_idmap();
        check_not_applied();
        std::ranges::stable_sort(found_, {}, [](const Problem& problem) {
            return std::pair(problem.origin.file, problem.origin.line);
        });
        return std::move(found_);
    }

private:
    [[nodiscard]] const Config& config() const { return loaded_.config; }

    void warn(const Origin& origin, std::string key, std::string message,
              std::string suggestion = {}) {
        found_.push_back(
            {Severity::Warning, origin, std::move(key), std::move(message), std::move(suggestion)});
    }

    // A warning about a value, at the line that gave it.
    void warn_at(std::string_view key, std::string message, std::string suggestion = {}) {
        warn(origin_of(loaded_.assignments, key), std::string(key), std::move(message),
             std::move(suggestion));
    }

    [[nodiscard]] bool in_top_file(const Origin& origin) const {
        return origin.file == path_.string();
    }

    void suggest_fixes() {
        std::map<std::string, unsigned> devices; // that unnumbered lines of a file have begun
        for (auto& problem : found_) {
            auto& device = devices[problem.origin.file];
            if (problem.key == "lxc.network.type") ++device;
            const auto legacy = find_legacy_key(problem.key, device == 0 ? 0 : device - 1);
            if (!legacy || is_known_key(problem.key)) continue;
            problem.message = legacy->name.empty() ? "this key no longer exists"
                                                   : "this key is now " + legacy->name;
            if (in_top_file(problem.origin)) problem.suggestion = kFix;
        }
    }

    void check_lines() {
        int number = 0;
        for (const auto& raw : loaded_.text.lines()) {
            ++number;
            const Line line = parse_line(raw);
            if (line.kind == LineKind::Foreign)
                warn({path_.string(), number}, {},
                     fmt::format("\"{}\" does not begin with lxc. and is ignored",
                                 printable(line.key)));
        }
    }

    // Two values in one file for a key that takes one: the first was written for nothing.
    void check_replaced() {
        std::map<std::pair<std::string_view, std::string_view>, int> later; // key and file: line
        for (auto at = loaded_.assignments.rbegin(); at != loaded_.assignments.rend(); ++at) {
            const Assignment& line = *at;
            const auto [next, last] = later.try_emplace({line.key, line.origin.file}, 0);
            if (!last && !line.value.empty() && !is_list_key(line.key))
                warn(line.origin, line.key, fmt::format("is replaced by line {}", next->second),
                     "remove one of the two");
            next->second = line.origin.line;
        }
    }

    void check_cgroup_v1() {
        const auto& v2 = config().cgroup.v2;
        for (const auto& line : config().cgroup.v1) {
            const auto found = translate_v1(line, config().cgroup.v1);
            const bool there = std::ranges::all_of(found.v2, [&](const Setting& wanted) {
                return std::ranges::find(v2, wanted.name, &Setting::name) != v2.end();
            });
            if (found.lost.empty() && there) continue;
            const std::string key = "lxc.cgroup." + line.name;
            const Origin origin = origin_of(loaded_.assignments, key);
            if (!found.lost.empty())
                warn(origin, key, "has no effect on a unified cgroup hierarchy: " + found.lost);
            else
                warn(origin, key, "has no effect on a unified cgroup hierarchy",
                     fmt::format("add {}", assignment("lxc.cgroup2." + found.v2.front().name,
                                                      found.v2.front().value)) +
                         (in_top_file(origin) ? fmt::format("; {}", kFix) : ""));
        }
    }

    void check_limits() {
        for (const auto& limit : config().prlimits)
            if (!rlimit_number(limit.name))
                warn_at("lxc.prlimit." + limit.name, "the kernel knows no such limit");
    }

    void check_file(std::string_view key, const std::string& file) {
        if (!file.empty() && !sys::exists(find_shared_file(file)))
            warn_at(key, fmt::format("{} does not exist", printable(file)));
    }

    // Programs of the host; a start hook lives in the container.
    void check_hooks(std::string_view key, const std::vector<std::string>& commands) {
        for (const auto& command : commands) {
            const auto words = split_words(command);
            if (!words.empty() && words[0].starts_with('/')) check_file(key, std::string(words[0]));
        }
    }

    void check_files() {
        const auto& hooks = config().hooks;
        check_file("lxc.mount.fstab", config().mounts.fstab);
        if (config().seccomp.profile != "none")
            check_file("lxc.seccomp.profile", config().seccomp.profile);
        check_hooks("lxc.hook.pre-start", hooks.pre_start);
        check_hooks("lxc.hook.pre-mount", hooks.pre_mount);
        check_hooks("lxc.hook.mount", hooks.mount);
        check_hooks("lxc.hook.autodev", hooks.autodev);
        check_hooks("lxc.hook.start-host", hooks.start_host);
        check_hooks("lxc.hook.stop", hooks.stop);
        check_hooks("lxc.hook.post-stop", hooks.post_stop);
        check_hooks("lxc.hook.clone", hooks.clone);
        check_hooks("lxc.hook.destroy", hooks.destroy);
        for (const auto& device : config().net) {
            check_hooks(fmt::format("{}.{}.script.up", kNetKey, device.index), {device.script_up});
            check_hooks(fmt::format("{}.{}.script.down", kNetKey, device.index), {device.script_down});
        }
    }

    void check_rootfs() {
        const auto& rootfs = config().rootfs;
        if (const auto overlay = overlay_root(rootfs)) {
            for (const auto& lower : overlay->lowers) check_file("lxc.rootfs.path", lower);
            return check_file("lxc.rootfs.path", overlay->upper);
        }
        if (!is_directory_root(rootfs))
            warn_at("lxc.rootfs.path",
                    fmt::format("the storage type {} is not supported yet: it will not start",
                                rootfs.type));
        if (rootfs.path.starts_with('/') && is_directory_root(rootfs))
            check_file("lxc.rootfs.path", rootfs.path);
    }

    void check_mounts() {
        for (const auto& line : loaded_.assignments) {
            if (line.key != "lxc.mount.entry" || line.value.empty()) continue;
            const auto fields = split_words(line.value);
            if (fields.size() < 4)
                warn(line.origin, line.key,
                     "has fewer than the four fields SOURCE TARGET TYPE "
                     "OPTIONS");
            else if (fields[1].starts_with('/') &&
                     (config().rootfs.path.empty() || !fields[1].starts_with(config().rootfs.path)))
                warn(line.origin, line.key,
                     fmt::format("the target {} is not below the root file system and is ignored",
                                 printable(fields[1])),
                     "write it without the leading slash");
        }
    }

    void check_idmap() {
        const auto& map = config().idmap;
        for (const auto kind : {IdKind::Uid, IdKind::Gid}) {
            const bool root = std::ranges::any_of(map, [&](const IdMapEntry& entry) {
                return entry.kind == kind && entry.nsid == 0;
            });
            if (!map.empty() && !root)
                warn_at("lxc.idmap", fmt::format("no line maps {} id 0 of the container",
                                                 kind == IdKind::Uid ? "user" : "group"));
        }
    }

    void check_not_applied() {
        for (const auto& line : not_applied(config()))
            warn_at(line.key, fmt::format("\"{}\" is kept, but not acted on yet", line.value));
    }

    fs::path path_;
    std::vector<Problem> found_;
    LoadedConfig loaded_;
};

} // namespace

std::vector<Problem> lint(const fs::path& path, const LoadOptions& options) {
    return Linter(path, options).run();
}

} // namespace lxcpp
