// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/item.h"
#include "config/problem.h"
#include "config/text.h"
#include "config/types.h"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Config files into values. lxc.include is carried out here; nothing else in a file has a meaning
// beyond its own line, and nothing is expanded.
namespace lxcpp {

// One line that was applied, in order, those of included files in their place.
struct Assignment {
    std::string key;
    std::string value;
    Origin origin;
};

struct LoadedConfig {
    Config config;
    ConfigText text; // the top file alone
    std::vector<Assignment> assignments;
};

// What lxc.include names, read once for all configurations of a listing.
struct Include {
    std::vector<std::pair<std::filesystem::path, std::string>> files; // path, text
};
using IncludeCache = std::map<std::string, Include>;

struct LoadOptions {
    int max_depth = 16; // of includes
    std::filesystem::path data_dir = {}; // see find_shared_file
    bool validate = true; // refuse values that contradict each other
    IncludeCache* includes = nullptr; // kept between loads; none = read anew
};

// Configurations made for LXC name its shared files (/usr/share/lxc/config/common.seccomp). Where
// that does not exist the file of the same name below data_dir (empty: default_paths().data) stands
// in. Any other path, or one without a stand-in, is returned as it is.
[[nodiscard]] std::filesystem::path find_shared_file(const std::filesystem::path& path,
                                                     const std::filesystem::path& data_dir = {});

// Throws SystemError when the file cannot be read, ConfigError (file, line, key) for the first
// thing wrong in it.
[[nodiscard]] LoadedConfig load_config(const std::filesystem::path& path,
                                       const LoadOptions& options = {});
// The same for text that is not in a file; name stands in error messages, and relative includes
// start at its directory.
[[nodiscard]] LoadedConfig load_config_text(std::string_view text,
                                            const std::filesystem::path& name,
                                            const LoadOptions& options = {});

// Goes on after an error; everything wrong is added to problems.
[[nodiscard]] LoadedConfig load_config_tolerant(std::string_view text,
                                                const std::filesystem::path& name,
                                                const LoadOptions& options,
                                                std::vector<Problem>& problems);

// The lines that made the value what it is: without those that a later line replaced or cleared.
[[nodiscard]] std::vector<Assignment> effective_assignments(const LoadedConfig& loaded);

// The line that set key last; an origin without a file when none did.
[[nodiscard]] Origin origin_of(const std::vector<Assignment>& assignments, std::string_view key);

// Writes the text so that a crash leaves the old or the new file. Mode 0640 for a new file; an old
// one keeps its mode and owner.
void save_config(const ConfigText& text, const std::filesystem::path& path);

} // namespace lxcpp
