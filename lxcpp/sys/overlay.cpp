// SPDX-License-Identifier: Apache-2.0
#include "sys/overlay.h"

#include "base/error.h"
#include "base/scope_exit.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

#include <cerrno>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

constexpr std::size_t kMostValue = 255; // of one option (fsconfig(2))

// Short names for directories, whatever their paths are and whoever renames them meanwhile.
std::vector<Fd> open_all(const std::vector<std::filesystem::path>& directories) {
    std::vector<Fd> opened;
    for (const auto& path : directories) {
        opened.push_back(open_file(path, {.access = Access::Path, .directory = true, .follow = false}));
    }
    return opened;
}

void add_upper(std::vector<std::string>& options, FdRef upper, FdRef work) {
    if (!upper.valid()) return;
    options.push_back("upperdir=" + fd_path(upper));
    options.push_back("workdir=" + fd_path(work));
}

MountTree one_by_one(const std::vector<Fd>& lowers, std::vector<std::string> options) {
    for (const Fd& lower : lowers) options.push_back("lowerdir+=" + fd_path(lower));
    return MountTree::create("overlay", "overlay", options);
}

// Before Linux 6.5: all lowers in one option, by links of one or two letters below the working directory.
MountTree all_at_once(const std::vector<Fd>& lowers, std::vector<std::string> options) {
    constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const TempDir links(std::filesystem::temp_directory_path(), "lxcpp-layers-");
    std::string value;
    for (std::size_t i = 0; i < lowers.size(); ++i) {
        std::string name(1, kLetters[i % kLetters.size()]);
        if (i >= kLetters.size()) name += kLetters[i / kLetters.size() - 1];
        if (::symlink(fd_path(lowers[i]).c_str(), (links.path() / name).c_str()) != 0) throw SystemError("symlink " + name, errno);
        value += (i == 0 ? "" : ":") + name;
    }
    if (value.size() > kMostValue) {
        throw Error(fmt::format("{} layers are too many for this kernel: Linux 6.5 takes more than about 100", lowers.size()));
    }
    const Fd before = open_file(".", {.access = Access::Path, .directory = true});
    if (::chdir(links.path().c_str()) != 0) throw SystemError("chdir " + links.path().string(), errno);
    const ScopeExit back([&before] { (void)!::fchdir(before.raw()); });
    options.push_back("lowerdir=" + value);
    return MountTree::create("overlay", "overlay", options);
}

MountTree stack(const std::vector<Fd>& lowers, std::vector<std::string> options) {
    try {
        return one_by_one(lowers, options);
    } catch (const SystemError& error) {
        if (error.code() == EPERM && ::geteuid() != 0) {
            throw Error(fmt::format("{}: a kernel before Linux 5.11 lets only root stack directories", error.what()));
        }
        if (error.code() != EINVAL) throw;
    }
    return all_at_once(lowers, std::move(options));
}

// overlayfs that cannot make its directory in the work directory, for the disk is full, mounts without a word, read-only.
void require_writable(const MountTree& mount, FdRef work, const std::filesystem::path& path) {
    struct statvfs info{};
    if (::fstatvfs(mount.fd().raw(), &info) != 0 || (info.f_flag & ST_RDONLY) == 0) return;
    constexpr auto kProbe = "probe";
    const int result = ::mkdirat(work.raw(), kProbe, 0700);
    const int error = result != 0 ? errno : ENOSPC; // there is room by now
    if (result == 0) (void)::unlinkat(work.raw(), kProbe, AT_REMOVEDIR);
    if (error == EROFS) return; // as it should be: the whole file system is
    throw SystemError(fmt::format("overlay: make its work directory in {}", path.string()), error);
}

} // namespace

MountTree mount_overlay(const Overlay& overlay) {
    if (overlay.upper.empty() && overlay.lowers.size() == 1) return MountTree::clone(overlay.lowers.front());
    const std::vector<Fd> lowers = open_all(overlay.lowers);
    Fd upper;
    Fd work;
    if (!overlay.upper.empty()) {
        upper = open_file(overlay.upper, {.access = Access::Path, .directory = true, .follow = false});
        work = open_file(overlay.work, {.access = Access::Path, .directory = true, .follow = false});
    }
    std::vector<std::string> options{"userxattr"};
    add_upper(options, upper, work);
    if (upper.valid() && !overlay.durable) options.emplace_back("volatile");
    MountTree mount = stack(lowers, std::move(options));
    if (upper.valid()) require_writable(mount, work, overlay.work);
    return mount;
}

} // namespace lxcpp::sys
