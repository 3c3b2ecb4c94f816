// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/option_table.h"
#include "distrobuilder/output.h"
#include "distrobuilder/recipe_load.h"

#include <chrono>
#include <cstddef>
#include <ctime>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The commands of lxcpp-distrobuilder.
namespace lxcpp::distro {

inline constexpr std::string_view kProgram = "lxcpp-distrobuilder";
inline constexpr auto kFailedTrees =
    "failed"; // the directory of a cache with what --cleanup=false keeps

// What the command line says; each command has some of it.
struct CommandOptions {
    std::vector<std::string> options; // -o
    std::string cache_dir;
    std::string sources_dir;
    bool keep_sources = true;
    bool cleanup = true;
    std::size_t timeout = 0; // seconds; 0 = none
    bool debug = false;
    bool quiet = false;
    bool json = false;
    bool disable_overlay = false;
    bool no_cache = false;
    std::optional<std::uint32_t> cache_max_age; // hours
    bool shell_on_failure = false;
    std::string command_line; // all of it, as a shell takes it
    bool with_post_files = false;
    bool no_manifest = false;
    std::string compression = "xz";
    std::string squashfs_compression;
    std::string type = "split";
    std::string oci_form = "archive";
    std::string oci_tag;
    std::string outputs; // "lxc,incus,oci"
    bool all = false;
    bool list = false;
    std::optional<std::uint32_t> older_than; // days
    bool vm = false;
    std::string import_into_incus;
    bool wants_import = false;
};

struct Command {
    std::string_view name;
    std::string_view synopsis; // after the name
    std::string_view help;
    std::string_view options; // long names of those that it has, besides the general ones, between blanks
    // words: without the command. Returns the exit code.
    int (*run)(const CommandOptions& options, std::span<const std::string> words);
};

[[nodiscard]] std::span<const Command> commands() noexcept;

// Throws Error when there are fewer or more words than the command takes.
void require_words(std::span<const std::string> words, std::size_t least, std::size_t most, std::string_view usage);

// The recipe of a command line, read as often as there are images of it, at one time: they have the same serial.
class RecipeReading {
public:
    // Throws Error when the file cannot be read. options must outlive this.
    RecipeReading(const std::string& file, const CommandOptions& options);

    // With more options. Prints warnings, each once, and all errors, one line each. Throws Error when there are errors.
    [[nodiscard]] LoadedRecipe read(std::span<const std::string> more = {});
    // Prints a warning that was not there before.
    void warn(const std::string& line);
    [[nodiscard]] std::time_t now() const noexcept { return now_; }

private:
    std::string file_;
    const CommandOptions& options_;
    std::time_t now_;
    RecipeTree tree_;
    std::set<std::string> told_;
};

// --cache-dir, or the place for it.
[[nodiscard]] std::filesystem::path cache_directory(const CommandOptions& options);
// What uname(2) calls this machine.
[[nodiscard]] std::string machine_name();

int run_validate(const CommandOptions& options, std::span<const std::string> words);
int run_show(const CommandOptions& options, std::span<const std::string> words);
int run_lint(const CommandOptions& options, std::span<const std::string> words);
int run_build_command(const CommandOptions& options, std::span<const std::string> words);
int run_build_dir(const CommandOptions& options, std::span<const std::string> words);
int run_build_lxc(const CommandOptions& options, std::span<const std::string> words);
int run_build_incus(const CommandOptions& options, std::span<const std::string> words);
int run_build_oci(const CommandOptions& options, std::span<const std::string> words);
int run_pack_lxc(const CommandOptions& options, std::span<const std::string> words);
int run_pack_incus(const CommandOptions& options, std::span<const std::string> words);
int run_pack_oci(const CommandOptions& options, std::span<const std::string> words);
int run_enter(const CommandOptions& options, std::span<const std::string> words);
int run_cache(const CommandOptions& options, std::span<const std::string> words);
int refuse_windows(const CommandOptions& options, std::span<const std::string> words);

} // namespace lxcpp::distro
