// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/sandbox_tree.h"

#include "base/log.h"
#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

namespace lxcpp::distro {
namespace {

using sys::Links;

constexpr auto kPolicy = "usr/sbin/policy-rc.d";
constexpr std::string_view kPolicyText = "#!/bin/sh\nexit 101\n"; // 101: forbidden by the policy
constexpr auto kDev = "dev";

bool is_directory(const sys::RootedDir& root, const char* path, Links links) {
    const auto info = root.stat(path, links);
    return info && S_ISDIR(info->st_mode);
}

bool make_policy(const sys::RootedDir& root) {
    if (!root.try_open_at("usr/sbin", O_PATH | O_DIRECTORY, 0, Links::InRoot)) return false;
    if (root.stat(kPolicy, Links::InRoot)) return false;
    root.write_file(kPolicy, kPolicyText, 0755, Links::InRoot);
    return true;
}

// One that a program has written meanwhile is the tree's own.
void remove_policy(const sys::RootedDir& root) {
    const auto info = root.stat(kPolicy, Links::InRoot);
    if (!info || !S_ISREG(info->st_mode) || static_cast<std::size_t>(info->st_size) != kPolicyText.size()) return;
    if (root.read_file(kPolicy, kPolicyText.size(), Links::InRoot) == kPolicyText) root.remove(kPolicy, Links::InRoot);
}

void empty_dev(const sys::RootedDir& root) {
    if (is_directory(root, kDev, Links::Refuse)) root.remove_tree(kDev, true);
    else if (!root.stat(kDev)) root.make_dir(kDev);
}

} // namespace

bool is_program(const sys::RootedDir& root, std::string_view path) {
    const auto file = root.try_open_at(path, O_PATH, 0, Links::InRoot);
    if (!file) return false;
    const struct stat info = sys::stat_fd(*file);
    return S_ISREG(info.st_mode) && (info.st_mode & 0111) != 0;
}

std::string find_program(const sys::RootedDir& root, const std::string& name, std::string_view path) {
    if (name.find('/') != std::string::npos) {
        const std::string absolute = name.starts_with('/') ? name : "/" + name;
        if (is_program(root, absolute)) return absolute;
        throw Error(fmt::format("{}: there is no such program in the root file system", printable(name)));
    }
    for (const std::string_view directory : split(path, ':')) {
        const std::string candidate = fmt::format("{}/{}", directory, name);
        if (directory.starts_with('/') && !name.empty() && is_program(root, candidate)) return candidate;
    }
    throw Error(fmt::format("{}: there is no such program in the root file system (PATH is {})", printable(name), printable(path)));
}

std::string interpreter_of(std::string_view script) {
    if (!script.starts_with("#!")) throw Error("the script has no interpreter: its first line must be like #!/bin/sh");
    constexpr std::string_view kBlanks = " \t"; // as the kernel has them
    std::string_view line = script.substr(2, script.find('\n') - 2);
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    const std::string interpreter(line.substr(0, line.find_first_of(kBlanks)));
    if (!interpreter.starts_with('/')) {
        throw Error(fmt::format("the script's first line names {}: an interpreter needs an absolute path",
                                interpreter.empty() ? std::string("no interpreter") : printable(interpreter)));
    }
    return interpreter;
}

void make_kept(const sys::RootedDir& root) {
    const auto make = [&](const std::string& path, mode_t mode) {
        if (!is_directory(root, path.c_str(), Links::Refuse)) {
            root.remove(path);
            root.make_dir(path);
        }
        root.chown(path, 0, 0);
        root.chmod(path, mode);
    };
    make(kKept, 0755);
    make(fmt::format("{}/tmp", kKept), 01777);
    make(fmt::format("{}/run", kKept), 0755);
}

void remove_kept(const sys::RootedDir& root) {
    root.remove_tree(kKept);
}

TreeForRun::TreeForRun(const sys::RootedDir& root) : root_(root), policy_(make_policy(root)) {}

void TreeForRun::clean() const {
    if (policy_) remove_policy(root_);
    empty_dev(root_);
}

void TreeForRun::finish() {
    finished_ = true;
    clean();
}

TreeForRun::~TreeForRun() {
    if (finished_) return;
    try {
        clean();
    } catch (const Error& error) {
        log::warn("{}", error.what());
    }
}

} // namespace lxcpp::distro
