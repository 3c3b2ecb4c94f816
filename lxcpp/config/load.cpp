// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include "base/paths.h"
#include "base/strings.h"
#include "config/keys.h"
#include "config/validate.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/format.h>

#include "sys/file.h"

namespace lxcpp {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLxcShare = "/usr/share/lxc/";
constexpr mode_t kConfigMode = 0640;

// A file, the *.conf of a directory in order, or nothing for a directory that is not there.
Include read_include(const fs::path& path) {
    Include include;
    const auto status = sys::stat_path(path);
    if (!status && !path.has_filename()) return include;
    if (!status || !S_ISDIR(status->st_mode)) {
        include.files.emplace_back(path, sys::read_file(path));
        return include;
    }
    for (const auto& name : sys::list_dir(path)) {
        if (name.ends_with(".conf")) include.files.emplace_back(path / name, sys::read_file(path / name));
    }
    return include;
}

class Reader {
public:
    Reader(const LoadOptions& options, LoadedConfig& out, std::vector<Problem>* problems)
        : options_(options), out_(out), problems_(problems) {}

    void read(std::string_view text, const fs::path& path, int depth) {
        int number = 0;
        for (const auto raw : split_lines(text))
            read_line(raw, path, {.file = path.string(), .line = ++number}, depth);
    }

    void check() {
        for (Problem& problem : validate(out_.config)) {
            problem.origin = origin_of(out_.assignments, problem.key);
            report(std::move(problem));
        }
    }

private:
    void read_line(std::string_view raw, const fs::path& path, const Origin& origin, int depth) {
        const Line line = parse_line(raw);
        if (line.kind == LineKind::Malformed)
            return fail(origin, printable(line.key), "the line has no \"=\"");
        if (line.kind != LineKind::Assignment) return;
        try {
            if (line.key == kIncludeKey)
                include(line.value, path.parent_path(), depth);
            else
                assign(line, origin);
        } catch (const ConfigError&) {
            throw; // from an included file: it names its own line
        } catch (const Error& error) {
            fail(origin, printable(line.key), error.what());
        }
    }

    void assign(const Line& line, const Origin& origin) {
        set_item(out_.config, line.key, line.value);
        out_.assignments.push_back({std::string(line.key), std::string(line.value), origin});
    }

    void include(std::string_view value, const fs::path& directory, int depth) {
        if (value.empty()) return;
        if (depth >= options_.max_depth)
            throw Error(fmt::format("includes are nested deeper than {}; does a file include "
                                    "itself?",
                                    options_.max_depth));
        const fs::path path = find_shared_file(directory / value, options_.data_dir);
        if (options_.includes == nullptr) return read_all(read_include(path), depth);
        const auto [known, added] = options_.includes->try_emplace(path.string());
        if (added) {
            try {
                known->second = read_include(path);
            } catch (...) {
                options_.includes->erase(known);
                throw;
            }
        }
        read_all(known->second, depth); // a map's elements stay where they are
    }

    void read_all(const Include& include, int depth) {
        for (const auto& [path, text] : include.files) read(text, path, depth + 1);
    }

    void fail(const Origin& origin, const std::string& key, std::string message) {
        report({Severity::Error, origin, key, std::move(message), {}});
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
};

LoadedConfig load(std::string_view text, const fs::path& name, const LoadOptions& options,
                  std::vector<Problem>* problems) {
    LoadedConfig loaded;
    loaded.text = ConfigText(text);
    Reader reader(options, loaded, problems);
    reader.read(text, name, 0);
    if (options.validate) reader.check();
    return loaded;
}

// Whether the later line undoes the earlier one.
bool replaces(const Assignment& later, const Assignment& earlier) {
    if (later.value.empty()) return clears(later.key, earlier.key);
    return later.key == earlier.key && !is_list_key(later.key);
}

} // namespace

fs::path find_shared_file(const fs::path& path, const fs::path& data_dir) {
    const std::string text = path.string();
    if (!text.starts_with(kLxcShare) || sys::exists(path)) return path;
    const fs::path data = data_dir.empty() ? default_paths().data : data_dir;
    const fs::path ours = data / text.substr(kLxcShare.size());
    return sys::exists(ours) ? ours : path;
}

LoadedConfig load_config(const fs::path& path, const LoadOptions& options) {
    return load(sys::read_file(path), path, options, nullptr);
}

LoadedConfig load_config_text(std::string_view text, const fs::path& name,
                              const LoadOptions& options) {
    return load(text, name, options, nullptr);
}

LoadedConfig load_config_tolerant(std::string_view text, const fs::path& name,
                                  const LoadOptions& options, std::vector<Problem>& problems) {
    return load(text, name, options, &problems);
}

std::vector<Assignment> effective_assignments(const LoadedConfig& loaded) {
    std::vector<Assignment> effective;
    for (const auto& line : loaded.assignments) {
        std::erase_if(effective,
                      [&](const Assignment& earlier) { return replaces(line, earlier); });
        effective.push_back(line);
    }
    return effective;
}

Origin origin_of(const std::vector<Assignment>& assignments, std::string_view key) {
    const auto last = std::find_if(assignments.rbegin(), assignments.rend(),
                                   [&](const Assignment& line) { return line.key == key; });
    return last == assignments.rend() ? Origin{} : last->origin;
}

void save_config(const ConfigText& text, const fs::path& path) {
    const auto old = sys::stat_path(path);
    sys::write_file_atomic(path, text.text(), old ? old->st_mode & 07777 : kConfigMode);
    const auto fresh = sys::stat_path(path);
    if (old && fresh && (old->st_uid != fresh->st_uid || old->st_gid != fresh->st_gid))
        sys::chown(path, old->st_uid, old->st_gid); // root changed a user's file
}

} // namespace lxcpp
