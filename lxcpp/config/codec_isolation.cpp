// SPDX-License-Identifier: Apache-2.0
#include "base/kernel_names.h"
#include "base/strings.h"
#include "config/codec.h"
#include "config/overlay_root.h"

#include <lxcpp/error.h>

#include <fmt/format.h>

#include "sys/namespace.h"

// Codecs of the keys that decide what the payload can reach.
namespace lxcpp {
namespace {

std::string lines(const std::vector<std::string>& items) {
    return Codec<std::vector<std::string>>::show(items);
}

void add_capabilities(std::string_view text, std::vector<std::string>& names) {
    const auto words = split_words(text);
    for (const auto word : words)
        if (!capability_number(word))
            reject(word, fmt::format("a capability such as sys_admin (lower case, without CAP_) "
                                     "or a number up to {}",
                                     kLastCapability));
    names.insert(names.end(), words.begin(), words.end());
}

constexpr std::array<std::string_view, 9> kStorageTypes = {
    "dir", "btrfs", "zfs", "lvm", "loop", "rbd", "nbd", "overlay", "overlayfs"};

struct TypedPath {
    std::string_view type;
    std::string_view path;
};

TypedPath split_type(std::string_view text) {
    const auto colon = text.find(':');
    if (text.starts_with('/') || colon == text.npos) return {{}, text};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

} // namespace

void CapabilityDrop::parse(std::string_view text, Capabilities& value) {
    add_capabilities(text, value.drop);
}

std::string CapabilityDrop::show(const Capabilities& value) {
    return lines(value.drop);
}

void CapabilityKeep::parse(std::string_view text, Capabilities& value) {
    std::vector<std::string> names = value.keep.value_or(std::vector<std::string>{});
    if (text == "none")
        names.clear();
    else
        add_capabilities(text, names);
    value.keep = std::move(names);
}

std::vector<std::string> CapabilityKeep::values(const Capabilities& value) {
    if (!value.keep) return {};
    return value.keep->empty() ? std::vector<std::string>{"none"} : *value.keep;
}

std::string CapabilityKeep::show(const Capabilities& value) {
    return lines(values(value));
}

void NamespaceMask::parse(std::string_view text, std::uint64_t& value) {
    std::uint64_t mask = value;
    for (const auto word : split_words(text)) {
        const auto* type = sys::find_namespace(word);
        if (type == nullptr) reject(word, "user, mnt, pid, uts, ipc, net, cgroup or time");
        mask |= type->flag;
    }
    value = mask;
}

std::string NamespaceMask::show(const std::uint64_t& value) {
    return lines(values(value));
}

std::vector<std::string> NamespaceMask::values(const std::uint64_t& value) {
    std::vector<std::string> names;
    for (const auto& type : sys::kNamespaces)
        if ((value & type.flag) != 0) names.emplace_back(type.name);
    return names;
}

void RootfsPath::parse(std::string_view text, Rootfs& value) {
    const auto [type, path] = split_type(text);
    if (!type.empty() && std::ranges::find(kStorageTypes, type) == kStorageTypes.end())
        reject(text, "[TYPE:]PATH, TYPE one of dir, btrfs, zfs, lvm, loop, rbd, nbd, overlay");
    if (path.empty()) reject(text, "a path after the type");
    const bool overlay = type == "overlayfs" || type == kOverlayType;
    if (overlay) (void)parse_overlay_root(path);
    value.type = overlay ? kOverlayType : type;
    value.path = path;
}

std::vector<std::string> RootfsPath::values(const Rootfs& value) {
    return {value.type.empty() ? value.path : value.type + ":" + value.path};
}

bool RootfsPath::same(const Rootfs& a, const Rootfs& b) {
    return a.type == b.type && a.path == b.path;
}

void RootfsPath::reset(Rootfs& value, const Rootfs& fallback) {
    value.type = fallback.type;
    value.path = fallback.path;
}

void RootfsOptions::parse(std::string_view text, std::string& value) {
    for (const auto option : split(text, ',')) {
        if (option == "optional" || option == "relative" || option.starts_with("create="))
            reject(option, "an option of the root mount (create, optional and relative belong to "
                           "lxc.mount.entry)");
        if (option.starts_with("idmap=") && option != "idmap=container" &&
            !option.starts_with("idmap=/"))
            reject(option, "idmap=container or idmap=/PATH of a user namespace");
    }
    value = text;
}

void NotifyProxy::parse(std::string_view text, std::string& value) {
    if (!text.starts_with("unix:/") && !text.starts_with("unix:@"))
        reject(text, "unix:/PATH or unix:@NAME");
    value = text;
}

std::string NotifyProxy::show(const std::string& value) {
    return value.empty() ? value : value.substr(std::string_view("unix:").size());
}

void AllHooks::parse(std::string_view text, Hooks&) {
    reject(text, "nothing: lxc.hook clears all hooks, lxc.hook.TYPE adds one");
}

void AllHooks::reset(Hooks& value, const Hooks& fallback) {
    const int version = value.version;
    value = fallback;
    value.version = version;
}

} // namespace lxcpp
