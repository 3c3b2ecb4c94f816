// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/tree_files.h"

#include "base/strings.h"
#include "image/oci_user.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr auto kLinks = sys::Links::InRoot;
constexpr std::size_t kLargest = 64u << 20;

// A link that leads nowhere gives way to the file.
Fd open_or_replace(const sys::RootedDir& root, const std::string& path, int flags, mode_t mode) {
    try {
        return root.open_at(path, flags, mode, kLinks);
    } catch (const SystemError& error) {
        if (error.code() != ENOENT || !root.read_link(path, kLinks)) throw;
    }
    root.remove(path, kLinks);
    return root.open_at(path, flags, mode, kLinks);
}

[[noreturn]] void refuse_what_is_no_file(const std::string& path) {
    throw Error(fmt::format("{}: is there already and is no file", printable(path)));
}

bool is_no_file(const SystemError& error) {
    return error.code() == EISDIR || error.code() == ENXIO;
} // a directory, a pipe or a socket

// The kernel's O_TRUNC would act before we know what it is.
Fd open_regular(const sys::RootedDir& root, const std::string& path, int flags, mode_t mode) {
    const auto slash = path.rfind('/');
    if (slash != path.npos && slash > 0) root.make_dirs(path.substr(0, slash), 0755, kLinks);
    try {
        Fd file = open_or_replace(root, path, flags | O_WRONLY | O_CREAT | O_NONBLOCK, mode);
        if (!S_ISREG(sys::stat_fd(file).st_mode)) refuse_what_is_no_file(path);
        return file;
    } catch (const SystemError& error) {
        if (!is_no_file(error)) throw;
        refuse_what_is_no_file(path);
    }
}

mode_t parse_mode(const std::string& text) {
    unsigned mode = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    if (error != std::errc() || end != text.data() + text.size() || mode > 07777)
        throw Error(fmt::format("an octal mode is expected, not {}", printable(text)));
    return mode;
}

} // namespace

Fd create_file(const sys::RootedDir& root, const std::string& path, mode_t mode) {
    Fd file = open_regular(root, path, 0, mode);
    sys::truncate_file(file, 0, path);
    return file;
}

void write_file(const sys::RootedDir& root, const std::string& path, std::string_view content, mode_t mode) {
    const Fd file = create_file(root, path, mode);
    sys::write_all(file, content, path);
}

void append_file(const sys::RootedDir& root, const std::string& path, std::string_view content) {
    const Fd file = open_regular(root, path, O_APPEND, 0644);
    sys::write_all(file, content, path);
}

std::optional<std::string> read_file(const sys::RootedDir& root, const std::string& path) {
    return root.read_file(path, kLargest, kLinks);
}

void set_attributes(const sys::RootedDir& root, FdRef file, const FileAttributes& wanted, std::string_view path) {
    if (!wanted.uid.empty() || !wanted.gid.empty()) {
        const auto now = sys::stat_fd(file);
        const std::string uid = wanted.uid.empty() ? std::to_string(now.st_uid) : wanted.uid;
        const std::string gid = wanted.gid.empty() ? std::to_string(now.st_gid) : wanted.gid;
        const auto owner = image::find_oci_user(uid + ":" + gid, root);
        sys::set_owner(file, owner.uid, owner.gid, path);
    }
    if (!wanted.mode.empty()) sys::set_mode(file, parse_mode(wanted.mode), path);
}

std::string whole_lines(std::string text) {
    if (!text.ends_with('\n')) text += '\n';
    return text;
}

const std::string& require_absolute(const std::string& path) {
    if (!path.starts_with('/')) throw Error(path.empty() ? "no path is given" : fmt::format("{}: is no absolute path", printable(path)));
    return path;
}

} // namespace lxcpp::distro
