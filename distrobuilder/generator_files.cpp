// SPDX-License-Identifier: Apache-2.0
// dump, copy and remove: what is the same whatever the tree becomes.
#include "base/strings.h"
#include "distrobuilder/generator.h"
#include "distrobuilder/tree_files.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fcntl.h>
#include <fmt/core.h>
#include <fnmatch.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;

FileAttributes attributes_of(const FileEntry& entry) { return {.mode = entry.mode, .uid = entry.uid, .gid = entry.gid}; }

// Copies from the host, which is trusted, into the tree, which is not.
class Copier {
public:
    explicit Copier(const GeneratorCall& call) : root_(call.root), wanted_(attributes_of(call.entry)) {}

    void copy(const fs::path& from, const std::string& to) const {
        const auto info = sys::stat_path(from, false);
        if (!info) throw Error(fmt::format("{}: is not there", printable(from.string())));
        switch (info->st_mode & S_IFMT) {
        case S_IFLNK: return copy_link(from, to);
        case S_IFDIR: return copy_directory(from, to);
        case S_IFREG: return copy_file(from, to, info->st_mode & 0777u);
        default: throw Error(fmt::format("{}: is neither file, directory nor symbolic link", printable(from.string())));
        }
    }

private:
    void copy_file(const fs::path& from, const std::string& to, mode_t mode) const {
        const Fd source = sys::open_file(from, {.follow = false});
        const Fd file = create_file(root_, to, mode);
        sys::copy_content(source, file, static_cast<std::uint64_t>(sys::stat_fd(source).st_size), to);
        sys::set_mode(file, mode, to);
        set_attributes(root_, file, wanted_, to);
    }

    void copy_link(const fs::path& from, const std::string& to) const {
        const std::string target = sys::read_link(from).value_or("");
        const auto slash = to.rfind('/');
        root_.make_dirs(to.substr(0, slash), 0755, sys::Links::InRoot);
        root_.remove(to, sys::Links::InRoot);
        root_.make_symlink(target, to, sys::Links::InRoot);
    }

    void copy_directory(const fs::path& from, const std::string& to) const {
        root_.make_dirs(to, 0755, sys::Links::InRoot);
        for (const std::string& name : sys::list_dir(from)) copy(from / name, to + "/" + name);
    }

    const sys::RootedDir& root_;
    FileAttributes wanted_;
};

// A pattern in the last part of a path names what stands in its directory.
std::vector<fs::path> matches(const fs::path& pattern) {
    if (pattern.filename().string().find_first_of("*?[") == std::string::npos) return {pattern};
    std::vector<fs::path> found;
    for (const std::string& name : sys::list_dir(pattern.parent_path()))
        if (::fnmatch(pattern.filename().c_str(), name.c_str(), FNM_PERIOD) == 0) found.push_back(pattern.parent_path() / name);
    std::ranges::sort(found);
    if (found.empty()) throw Error(fmt::format("{}: matches nothing", printable(pattern.string())));
    return found;
}

} // namespace

std::vector<fs::path> copied_paths(const FileEntry& entry, const fs::path& sources) {
    if (entry.source.empty()) throw Error("no source is given");
    const fs::path source = sources / entry.source;
    return matches(source.has_filename() ? source : source.parent_path());
}

void generate_dump(const GeneratorCall& call) {
    const std::string& path = require_absolute(call.entry.path);
    const Fd file = create_file(call.root, path);
    sys::write_all(file, whole_lines(call.entry.content), path);
    set_attributes(call.root, file, attributes_of(call.entry), path);
    if (call.entry.templated && call.target.output == Output::Lxc) call.files.lxc_templates.push_back(path);
}

void generate_copy(const GeneratorCall& call) {
    const FileEntry& entry = call.entry;
    const auto found = copied_paths(entry, call.sources);
    const fs::path source = call.sources / entry.source;
    const std::string path = require_absolute(entry.path.empty() ? fs::absolute(source).lexically_normal().string() : entry.path);
    const bool into = path.ends_with('/') || found.size() > 1;
    const std::string to = path.substr(0, path.find_last_not_of('/') + 1);
    const Copier copier(call);
    for (const fs::path& one : found) copier.copy(one, into ? to + "/" + one.filename().string() : to);
}

void generate_remove(const GeneratorCall& call) {
    const std::string& path = require_absolute(call.entry.path);
    const auto slash = path.find_last_not_of('/');
    if (slash == path.npos) throw Error("the root itself stays");
    const std::string clean = path.substr(0, slash + 1);
    const auto parent = clean.rfind('/');
    auto directory = call.root.try_open_at(clean.substr(0, parent), O_RDONLY | O_DIRECTORY, 0, sys::Links::InRoot);
    if (!directory) return;
    const sys::RootedDir where(*std::move(directory), call.root.name());
    const std::string leaf = clean.substr(parent + 1);
    const auto info = where.stat(leaf);
    if (info && S_ISDIR(info->st_mode)) where.remove_tree(leaf);
    else where.remove(leaf);
}

} // namespace lxcpp::distro
