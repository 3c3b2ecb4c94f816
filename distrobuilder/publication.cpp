// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/publication.h"

#include "base/log.h"
#include "base/strings.h"
#include "sys/file.h"
#include "sys/file_meta.h"
#include "sys/lock.h"

#include <lxcpp/error.h>

#include <chrono>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;

constexpr auto kNote = ".publication"; // no result is called so
constexpr std::string_view kHead = "lxcpp-publication 1";
constexpr std::string_view kEnd = "end";
constexpr std::size_t kLargest = 1u << 20;
constexpr auto kReplaced = "replaced-";

// "put 17 rootfs.tar.xz"
std::optional<PublishedEntry> entry_of(std::string_view line, std::string_view verb) {
    if (!line.starts_with(verb)) return std::nullopt;
    line.remove_prefix(verb.size());
    const auto blank = line.find(' ');
    if (blank == line.npos) return std::nullopt;
    const auto inode = parse_u64(line.substr(0, blank));
    const std::string name(line.substr(blank + 1));
    if (!inode || name.empty() || name == "." || name == ".." || name.find('/') != name.npos)
        return std::nullopt;
    return PublishedEntry{name, static_cast<ino_t>(*inode)};
}

bool is_there(const fs::path& path, ino_t inode) {
    const auto info = sys::stat_path(path, false);
    return info && info->st_ino == inode;
}

bool is_ours(const fs::path& path) {
    const auto info = sys::stat_path(path, false);
    return info && info->st_uid == ::geteuid();
}

void put(const fs::path& target, const fs::path& hidden, const fs::path& from,
         const PublishedEntry& entry) {
    if (is_there(target / entry.name, entry.inode) || !is_there(from / entry.name, entry.inode))
        return;
    if (sys::stat_path(target / entry.name, false))
        sys::rename(target / entry.name, hidden / (kReplaced + entry.name));
    sys::rename_noreplace(from / entry.name, target / entry.name);
}

} // namespace

std::string format_publication(const Publication& publication) {
    std::string text = fmt::format("{}\n", kHead);
    if (!publication.from.empty()) text += fmt::format("from {}\n", publication.from);
    if (publication.root) text += "root\n";
    for (const PublishedEntry& entry : publication.put)
        text += fmt::format("put {} {}\n", entry.inode, entry.name);
    for (const PublishedEntry& entry : publication.take)
        text += fmt::format("take {} {}\n", entry.inode, entry.name);
    return text + fmt::format("{}\n", kEnd);
}

std::optional<Publication> parse_publication(std::string_view text) {
    const auto lines = split_lines(text);
    if (lines.size() < 2 || lines.front() != kHead || lines.back() != kEnd || !text.ends_with('\n'))
        return std::nullopt;
    Publication publication;
    for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
        constexpr std::string_view kFrom = "from ";
        if (lines[i] == "root")
            publication.root = true;
        else if (auto entry = entry_of(lines[i], "put "))
            publication.put.push_back(std::move(*entry));
        else if (entry = entry_of(lines[i], "take "); entry)
            publication.take.push_back(std::move(*entry));
        else if (lines[i].starts_with(kFrom) && lines[i].find('/') == std::string_view::npos)
            publication.from = lines[i].substr(kFrom.size());
        else
            return std::nullopt;
    }
    if (publication.from == "." || publication.from == "..") return std::nullopt;
    return publication;
}

void note_publication(const fs::path& hidden, const Publication& publication) {
    sys::write_file_atomic(hidden / kNote, format_publication(publication), 0600);
    sys::fsync_dir(hidden.parent_path()); // nobody would find the note otherwise
}

void forget_publication(const fs::path& hidden) noexcept {
    try {
        sys::remove_file(hidden / kNote);
        sys::fsync_dir(hidden);
    } catch (const std::exception& error) {
        log::error("{}", error.what());
    }
}

bool finish_publication(const fs::path& target, const std::string& name) {
    const fs::path hidden = target / name;
    const auto text = is_ours(hidden) && is_ours(hidden / kNote)
                          ? sys::read_file_if_exists(hidden / kNote, kLargest)
                          : std::nullopt;
    const auto publication = text ? parse_publication(*text) : std::nullopt;
    if (!publication) return true;
    const auto alone = sys::FileLock::acquire_directory(target, std::chrono::milliseconds(0));
    if (!alone) return false;
    const fs::path from = publication->from.empty() ? hidden : hidden / publication->from;
    for (const PublishedEntry& entry : publication->put) put(target, hidden, from, entry);
    for (const PublishedEntry& entry : publication->take)
        if (is_there(target / entry.name, entry.inode))
            sys::rename(target / entry.name, hidden / (kReplaced + entry.name));
    if (publication->root) look_like_directory(target, from);
    sys::fsync_dir(target);
    forget_publication(hidden);
    return true;
}

void look_like_directory(const fs::path& directory, const fs::path& model) {
    const Fd to = sys::open_file(directory, {.directory = true});
    const Fd from = sys::open_file(model, {.directory = true});
    const std::string name = directory.string();
    const struct stat info = sys::stat_fd(from);
    for (const auto& [key, value] : sys::read_xattrs(from, name))
        sys::set_xattr(to, key, value, name);
    sys::set_owner(to, info.st_uid, info.st_gid, name);
    sys::set_mode(to, info.st_mode & 07777, name);
}

} // namespace lxcpp::distro
