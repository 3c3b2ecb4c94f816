// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/command.h"

#include "base/paths.h"
#include "base/strings.h"
#include "common/harmless.h"
#include "distrobuilder/build.h"
#include "distrobuilder/build_cache.h"
#include "distrobuilder/hidden_output.h"
#include "distrobuilder/read_places.h"
#include "distrobuilder/worker.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/pipe.h"
#include "sys/pty.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <unistd.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;

// One of the images of a command: its recipe, and where it goes.
struct Wanted {
    LoadedRecipe recipe;
    fs::path target;
};

std::vector<Output> parse_outputs(const std::string& text) {
    if (text.empty()) throw Error("--output: what is to be made? --output lxc,incus,oci, or some of them");
    std::vector<Output> outputs;
    for (const std::string_view word : split(text, ',')) {
        Output output = Output::Lxc;
        if (word == "incus" || word == "lxd") output = Output::Incus;
        else if (word == "oci") output = Output::Oci;
        else if (word != "lxc") throw Error(fmt::format("--output: there is no '{}': lxc, incus and oci there are", printable(word)));
        if (std::ranges::find(outputs, output) == outputs.end()) outputs.push_back(output);
    }
    return outputs;
}

OutputOptions output_options(const CommandOptions& options) {
    OutputOptions output;
    output.compression = parse_output_compression(options.compression);
    if (!options.squashfs_compression.empty()) output.squashfs = parse_output_compression(options.squashfs_compression);
    if (options.type != "split" && options.type != "unified") throw Error(fmt::format("--type {}: split and unified there are", printable(options.type)));
    if (options.type == "unified") output.type = IncusType::Unified;
    if (options.oci_form != "archive" && options.oci_form != "layout")
        throw Error(fmt::format("--oci-form {}: archive and layout there are", printable(options.oci_form)));
    if (options.oci_form == "layout") output.oci = OciForm::Layout;
    output.oci_tag = options.oci_tag;
    return output;
}

void refuse_what_is_not_offered(const CommandOptions& options) {
    if (options.vm) throw Error("--vm: images of virtual machines are not offered: lxcpp runs containers; distrobuilder makes them of the same recipe");
    if (options.wants_import)
        throw Error("--import-into-incus: the image is not imported; give the files to 'incus image import incus.tar.xz rootfs.squashfs --alias NAME', "
                    "or to 'lxcpp-image import'");
}

void require_terminal() {
    const bool there = sys::is_terminal(FdRef(STDIN_FILENO)) && sys::is_terminal(FdRef(STDOUT_FILENO));
    if (!there) throw Error("--shell-on-failure: there is no terminal for the shell on standard input and output; --cleanup=false keeps the tree to look at");
}

// All but the time.
BuildSettings settings_of(const CommandOptions& options, std::vector<Output> outputs) {
    refuse_what_is_not_offered(options);
    if (options.shell_on_failure) require_terminal();
    BuildSettings settings;
    settings.outputs = std::move(outputs);
    settings.output = output_options(options);
    settings.manifest = !options.no_manifest;
    settings.with_post_files = options.with_post_files;
    settings.layering = options.disable_overlay ? Layering::Plain : options.no_cache ? Layering::Scratch : Layering::Cached;
    if (options.cache_max_age) settings.cache_max_age = std::chrono::hours(*options.cache_max_age);
    settings.shell_on_failure = options.shell_on_failure;
    settings.shell_command = options.command_line + " --shell-on-failure";
    settings.keep_failed = !options.cleanup;
    settings.show_output = options.debug;
    settings.cache = cache_directory(options);
    if (!options.sources_dir.empty()) settings.sources = fs::absolute(options.sources_dir);
    settings.keep_sources = options.keep_sources;
    return settings;
}

ReportForm form_of(const CommandOptions& options) {
    return options.json ? ReportForm::Json : options.quiet ? ReportForm::Quiet : ReportForm::Text;
}

BuildPlaces places_of(const BuildSettings& settings, std::span<const Wanted> wanted, const fs::path& target) {
    BuildPlaces places{.cache = settings.cache, .target = target, .read = {}};
    for (const Wanted& one : wanted) std::ranges::copy(read_places(one.recipe), std::back_inserter(places.read));
    if (settings.tree) places.read.push_back(*settings.tree);
    if (settings.sources) places.sources = *settings.sources;
    return places;
}

std::string title_of(const Recipe& recipe) {
    const ImageSection& image = recipe.image;
    return fmt::format("{} {} {} {}", image.distribution, image.release, image.architecture_mapped, image.variant);
}

void make_target(const fs::path& target, const BuildIdentity& identity) {
    // Each directory that is new is the caller's.
    if (const fs::path above = target.parent_path(); !sys::exists(above)) make_target(above, identity);
    sys::make_dir(target, 0755);
    sys::chown(target, identity.owner, identity.group);
}

// A step that is not finished in time fails like any other, where somebody wants to look at its
// tree; the time is for no more then.
class LateStep {
public:
    LateStep(BuildSettings& settings, std::optional<std::chrono::seconds> timeout) {
        if (!timeout || (!settings.keep_failed && !settings.shell_on_failure)) return;
        pipe_ = sys::make_pipe();
        settings.deadline = std::chrono::steady_clock::now() + *timeout;
        settings.late = [this] { sys::write_all(pipe_.write, "x", "a pipe"); };
    }
    LateStep(const LateStep&) = delete;
    LateStep& operator=(const LateStep&) = delete;
    [[nodiscard]] FdRef told() const noexcept { return pipe_.read; }

private:
    sys::Pipe pipe_;
};

int build_all(const CommandOptions& options, BuildSettings settings, std::span<const Wanted> wanted,
              const fs::path& target) {
    std::optional<std::chrono::seconds> timeout;
    if (options.timeout > 0)
        timeout = std::chrono::seconds(static_cast<std::int64_t>(options.timeout));
    const LateStep late(settings, timeout);
    const auto clean_up = [&] {
        for (const Wanted& one : wanted) remove_left_outputs(one.target);
        open_build_cache(settings.cache).remove_leftovers();
    };
    const auto build = [&](const BuildIdentity& identity) {
        BuildReport report(form_of(options));
        for (const Wanted& one : wanted) {
            if (wanted.size() > 1) report.image(title_of(one.recipe.read.recipe));
            if (!sys::exists(one.target)) make_target(one.target, identity);
            run_build({one.recipe, settings, one.target, identity, report});
        }
        report.summary();
        return 0;
    };
    return run_in_build_namespace(places_of(settings, wanted, target), timeout,
                                  {build, clean_up, late.told()});
}

// Without links, so that it is in the build's namespace where it is here.
fs::path directory_at(const fs::path& path) {
    const Fd directory = sys::open_file(path, {.access = sys::Access::Path, .directory = true});
    return *sys::read_link(sys::fd_path(directory));
}

// As who called, before anything else: a directory that cannot be made is told at once.
fs::path target_directory(std::span<const std::string> words, std::size_t index) {
    const fs::path target = fs::absolute(words.size() > index ? words[index] : ".").lexically_normal();
    sys::make_dirs(target, 0755);
    return directory_at(target);
}

LoadedRecipe recipe_to_build(RecipeReading& reading, std::span<const std::string> more = {}) {
    LoadedRecipe recipe = reading.read(more);
    recipe.directory = directory_at(recipe.directory.empty() ? "." : recipe.directory);
    return recipe;
}

void require_empty(const fs::path& target) {
    const std::vector<std::string> there = sys::list_dir(target);
    if (std::ranges::all_of(there, is_hidden_output)) return; // of builds that were killed
    if (std::ranges::any_of(there, is_hidden_output))
        throw Error(
            fmt::format("{} is half of what a build that was killed has made: remove it first",
                        target.string()));
    throw Error(fmt::format("{} is not empty: build-dir makes a whole root file system, and takes "
                            "nothing away; remove it first",
                            target.string()));
}

int build_one(const CommandOptions& options, std::span<const std::string> words, Output output, std::string_view usage) {
    require_words(words, output == Output::Directory ? 2 : 1, 2, usage);
    BuildSettings settings = settings_of(options, {output});
    RecipeReading reading(words[0], options);
    settings.now = reading.now();
    const LoadedRecipe recipe = recipe_to_build(reading);
    const fs::path target = target_directory(words, 1);
    if (output == Output::Directory) require_empty(target);
    const Wanted wanted{recipe, target};
    return build_all(options, settings, std::span(&wanted, 1), target);
}

int pack(const CommandOptions& options, std::span<const std::string> words, Output output,
         std::string_view usage) {
    require_words(words, 2, 3, usage);
    BuildSettings settings = settings_of(options, {output});
    settings.tree = directory_at(words[1]);
    RecipeReading reading(words[0], options);
    settings.now = reading.now();
    const LoadedRecipe recipe = recipe_to_build(reading);
    const fs::path target = target_directory(words, 2);
    const Wanted wanted{recipe, target};
    return build_all(options, settings, std::span(&wanted, 1), target);
}

// <target>/debian/bookworm/amd64/default
fs::path place_in(const fs::path& target, const ImageSection& image) {
    fs::path place = target;
    for (const std::string* part : {&image.distribution, &image.release, &image.architecture_mapped, &image.variant}) {
        if (part->find('/') != part->npos || *part == ".." || *part == ".") throw Error(fmt::format("'{}' cannot be the name of a directory", printable(*part)));
        if (!part->empty()) place /= *part;
    }
    return place;
}

} // namespace

fs::path cache_directory(const CommandOptions& options) {
    return options.cache_dir.empty() ? default_paths().cache / "builds" : fs::absolute(options.cache_dir).lexically_normal();
}

int run_build_dir(const CommandOptions& options, std::span<const std::string> words) {
    return build_one(options, words, Output::Directory, "build-dir RECIPE DIRECTORY");
}

int run_build_lxc(const CommandOptions& options, std::span<const std::string> words) {
    return build_one(options, words, Output::Lxc, "build-lxc RECIPE [DIRECTORY]");
}

int run_build_incus(const CommandOptions& options, std::span<const std::string> words) {
    return build_one(options, words, Output::Incus, "build-incus RECIPE [DIRECTORY]");
}

int run_build_oci(const CommandOptions& options, std::span<const std::string> words) {
    return build_one(options, words, Output::Oci, "build-oci RECIPE [DIRECTORY]");
}

int run_pack_lxc(const CommandOptions& options, std::span<const std::string> words) {
    return pack(options, words, Output::Lxc, "pack-lxc RECIPE ROOTFS [DIRECTORY]");
}

int run_pack_incus(const CommandOptions& options, std::span<const std::string> words) {
    return pack(options, words, Output::Incus, "pack-incus RECIPE ROOTFS [DIRECTORY]");
}

int run_pack_oci(const CommandOptions& options, std::span<const std::string> words) {
    return pack(options, words, Output::Oci, "pack-oci RECIPE ROOTFS [DIRECTORY]");
}

int run_build_command(const CommandOptions& options, std::span<const std::string> words) {
    require_words(words, 1, 2, "build RECIPE [DIRECTORY] --output lxc,incus,oci");
    RecipeReading reading(words[0], options);
    const LoadedRecipe plain = reading.read();
    const bool matrix = options.all || options.list;
    std::vector<Wanted> wanted;
    const std::vector<MatrixImage> images = matrix ? expand_matrix(plain.read.recipe.matrix) : std::vector<MatrixImage>{{}};
    if (images.empty()) throw Error("the matrix of the recipe excludes all of its images");
    for (const MatrixImage& image : images) wanted.push_back({recipe_to_build(reading, image.options()), {}});
    if (options.list) {
        for (const Wanted& one : wanted) fmt::print("{}\n", tools::harmless(title_of(one.recipe.read.recipe)));
        return 0;
    }
    BuildSettings settings = settings_of(options, parse_outputs(options.outputs));
    settings.now = reading.now();
    const fs::path target = target_directory(words, 1);
    for (Wanted& one : wanted) one.target = matrix ? place_in(target, one.recipe.read.recipe.image) : target;
    return build_all(options, settings, wanted, target);
}

} // namespace lxcpp::distro
