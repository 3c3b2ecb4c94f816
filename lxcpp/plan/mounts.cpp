// SPDX-License-Identifier: Apache-2.0
#include "plan/mount_options.h"
#include "plan/planner.h"

#include "base/error.h"
#include "base/strings.h"

#include <algorithm>
#include <optional>
#include <sys/mount.h>

namespace lxcpp {
namespace {

constexpr std::string_view kKey = "lxc.mount.entry";

struct Entry {
    std::string source;
    std::string target;
    std::string type;
    std::string options;
};

bool is_octal(std::string_view digits) {
    return digits.size() == 3 && digits[0] <= '3' && digits.find_first_not_of("01234567") == std::string_view::npos;
}

// fstab(5) writes blanks in paths as \040 and so on.
std::string unescape(std::string_view field) {
    std::string text;
    for (std::size_t i = 0; i < field.size(); ++i) {
        const std::string_view digits = field.substr(i + 1, 3);
        if (field[i] != '\\' || !is_octal(digits)) {
            text += field[i];
            continue;
        }
        text += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
        i += 3;
    }
    return text;
}

Entry parse_entry(const std::string& line) {
    // The kernel's texts end there.
    if (line.find('\0') != std::string::npos) throw ConfigError("", 0, std::string(kKey), "a zero byte in \"" + printable(line) + '"');
    const auto words = split_words(line);
    if (words.size() < 3) {
        throw ConfigError("", 0, std::string(kKey), "\"" + line + "\" needs source, target, type and options");
    }
    Entry entry{unescape(words[0]), unescape(words[1]), std::string(words[2]),
                words.size() > 3 ? std::string(words[3]) : "defaults"};
    for (const std::string* path : {&entry.source, &entry.target}) {
        if (path->find('\0') != std::string::npos) throw ConfigError("", 0, std::string(kKey), "\\000 in \"" + line + '"');
    }
    return entry;
}

bool strip_prefix(std::string& path, std::string prefix) {
    while (prefix.ends_with('/')) prefix.pop_back();
    if (prefix.empty() || !path.starts_with(prefix)) return false;
    if (path.size() > prefix.size() && path[prefix.size()] != '/') return false;
    path.erase(0, prefix.size());
    return true;
}

// The path below the root; no way out of it, and not the root itself.
std::string below_root(std::string_view target, std::string_view key) {
    const auto first = target.find_first_not_of('/');
    target.remove_prefix(std::min(first, target.size()));
    bool names_something = false;
    for (const std::string_view part : split(target, '/')) {
        if (part == "..") throw ConfigError("", 0, std::string(key), "\"..\" in target " + std::string(target));
        if (!part.empty() && part != ".") names_something = true;
    }
    if (!names_something) throw ConfigError("", 0, std::string(key), "the target is the root itself");
    return std::string(target);
}

// Targets are relative to the root. An absolute one is accepted when it lies in the rootfs or its
// staging directory, as LXC does; nullopt for any other.
std::optional<std::string> target_path(const PlanContext& context, std::string target) {
    if (target.starts_with('/') && !context.config.rootfs.path.empty() &&
        !strip_prefix(target, context.config.rootfs.path) && !strip_prefix(target, context.host.staging)) {
        return std::nullopt;
    }
    return below_root(target, kKey);
}

void refuse_data(const MountOptions& options, const std::string& line) {
    if (options.data.empty()) return;
    throw ConfigError("", 0, std::string(kKey), "unknown option \"" + options.data.front() + "\" in \"" + line + '"');
}

void refuse_idmap(const MountOptions& options, const std::string& why, const std::string& line) {
    if (!options.idmap.empty()) throw ConfigError("", 0, std::string(kKey), "idmap= " + why + ": \"" + line + '"');
}

// <lxcpath>/NAME/volumes/NUMBER: what a container of an image keeps for itself. The directories above are closed to the
// container's ids, and nothing of the path is the container's to change.
bool is_own_volume(const PlanContext& context, std::string_view source) {
    const std::string place = context.request.lxcpath + '/' + context.request.name + "/volumes/";
    return !context.config.idmap.empty() && source.starts_with(place) && parse_u64(source.substr(place.size()));
}

// What an ordinary user may see; the container's root, who is nobody of theirs, might not get to it.
bool is_of_user(const PlanContext& context, std::string_view source) { return context.host.own != OwnMaps{} && source.starts_with('/'); }

void add_bind(const PlanContext& context, const Entry& entry, const MountOptions& options, Target target) {
    const bool recursive = options.recursive;
    const bool closed = is_own_volume(context, entry.source) || is_of_user(context, entry.source);
    if (!options.idmap.empty() || (closed && !options.move && !options.relative)) {
        context.add(MountPrepared{context.plan.prepared_mounts.size(), options.propagation, std::move(target)});
        context.plan.prepared_mounts.push_back(
            {entry.source, options.idmap, recursive, options.set, options.clear, options.optional});
    } else if (options.relative) {
        context.add(MountInside{entry.source, recursive, options.set, options.clear, options.propagation,
                                std::move(target)});
    } else {
        context.add(MountBind{entry.source, recursive, options.set, options.clear, options.propagation,
                              options.move, std::move(target)});
    }
}

void add_entry(const PlanContext& context, const std::string& line) {
    const Entry entry = parse_entry(line);
    const MountOptions options = parse_mount_options(entry.options, kKey);
    const auto path = target_path(context, entry.target);
    if (!path) {
        context.plan.warnings.push_back("lxc.mount.entry: " + entry.target +
                                        " is outside the rootfs and was ignored; give a relative target");
        return;
    }
    Target target{*path, options.create, options.optional};
    const bool binds = options.bind || options.move;
    // "remount,bind" changes an existing mount, as for mount(8).
    if (options.remount || (!binds && entry.type == "none" && options.propagation != 0)) {
        refuse_data(options, line);
        refuse_idmap(options, "works for bind mounts only", line);
        return context.add(ChangeMount{options.set, options.clear, options.propagation,
                                       options.propagation_recursive, std::move(target)});
    }
    if (binds) {
        refuse_data(options, line);
        if (options.relative || options.move) {
            refuse_idmap(options, options.move ? "does not go with move" : "does not go with relative", line);
        }
        return add_bind(context, entry, options, std::move(target));
    }
    if (entry.type == "none") {
        throw ConfigError("", 0, std::string(kKey), "\"" + line + "\" has type none but neither bind nor remount");
    }
    refuse_idmap(options, "works for bind mounts only", line);
    context.add(MountFs{entry.type, entry.source, options.data, options.set, options.propagation, std::move(target)});
}

// An error quotes the whole line: there are many of its kind.
void add_line(const PlanContext& context, std::string_view key, const std::string& line) {
    try {
        add_entry(context, line);
    } catch (const ConfigError& error) {
        std::string message = std::string(error.what()).substr(error.key().size() + 2);
        if (message.find(line) == std::string::npos) message += ": \"" + line + '"';
        throw ConfigError("", 0, std::string(key), message);
    }
}

} // namespace

void plan_mount_entries(const PlanContext& context) {
    for (const std::string& line : context.request.fstab) add_line(context, "lxc.mount.fstab", line);
    for (const std::string& line : context.config.mounts.entries) add_line(context, kKey, line);
    const AutoMounts& wish = context.config.mounts.automatic;
    if (wish.shmounts_host.empty()) return;
    const std::string inside = wish.shmounts_container.empty() ? "/dev/.lxc-mounts" : wish.shmounts_container;
    context.plan.shared_mount_dir = wish.shmounts_host;
    // A slave of the host's shared directory: what the host mounts there later appears inside.
    context.add(MountBind{.source = wish.shmounts_host, .recursive = true, .propagation = MS_SLAVE,
                          .target = {below_root(inside, "lxc.mount.auto"), Create::Dir, false}});
}

} // namespace lxcpp
