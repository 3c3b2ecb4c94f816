// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/item.h"
#include "config/problem.h"
#include "config/text.h"
#include "config/types.h"

#include <lxcpp/error.h>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
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

// Tells files apart whatever path leads to them: device and inode.
using FileIdentity = std::optional<std::pair<dev_t, ino_t>>;

struct IncludedFile {
    std::filesystem::path path;
    std::string text;
    FileIdentity identity;
};

// What lxc.include names, read once for all configurations of a listing.
struct Include {
    std::vector<IncludedFile> files;
};
using IncludeCache = std::map<std::string, Include>;

struct LoadOptions {
    std::size_t max_depth = 16;          // of includes
    std::size_t max_files = 1000;        // that includes may read, each time counted
    std::filesystem::path data_dir = {}; // see find_shared_file
    bool validate = true;                // refuse values that contradict each other
    IncludeCache* includes = nullptr;    // kept between loads; none = read anew
};

// Configurations made for LXC name its shared files (/usr/share/lxc/config/common.seccomp). Where
// that does not exist the file of the same name below data_dir (empty: default_paths().data) stands
// in. Any other path, or one without a stand-in, is returned as it is.
[[nodiscard]] std::filesystem::path find_shared_file(const std::filesystem::path& path,
                                                     const std::filesystem::path& data_dir = {});

// The text of a configuration. A pipe is read when it has no name ("-f <(program)"); one with a name
// and no writer would be waited for, by every command that lists it: Error. SystemError when it cannot
// be read.
[[nodiscard]] std::string read_config_file(const std::filesystem::path& path);

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

// An error that names only its key, with the file and the line that gave the value. Of several
// lines of a list it is the one that the message quotes; none is named when it quotes none.
[[nodiscard]] ConfigError at_origin(const ConfigError& error,
                                    const std::vector<Assignment>& assignments);

// Writes the text so that a crash leaves the old or the new file. Mode 0640 for a new file; an old
// one keeps its mode and owner, and a link stays one.
void save_config(const ConfigText& text, const std::filesystem::path& path);

} // namespace lxcpp
