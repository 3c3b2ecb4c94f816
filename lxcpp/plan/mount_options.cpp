// SPDX-License-Identifier: Apache-2.0
#include "plan/mount_options.h"

#include "base/error.h"
#include "base/strings.h"

#include <algorithm>
#include <sys/mount.h>

#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif

namespace lxcpp {
namespace {

struct AttributeWord {
    std::string_view word;
    std::uint64_t set;
    std::uint64_t clear;
};
// Access-time modes are one field: changing it needs its whole mask cleared (mount_setattr(2)).
constexpr AttributeWord kAttributes[] = {
    {"ro", MOUNT_ATTR_RDONLY, 0},
    {"rw", 0, MOUNT_ATTR_RDONLY},
    {"nosuid", MOUNT_ATTR_NOSUID, 0},
    {"suid", 0, MOUNT_ATTR_NOSUID},
    {"nodev", MOUNT_ATTR_NODEV, 0},
    {"dev", 0, MOUNT_ATTR_NODEV},
    {"noexec", MOUNT_ATTR_NOEXEC, 0},
    {"exec", 0, MOUNT_ATTR_NOEXEC},
    {"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
    {"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW},
    {"noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME},
    {"relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME},
    {"strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME},
    {"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
    {"diratime", 0, MOUNT_ATTR_NODIRATIME},
    {"atime", 0, 0},
    {"norelatime", 0, 0},
    {"defaults", 0, 0},
    // Opposites of what is off anyway.
    {"nostrictatime", 0, 0},
    {"async", 0, 0},
    {"nomand", 0, 0},
    {"loud", 0, 0},
};

struct PropagationWord {
    std::string_view word;
    std::uint64_t flag;
};
constexpr PropagationWord kPropagation[] = {
    {"shared", MS_SHARED},   {"slave", MS_SLAVE},
    {"private", MS_PRIVATE}, {"unbindable", MS_UNBINDABLE},
};

bool take_attribute(std::string_view word, MountOptions& options) {
    const auto* row = std::ranges::find(kAttributes, word, &AttributeWord::word);
    if (row == std::end(kAttributes)) return false;
    options.set = (options.set & ~row->clear) | row->set;
    options.clear = (options.clear & ~row->set) | row->clear;
    return true;
}

bool take_propagation(std::string_view word, MountOptions& options) {
    for (const PropagationWord& row : kPropagation) {
        const bool recursive = word.size() == row.word.size() + 1 && word.front() == 'r' &&
                               word.substr(1) == row.word;
        if (word != row.word && !recursive) continue;
        options.propagation = row.flag;
        options.propagation_recursive = recursive;
        return true;
    }
    return false;
}

bool take_verb(std::string_view word, MountOptions& options, std::string_view key) {
    if (word == "bind" || word == "rbind") {
        options.bind = true;
        options.recursive = word == "rbind";
    } else if (word == "move") {
        options.move = true;
    } else if (word == "relative") {
        options.relative = true;
    } else if (word == "optional") {
        options.optional = true;
    } else if (word == "remount") {
        options.remount = true;
    } else if (word == "create=dir") {
        options.create = Create::Dir;
    } else if (word == "create=file") {
        options.create = Create::File;
    } else if (word.starts_with("create=")) {
        throw ConfigError("", 0, std::string(key), "create= takes dir or file, not \"" + std::string(word.substr(7)) + '"');
    } else if (word.starts_with("idmap=")) {
        options.idmap = word.substr(6);
        if (options.idmap.empty()) throw ConfigError("", 0, std::string(key), "idmap= takes container or a path");
    } else {
        return false;
    }
    return true;
}

} // namespace

MountOptions parse_mount_options(std::string_view text, std::string_view key) {
    MountOptions options;
    for (const std::string_view field : split(text, ',')) {
        const std::string_view word = trim(field);
        if (word.empty()) continue;
        if (take_verb(word, options, key) || take_attribute(word, options) || take_propagation(word, options)) {
            continue;
        }
        options.data.emplace_back(word);
    }
    return options;
}

} // namespace lxcpp
