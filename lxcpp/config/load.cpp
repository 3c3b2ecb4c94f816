// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include "base/paths.h"
#include "base/strings.h"
#include "config/keys.h"
#include "config/validate.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>
#include <linux/magic.h>
#include <optional>
#include <ranges>
#include <set>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

#include "sys/file.h"

namespace lxcpp {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLxcShare = "/usr/share/lxc/";
constexpr mode_t kConfigMode = 0640;

IncludedFile read_included(const fs::path& path) {
    const auto status = sys::stat_path(path);
    if (status && !S_ISREG(status->st_mode))
        throw Error(fmt::format("{} is not a regular file", path.string()));
    IncludedFile file{path, sys::read_file(path), {}}; // says so when it is not there
    if (status) file.identity = {status->st_dev, status->st_ino};
    return file;
}

// A file, the *.conf of a directory in order, or nothing for a directory that is not there.
Include read_include(const fs::path& path) {
    Include include;
    const auto status = sys::stat_path(path);
    if (!status && !path.has_filename()) return include;
    if (!status || !S_ISDIR(status->st_mode)) {
        include.files.push_back(read_included(path));
        return include;
    }
    for (const auto& name : sys::list_dir(path))
        if (name.ends_with(".conf")) include.files.push_back(read_included(path / name));
    return include;
}

class Reader {
public:
    Reader(const LoadOptions& options, LoadedConfig& out, std::vector<Problem>* problems)
        : options_(options), out_(out), problems_(problems) {}

    void read(std::string_view text, const fs::path& path, const FileIdentity& identity = {}) {
        int number = 0;
        open_.push_back(identity);
        for (const auto raw : split_lines(text))
            read_line(raw, path, {.file = path.string(), .line = ++number});
        open_.pop_back();
    }

    void check() {
        for (Problem& problem : validate(out_.config)) {
            problem.origin = origin_of(out_.assignments, problem.key);
            report(std::move(problem));
        }
    }

private:
    void read_line(std::string_view raw, const fs::path& path, const Origin& origin) {
        const Line line = parse_line(raw);
        if (line.kind == LineKind::Malformed)
            return fail(origin, line.key, "the line has no \"=\"; write KEY = VALUE");
        if (line.kind != LineKind::Assignment) return;
        // The kernel's texts end there: it would see another one than we.
        if (raw.find('\0') != raw.npos) return fail(origin, line.key, "a zero byte in the line");
        try {
            if (line.key == kIncludeKey)
                include(line.value, path.parent_path());
            else
                assign(line, origin);
        } catch (const ConfigError&) {
            throw; // from an included file: it names its own line
        } catch (const Error& error) {
            fail(origin, line.key, error.what());
        }
    }

    void assign(const Line& line, const Origin& origin) {
        set_item(out_.config, line.key, line.value);
        out_.assignments.push_back({std::string(line.key), std::string(line.value), origin});
    }

    void include(std::string_view value, const fs::path& directory) {
        if (value.empty()) return;
        if (open_.size() > options_.max_depth)
            throw Error(fmt::format("includes are nested deeper than {}", options_.max_depth));
        const fs::path path = find_shared_file(directory / value, options_.data_dir);
        if (options_.includes == nullptr) return read_all(read_include(path));
        const auto [known, added] = options_.includes->try_emplace(path.string());
        if (added) {
            try {
                known->second = read_include(path);
            } catch (...) {
                options_.includes->erase(known);
                throw;
            }
        }
        read_all(known->second); // a map's elements stay where they are
    }

    // Refuses what would never end: a file in itself, or files that multiply each other.
    void read_all(const Include& include) {
        for (const auto& file : include.files) {
            if (file.identity && std::ranges::find(open_, file.identity) != open_.end())
                throw Error(fmt::format("{} would include itself", file.path.string()));
            if (++files_ > options_.max_files)
                throw Error(fmt::format("more than {} files are included", options_.max_files));
            read(file.text, file.path, file.identity);
        }
    }

    void fail(const Origin& origin, std::string_view key, std::string message) {
        report({Severity::Error, origin, excerpt(key), std::move(message), {}});
    }

    void report(Problem problem) {
        if (problems_ == nullptr)
            throw ConfigError(problem.origin.file, problem.origin.line, problem.key,
                              problem.message);
        problems_->push_back(std::move(problem));
    }

    const LoadOptions& options_;
    LoadedConfig& out_;
    std::vector<Problem>* problems_;
    // The files whose lines are being read, outermost first; the top one is not asked who it is.
    std::vector<FileIdentity> open_;
    std::size_t files_ = 0; // that were included
};

LoadedConfig load(std::string_view text, const fs::path& name, const LoadOptions& options,
                  std::vector<Problem>* problems) {
    LoadedConfig loaded;
    loaded.text = ConfigText(text);
    Reader reader(options, loaded, problems);
    reader.read(text, name);
    if (options.validate) reader.check();
    return loaded;
}

// Saving changes the file behind a link and leaves the link. Only links of our own: one that
// somebody else made may lead to any file of the host.
fs::path behind_links(fs::path path) {
    for (int hops = 0; hops < 16; ++hops) {
        const auto status = sys::stat_path(path, false);
        if (!status || !S_ISLNK(status->st_mode)) return path;
        if (status->st_uid != ::geteuid())
            throw Error(
                fmt::format("{} is a symbolic link of user id {} and is not followed; change "
                            "the file itself",
                            path.string(), status->st_uid));
        path = path.parent_path() / sys::read_link(path).value_or("");
    }
    throw Error(fmt::format("{}: too many symbolic links", path.string()));
}

} // namespace

fs::path find_shared_file(const fs::path& path, const fs::path& data_dir) {
    const std::string text = path.string();
    if (!text.starts_with(kLxcShare) || sys::exists(path)) return path;
    const fs::path data = data_dir.empty() ? default_paths().data : data_dir;
    const fs::path ours = data / text.substr(kLxcShare.size());
    return sys::exists(ours) ? ours : path;
}

std::string read_config_file(const fs::path& path) {
    const Fd inode = sys::open_file(path, {.access = sys::Access::Path});
    if (S_ISFIFO(sys::stat_fd(inode).st_mode) && sys::filesystem_magic(inode) != PIPEFS_MAGIC)
        throw Error(fmt::format("{} is a named pipe, not a regular file", path.string()));
    return sys::read_file(path);
}

LoadedConfig load_config(const fs::path& path, const LoadOptions& options) {
    return load(read_config_file(path), path, options, nullptr);
}

LoadedConfig load_config_text(std::string_view text, const fs::path& name,
                              const LoadOptions& options) {
    return load(text, name, options, nullptr);
}

LoadedConfig load_config_tolerant(std::string_view text, const fs::path& name,
                                  const LoadOptions& options, std::vector<Problem>& problems) {
    return load(text, name, options, &problems);
}

// From the end: what a line gave is gone when a later one clears its key, or sets it and it is no
// list.
std::vector<Assignment> effective_assignments(const LoadedConfig& loaded) {
    std::set<std::string_view> set;
    std::set<std::string_view> cleared;
    std::vector<Assignment> effective;
    // Not views::reverse here and in lint: clang 14 cannot compile libstdc++ 12's.
    for (auto at = loaded.assignments.rbegin(); at != loaded.assignments.rend(); ++at) {
        const Assignment& line = *at;
        const bool undone = (set.contains(line.key) && !is_list_key(line.key)) ||
                            std::ranges::any_of(cleared, [&](std::string_view key) {
                                return clears(key, line.key);
                            });
        (line.value.empty() ? cleared : set).insert(line.key);
        if (!undone) effective.push_back(line);
    }
    std::ranges::reverse(effective);
    return effective;
}

Origin origin_of(const std::vector<Assignment>& assignments, std::string_view key) {
    const auto last = std::find_if(assignments.rbegin(), assignments.rend(),
                                   [&](const Assignment& line) { return line.key == key; });
    return last == assignments.rend() ? Origin{} : last->origin;
}

ConfigError at_origin(const ConfigError& error, const std::vector<Assignment>& assignments) {
    std::string_view message = error.what();
    const std::string named = error.key() + ": ";
    if (message.starts_with(named)) message.remove_prefix(named.size());
    Origin origin = origin_of(assignments, error.key());
    const auto same_key = [&](const Assignment& line) { return line.key == error.key(); };
    const auto quoted = [&](const Assignment& line) {
        return same_key(line) && !line.value.empty() && message.find(line.value) != message.npos;
    };
    const auto found = std::ranges::find_if(assignments, quoted);
    if (found != assignments.end())
        origin = found->origin;
    else if (is_list_key(error.key()) && std::ranges::count_if(assignments, same_key) > 1)
        origin.line = 0;
    return {origin.file, origin.line, error.key(), message};
}

void save_config(const ConfigText& text, const fs::path& where) {
    // Root may change a user's file: nothing is to be had by exchanging the directory meanwhile.
    sys::write_file_as_it_is(behind_links(where), text.text(), kConfigMode);
}

} // namespace lxcpp
