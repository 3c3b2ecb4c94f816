// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/command_line.h"

#include "base/nearest.h"
#include "base/strings.h"
#include "common/say.h"
#include "distrobuilder/recipe_names.h"

#include <lxcpp/error.h>
#include <lxcpp/version.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

using tools::OptionTable;
using tools::say;
using Value = OptionTable::Value;

constexpr std::string_view kBuildOptions = "cache-dir cleanup timeout disable-overlay no-cache cache-max-age shell-on-failure sources-dir keep-sources json";
constexpr std::string_view kImageOptions = "compression no-manifest";
constexpr std::string_view kIncusOptions = "type squashfs-compression vm import-into-incus";
constexpr std::string_view kOciOptions = "oci-form oci-tag";

std::string all_of(std::initializer_list<std::string_view> groups) {
    std::string text = " ";
    for (const std::string_view group : groups) text += std::string(group) + " ";
    return text;
}

const std::string kForBuild = all_of({kBuildOptions, kImageOptions, kIncusOptions, kOciOptions, "output all list"});
const std::string kForDirectory = all_of({kBuildOptions, "with-post-files"});
const std::string kForLxc = all_of({kBuildOptions, kImageOptions});
const std::string kForIncus = all_of({kBuildOptions, kImageOptions, kIncusOptions});
const std::string kForOci = all_of({kBuildOptions, kImageOptions, kOciOptions});
const std::string kForCache = all_of({"cache-dir older-than all"});
const std::string kNone = " ";

const std::array kCommands{
    Command{"build", "RECIPE [DIRECTORY]", "builds images of several kinds, of one tree (--output), or all that the recipe's matrix names (--all)",
            kForBuild, run_build_command},
    Command{"build-dir", "RECIPE DIRECTORY", "builds a root file system into an empty directory", kForDirectory, run_build_dir},
    Command{"build-lxc", "RECIPE [DIRECTORY]", "builds an image for LXC: meta.tar.xz, rootfs.tar.xz", kForLxc, run_build_lxc},
    Command{"build-incus", "RECIPE [DIRECTORY]", "builds an image for Incus: incus.tar.xz, rootfs.squashfs, or one archive", kForIncus, run_build_incus},
    Command{"build-oci", "RECIPE [DIRECTORY]", "builds an OCI image: an archive, or a layout", kForOci, run_build_oci},
    Command{"pack-lxc", "RECIPE ROOTFS [DIRECTORY]", "makes an image for LXC of a root file system that build-dir made", kForLxc, run_pack_lxc},
    Command{"pack-incus", "RECIPE ROOTFS [DIRECTORY]", "makes an image for Incus of one", kForIncus, run_pack_incus},
    Command{"pack-oci", "RECIPE ROOTFS [DIRECTORY]", "makes an OCI image of one", kForOci, run_pack_oci},
    Command{"validate", "RECIPE", "says whether the recipe is right", kNone, run_validate},
    Command{"show", "RECIPE", "prints the recipe as a build would go by it: options, filters and templates applied", kNone, run_show},
    Command{"lint", "RECIPE", "tells what is right and still worth a look", kNone, run_lint},
    Command{"cache", "list|prune", "shows, or takes away, what earlier builds left to later ones",
            kForCache, run_cache},
    Command{"enter", "TREE [PROGRAM [ARGUMENT...]]",
            "a shell, or a program, in the tree of a failed build that --cleanup=false kept", kNone,
            run_enter},
    Command{"repack-windows", "ISO ISO", "is not offered", kNone, refuse_windows},
};

// The names before distrobuilder 3.0.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> kFormerNames{{{"build-lxd", "build-incus"}, {"pack-lxd", "pack-incus"}}};

const Command* find_command(std::string_view name) {
    const auto found = std::ranges::find(kCommands, name, &Command::name);
    return found == kCommands.end() ? nullptr : &*found;
}

bool truth(const std::string& text) {
    if (text.empty() || text == "true" || text == "1" || text == "t") return true;
    if (text == "false" || text == "0" || text == "f") return false;
    throw Error("expected true or false");
}

// The table, which also notes what was used.
class Table {
public:
    explicit Table(CommandOptions& options) : options_(options) {}

    void fill(std::string_view wanted) {
        wanted_ = wanted;
        text("-o,--options", options_.options, "set values of the recipe: KEY=VALUE[,KEY=VALUE...]");
        flag("-q,--quiet", options_.quiet, "errors only");
        boolean("--debug", options_.debug, "show what programs print");
        flag("-?,-h,--help", help, "print this help");
        flag("--version", version, "print the version");
        text("--output", options_.outputs, "what to make, of: lxc,incus,oci");
        flag("--all", options_.all, "each image of the recipe's matrix; of cache prune: all layers");
        flag("--list", options_.list, "only list the images of the matrix");
        text("--compression", options_.compression, "of archives: xz (the default), zstd, gzip, ..., with a level: zstd-19");
        text("--squashfs-compression", options_.squashfs_compression, "of rootfs.squashfs, when not the same");
        text("--type", options_.type, "split (the default) or unified");
        text("--oci-form", options_.oci_form, "archive (the default) or layout");
        text("--oci-tag", options_.oci_tag, "the image's name in there");
        flag("--no-manifest", options_.no_manifest, "do not write manifest.spdx.json");
        boolean("--with-post-files", options_.with_post_files, "run the post-files actions too");
        text("--cache-dir", options_.cache_dir, "where builds keep what they can use again");
        flag("--no-cache", options_.no_cache, "do each step, and keep none");
        text("--cache-max-age", options_.cache_max_age, "hours for which what came from servers is used again (24)");
        text("--sources-dir", options_.sources_dir, "where downloads are kept");
        boolean("--keep-sources", options_.keep_sources, "keep downloads (the default)");
        boolean("--cleanup", options_.cleanup, "false: keep the unfinished tree of a build that fails");
        boolean("--disable-overlay", options_.disable_overlay, "change one directory, without overlayfs and without a cache");
        flag("--shell-on-failure", options_.shell_on_failure, "a shell in the tree when a step fails");
        text("-t,--timeout", options_.timeout, "end the build after so many seconds");
        flag("--json", options_.json, "one JSON object a line, on standard output, in place of text");
        text("--older-than", options_.older_than, "days for which a layer was not used");
        boolean("--vm", options_.vm, "is not offered: virtual machines");
        add("--import-into-incus", Value::Attached, "is not offered: see the manual page", [this](const std::string& value) {
            options_.wants_import = true;
            options_.import_into_incus = value;
        });
    }

    OptionTable table;
    std::vector<std::string> used;
    bool help = false;
    bool version = false;

private:
    static std::string long_name(const std::string& names) { return names.substr(names.find("--") + 2); }
    bool is_wanted(const std::string& name) const {
        constexpr std::string_view general = " options quiet debug help version ";
        return wanted_.empty() || general.find(" " + name + " ") != general.npos || wanted_.find(" " + name + " ") != wanted_.npos;
    }
    void add(const std::string& names, Value value, const std::string& help_text, OptionTable::Take take) {
        const std::string name = long_name(names);
        if (!is_wanted(name)) return;
        table.add(names, value, help_text, [this, name, take = std::move(take)](const std::string& given) {
            used.push_back(name);
            take(given);
        });
    }
    void flag(const std::string& names, bool& target, const std::string& text) {
        add(names, Value::None, text, [&target](const std::string&) { target = true; });
    }
    void boolean(const std::string& names, bool& target, const std::string& text) {
        add(names, Value::Attached, text, [&target](const std::string& given) { target = truth(given); });
    }
    template <typename Target>
    void text(const std::string& names, Target& target, const std::string& text) {
        add(names, Value::Needed, text, [&target](const std::string& given) { tools::convert(given, target); });
    }

    CommandOptions& options_;
    std::string_view wanted_;
};

void print_help(const Command* command) {
    CommandOptions unused;
    Table table(unused);
    table.fill(command == nullptr ? std::string_view() : command->options);
    if (command != nullptr) {
        say("Usage: {} {} {} [OPTION...]\n\n{}: {}.\n\nOptions:\n{}", kProgram, command->name, command->synopsis, command->name, command->help,
            table.table.help());
        return;
    }
    say("Usage: {} COMMAND [OPTION...]\n\nBuilds images of distributions by recipes, as distrobuilder does.\n\nCommands ('{} COMMAND --help' explains one):\n",
        kProgram, kProgram);
    for (const Command& one : kCommands)
        if (one.run != refuse_windows) say("  {:<13}{}\n", one.name, one.help);
    say("\nOptions:\n{}", table.table.help());
}

const Command& require_command(const std::string& name) {
    std::string meant = name;
    for (const auto& [former, now] : kFormerNames) {
        if (name != former) continue;
        meant = now;
        say("{}: {} is called {} now\n", kProgram, former, now);
    }
    if (const Command* command = find_command(meant)) return *command;
    std::vector<std::string> names;
    for (const Command& command : kCommands) names.emplace_back(command.name);
    const auto near = nearest(name, names);
    throw Error(fmt::format("there is no command {}{}", printable(name), near ? fmt::format("; did you mean '{}'?", *near) : ": --help lists them"));
}

void check_used(const Command& command, const std::vector<std::string>& used) {
    constexpr std::string_view general = " options quiet debug help version ";
    for (const std::string& name : used) {
        const std::string word = " " + name + " ";
        if (general.find(word) != general.npos || command.options.find(word) != command.options.npos) continue;
        // distrobuilder takes its general options with each command, where they mean nothing.
        constexpr std::string_view harmless = " cache-dir cleanup timeout disable-overlay ";
        if (harmless.find(word) != harmless.npos) continue;
        throw Error(fmt::format("{} has no option --{}: '{} {} --help' lists its own", command.name, name, kProgram, command.name));
    }
}

} // namespace

std::span<const Command> commands() noexcept { return kCommands; }

std::optional<CommandLine> read_command_line(int argc, char** argv, int& code) {
    CommandLine line;
    Table table(line.options);
    table.fill({});
    auto words = table.table.parse(std::string(kProgram), argc, argv);
    code = 1;
    if (!words) {
        say("Usage: {} COMMAND [OPTION...]\n", kProgram);
        return std::nullopt;
    }
    code = 0;
    if (table.version) {
        fmt::print("{}\n", version());
        return std::nullopt;
    }
    if (table.help || (!words->empty() && words->front() == "help")) {
        const std::size_t at = !words->empty() && words->front() == "help" ? 1 : 0;
        print_help(words->size() > at ? &require_command((*words)[at]) : nullptr);
        return std::nullopt;
    }
    if (words->empty()) throw Error("which command? --help lists them");
    line.command = &require_command(words->front());
    line.options.command_line = quote_command(std::vector<std::string>(argv, argv + argc));
    check_used(*line.command, table.used);
    line.words.assign(words->begin() + 1, words->end());
    return line;
}

} // namespace lxcpp::distro
