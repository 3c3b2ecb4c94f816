// SPDX-License-Identifier: Apache-2.0
#include "sys/rooted_dir.h"

#include "base/strings.h"
#include "sys/eintr.h"
#include "sys/file.h"
#include "sys/openat2.h"
#include "sys/read_dir.h"
#include "sys/replace_file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <array>
#include <cstdio>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

constexpr int kDirectory = O_PATH | O_DIRECTORY;

bool is_absent(int error) noexcept {
    return error == ENOENT || error == ENOTDIR;
}

// "/a/b/" -> "a/b": a leading '/' would leave the tree, a trailing one would follow a link.
std::string_view relative(std::string_view path) noexcept {
    while (path.starts_with('/')) path.remove_prefix(1);
    while (path.ends_with('/')) path.remove_suffix(1);
    return path;
}

std::uint64_t resolve_flags(Links links) noexcept {
    if (links == Links::InRoot) return RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    return RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
}

// A name of the directory itself.
bool is_leaf(std::string_view path) noexcept {
    return !path.empty() && path != "." && path != ".." && path.find('/') == path.npos && path.find('\0') == path.npos;
}

std::string child_path(FdRef dir, const std::string& leaf) {
    return fd_path(dir) + '/' + leaf;
}

} // namespace

RootedDir RootedDir::open(const std::filesystem::path& path) {
    std::string name = path.native();
    while (name.size() > 1 && name.back() == '/') name.pop_back();
    Fd dir(retry_eintr([&] { return ::open(name.c_str(), kDirectory | O_NOFOLLOW | O_CLOEXEC); }));
    if (!dir.valid()) throw SystemError("open directory " + printable(name));
    return {std::move(dir), std::move(name)};
}

std::string RootedDir::label(std::string_view verb, std::string_view path) const {
    return fmt::format("{} {} in {}", verb, path.empty() ? "." : printable(path), printable(name_));
}

void RootedDir::fail(std::string_view verb, std::string_view path, int error, Links links) const {
    std::string text = label(verb, path);
    if (error == ELOOP && links == Links::Refuse) text += " (symbolic links are refused here)";
    if (error == EXDEV && links == Links::Refuse) text += " (it leads out of the tree)";
    throw SystemError(text, error);
}

void RootedDir::check(int result, std::string_view verb, std::string_view path) const {
    if (result != 0) throw SystemError(label(verb, path));
}

int RootedDir::resolve(std::string_view path, int flags, mode_t mode, Links links) const {
    if (path.find('\0') != std::string_view::npos) return -EINVAL;
    const std::string text(relative(path));
    return open_resolved(dir_, text.empty() ? "." : text.c_str(), flags, mode,
                         resolve_flags(links));
}

Fd RootedDir::open_at(std::string_view path, int flags, mode_t mode, Links links) const {
    const int fd = resolve(path, flags, mode, links);
    if (fd < 0) fail("open", path, -fd, links);
    return Fd(fd);
}

std::optional<Fd> RootedDir::try_open_at(std::string_view path, int flags, mode_t mode,
                                         Links links) const {
    const int fd = resolve(path, flags, mode, links);
    if (fd >= 0) return Fd(fd);
    if (is_absent(-fd)) return std::nullopt;
    fail("open", path, -fd, links);
}

RootedDir RootedDir::sub_dir(std::string_view path, Links links) const {
    const std::string_view below = relative(path);
    std::string name = below.empty() ? name_ : name_ + '/' + std::string(below);
    return {open_at(path, kDirectory, 0, links), std::move(name)};
}

std::optional<RootedDir::Parent>
RootedDir::try_parent_of(std::string_view verb, std::string_view path, Links links) const {
    const std::string_view whole = relative(path);
    const std::size_t slash = whole.rfind('/');
    const std::string_view leaf = slash == std::string_view::npos ? whole : whole.substr(slash + 1);
    if (leaf.empty() || leaf == "." || leaf == ".." || leaf.find('\0') != std::string_view::npos) {
        throw SystemError(label(verb, path), EINVAL);
    }
    const std::string_view above = slash == std::string_view::npos ? "" : whole.substr(0, slash);
    Fd dir(resolve(above, kDirectory, 0, links));
    if (dir.valid()) return Parent{std::move(dir), std::string(leaf)};
    const int error = -dir.release();
    if (is_absent(error)) return std::nullopt;
    fail(verb, path, error, links);
}

RootedDir::Parent RootedDir::parent_of(std::string_view verb, std::string_view path,
                                       Links links) const {
    std::optional<Parent> parent = try_parent_of(verb, path, links);
    if (!parent) throw SystemError(label(verb, path), ENOENT);
    return std::move(*parent);
}

Fd RootedDir::open_inode(std::string_view verb, std::string_view path, Links parent_links) const {
    const std::string_view whole = relative(path);
    if (whole.empty() || whole == ".") return open_at("", kDirectory);
    const Parent parent = parent_of(verb, path, parent_links);
    const int fd = open_resolved(parent.dir, parent.leaf.c_str(), O_PATH | O_NOFOLLOW, 0,
                                 resolve_flags(Links::Refuse));
    if (fd < 0) fail(verb, path, -fd, parent_links);
    return Fd(fd);
}

std::optional<struct stat> RootedDir::stat(std::string_view path, Links links) const {
    if (is_leaf(path)) { // nothing that could be followed: one call instead of three
        struct stat info = {};
        if (::fstatat(dir_.raw(), std::string(path).c_str(), &info, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) == 0) return info;
        if (is_absent(errno)) return std::nullopt;
        fail("open", path, errno, links);
    }
    const std::optional<Fd> fd = try_open_at(path, O_PATH | O_NOFOLLOW, 0, links);
    if (!fd) return std::nullopt;
    return stat_fd(*fd);
}

bool RootedDir::exists(std::string_view path, Links links) const {
    return try_open_at(path, O_PATH | O_NOFOLLOW, 0, links).has_value();
}

std::optional<std::string> RootedDir::read_file(std::string_view path, std::size_t limit,
                                                Links links) const {
    const std::optional<Fd> inode = try_open_at(path, O_PATH, 0, links);
    if (!inode) return std::nullopt;
    // Looked at before it is opened: opening a fifo waits, opening a device acts.
    if (!S_ISREG(stat_fd(*inode).st_mode)) {
        throw Error(label("read", path) + ": it is not a regular file");
    }
    const Fd file(
        retry_eintr([&] { return ::open(fd_path(*inode).c_str(), O_RDONLY | O_CLOEXEC); }));
    if (!file.valid()) throw SystemError(label("read", path));
    return read_all(file, fmt::format("{} in {}", printable(path), printable(name_)), limit);
}

std::optional<std::string> RootedDir::read_link(std::string_view path, Links links) const {
    const std::optional<Fd> link = try_open_at(path, O_PATH | O_NOFOLLOW, 0, links);
    if (!link) return std::nullopt;
    std::array<char, 4096> target; // PATH_MAX: a link is never longer
    const ssize_t length = ::readlinkat(link->raw(), "", target.data(), target.size());
    if (length >= 0) return std::string(target.data(), static_cast<std::size_t>(length));
    if (errno == ENOENT || errno == EINVAL) return std::nullopt; // not a link
    throw SystemError(label("read link", path));
}

std::vector<DirEntry> RootedDir::list(std::string_view path, Links links) const {
    return read_dir(
        open_at(path, O_RDONLY | O_DIRECTORY, 0, links),
        fmt::format("{} in {}", path.empty() ? "." : printable(path), printable(name_)));
}

void RootedDir::write_file(std::string_view path, std::string_view content, mode_t mode,
                           Links parent_links) const {
    const Parent parent = parent_of("write", path, parent_links);
    replace_file(parent.dir, parent.leaf, content, mode,
                 fmt::format("{} in {}", printable(path), printable(name_)));
}

void RootedDir::make_dir(std::string_view path, mode_t mode, Links parent_links) const {
    const Parent parent = parent_of("create directory", path, parent_links);
    check(::mkdirat(parent.dir.raw(), parent.leaf.c_str(), mode), "create directory", path);
}

void RootedDir::make_dirs(std::string_view path, mode_t mode, Links links) const {
    const std::string_view whole = relative(path);
    const int there = resolve(whole, kDirectory, 0, links);
    if (Fd(there).valid()) return;
    if (!is_absent(-there)) fail("create directory", path, -there, links);
    for (std::size_t end = 0; end != std::string_view::npos;) {
        end = whole.find('/', end + 1);
        const std::string_view prefix = whole.substr(0, end);
        const std::string_view name = prefix.substr(prefix.rfind('/') + 1);
        if (name.empty() || name == ".") continue;
        const Parent parent = parent_of("create directory", prefix, links);
        const mode_t wanted = end == std::string_view::npos ? mode : 0755;
        const int result = ::mkdirat(parent.dir.raw(), parent.leaf.c_str(), wanted);
        check(result != 0 && errno == EEXIST ? 0 : result, "create directory", prefix);
    }
    const Fd made(resolve(whole, kDirectory, 0, links)); // what exists may be something else
    if (!made.valid()) fail("create directory", path, -made.raw(), links);
}

void RootedDir::make_symlink(std::string_view target, std::string_view path,
                             Links parent_links) const {
    const Parent parent = parent_of("create link", path, parent_links);
    check(::symlinkat(std::string(target).c_str(), parent.dir.raw(), parent.leaf.c_str()),
          "create link", path);
}

void RootedDir::make_hard_link(std::string_view existing, std::string_view path,
                               Links parent_links) const {
    const Parent from = parent_of("create hard link to", existing, parent_links);
    const Parent to = parent_of("create hard link", path, parent_links);
    check(::linkat(from.dir.raw(), from.leaf.c_str(), to.dir.raw(), to.leaf.c_str(), 0),
          "create hard link", path);
}

void RootedDir::make_node(std::string_view path, mode_t mode, dev_t device,
                          Links parent_links) const {
    const Parent parent = parent_of("create node", path, parent_links);
    check(::mknodat(parent.dir.raw(), parent.leaf.c_str(), mode, device), "create node", path);
}

void RootedDir::rename(std::string_view from, std::string_view to, bool replace,
                       Links parent_links) const {
    const Parent source = parent_of("rename", from, parent_links);
    const Parent target = parent_of("rename to", to, parent_links);
    const int result = ::renameat2(source.dir.raw(), source.leaf.c_str(), target.dir.raw(),
                                   target.leaf.c_str(), replace ? 0 : RENAME_NOREPLACE);
    check(result, fmt::format("rename {} to", printable(from)), to);
}

void RootedDir::remove(std::string_view path, Links parent_links) const {
    const std::optional<Parent> parent = try_parent_of("remove", path, parent_links);
    if (!parent) return;
    const int result = ::unlinkat(parent->dir.raw(), parent->leaf.c_str(), 0);
    check(result != 0 && errno == ENOENT ? 0 : result, "remove", path);
}

void RootedDir::remove_dir(std::string_view path, Links parent_links) const {
    const std::optional<Parent> parent = try_parent_of("remove directory", path, parent_links);
    if (!parent) return;
    const int result = ::unlinkat(parent->dir.raw(), parent->leaf.c_str(), AT_REMOVEDIR);
    check(result != 0 && errno == ENOENT ? 0 : result, "remove directory", path);
}

void RootedDir::chown(std::string_view path, uid_t uid, gid_t gid, Links parent_links) const {
    const Fd inode = open_inode("change the owner of", path, parent_links);
    check(::fchownat(inode.raw(), "", uid, gid, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW),
          "change the owner of", path);
}

void RootedDir::chmod(std::string_view path, mode_t mode, Links parent_links) const {
    const Fd inode = open_inode("change the mode of", path, parent_links);
    if (S_ISLNK(stat_fd(inode).st_mode))
        throw SystemError(label("change the mode of", path), ELOOP);
    // fchmod(2) refuses O_PATH descriptors; this path leads to exactly that inode.
    check(::chmod(fd_path(inode).c_str(), mode), "change the mode of", path);
}

void RootedDir::set_times(std::string_view path, timespec mtime, Links parent_links) const {
    const Fd inode = open_inode("set the time of", path, parent_links);
    const std::array<timespec, 2> times{mtime, mtime};
    check(::utimensat(inode.raw(), "", times.data(), AT_EMPTY_PATH), "set the time of", path);
}

void RootedDir::set_xattr(std::string_view path, std::string_view name, std::string_view value,
                          Links parent_links) const {
    const std::string key(name);
    const std::string_view whole = relative(path);
    int result = 0;
    if (whole.empty() || whole == ".") {
        result = ::setxattr(fd_path(dir_).c_str(), key.c_str(), value.data(), value.size(), 0);
    } else {
        const Parent parent = parent_of("set attribute of", path, parent_links);
        result = ::lsetxattr(child_path(parent.dir, parent.leaf).c_str(), key.c_str(), value.data(),
                             value.size(), 0);
    }
    check(result, fmt::format("set attribute {} of", printable(name)), path);
}

} // namespace lxcpp::sys
