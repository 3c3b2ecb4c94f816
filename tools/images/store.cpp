// SPDX-License-Identifier: Apache-2.0
#include "images/store.h"

#include "common/say.h"

#include "base/strings.h"
#include "host/own_ids.h"
#include "image/architecture.h"
#include "sys/host.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fmt/core.h>
#include <unistd.h>

namespace lxcpp::tools::images {

void reach_trees() {
    if (::geteuid() == 0) return;
    enter_own_namespace(own_ids_of(ImageStore::open(default_paths().cache).directory()));
}

OpenStore open_store() {
    reach_trees();
    auto store = ImageStore::open(default_paths().cache);
    auto trees = image::ImageCache::open(store.directory());
    trees.remove_leftovers();
    return {std::move(store), std::move(trees)};
}

ImageRecord require_image(const ImageStore& store, std::string_view name) {
    auto record = store.resolve(name);
    if (!record) throw Error(fmt::format("there is no image {}: 'lxcpp-image list' shows what is there", printable(name)));
    return *std::move(record);
}

MeantImage meant_image(const ImageStore& store, const std::string& word) {
    try {
        ImageRecord record = require_image(store, word);
        return {record.fingerprint, record};
    } catch (const SystemError&) {
        throw; // that it cannot be read now does not mean that it is damaged
    } catch (const Error&) {
        const auto aliases = store.aliases();
        const auto alias = aliases.find(word);
        const std::string& meant = alias == aliases.end() ? word : alias->second;
        const auto all = store.fingerprints();
        if (std::ranges::find(all, meant) == all.end()) throw;
        return {meant, std::nullopt};
    }
}

std::vector<ImageRecord> chosen_images(const ImageStore& store, std::span<const std::string> names, bool all) {
    if (names.empty() != all) throw Error(all ? "give names or --all, not both" : "which image? give its alias or fingerprint, or --all");
    std::vector<ImageRecord> chosen;
    if (all) {
        for (StoredImage& image : store.list()) chosen.push_back(std::move(image.record));
    }
    for (const std::string& name : names) {
        ImageRecord record = require_image(store, name);
        if (std::ranges::find(chosen, record.fingerprint, &ImageRecord::fingerprint) == chosen.end()) chosen.push_back(std::move(record));
    }
    return chosen;
}

void add_alias_option(Cli& cli, Options& options) {
    cli.option("--alias", options.aliases, "a name for it; may be given several times");
}

void add_naming_options(Cli& cli, Options& options) {
    cli.option("-d,--dist", options.distribution, "distribution, in place of what it says itself");
    cli.option("-r,--release", options.release, "its release");
    cli.option("--variant", options.variant, "its variant");
    cli.option("-a,--arch", options.architecture, "its architecture");
    cli.option("--description", options.description, "a line about it");
}

ImageRecord named_record(const Options& options) {
    ImageRecord record{.distribution = options.distribution, .release = options.release, .variant = options.variant, .description = options.description};
    if (options.architecture.empty()) return record;
    const auto known = image::find_architecture(options.architecture);
    if (!known) throw Error(printable(options.architecture) + ": no such architecture");
    record.architecture = known->machine;
    return record;
}

void check_aliases(std::span<const std::string> aliases) {
    for (const std::string& alias : aliases) {
        if (!is_image_alias(alias)) throw Error(fmt::format("--alias {}: 1 to 128 of [A-Za-z0-9._:@+/-], first a letter or digit, no \"..\"", printable(alias)));
    }
}

void give_aliases(const Cli& cli, const ImageStore& store, const ImageRecord& record, std::span<const std::string> aliases) {
    const auto before = store.aliases();
    for (const std::string& alias : aliases) {
        store.set_alias(alias, record.fingerprint);
        const auto old = before.find(alias);
        if (old == before.end() || old->second == record.fingerprint || cli.quiet()) continue;
        say("{}: was an alias of {} before\n", alias, short_fingerprint(old->second));
    }
}

std::string image_title(const ImageRecord& record) {
    std::string title;
    for (const std::string* part : {&record.distribution, &record.release, &record.variant}) {
        if (!part->empty()) title += (title.empty() ? "" : "/") + *part;
    }
    return printable(title.empty() ? record.description : title); // whoever made the image chose the words
}

std::string image_label(const ImageRecord& record) {
    const std::string title = image_title(record);
    return title.empty() ? short_fingerprint(record.fingerprint) : fmt::format("{} ({})", title, short_fingerprint(record.fingerprint));
}

void warn_of_room(image::ProgressSink& progress, const std::filesystem::path& directory, std::uint64_t needed, std::string_view what) {
    const std::uint64_t room = sys::free_bytes(directory);
    if (needed > room) progress.message(fmt::format("warning: {}, and {} has {} free: it will hardly fit", what, directory.string(), size_text(room)));
}

std::unique_ptr<image::ProgressSink> progress_of(const Cli& cli) {
    if (cli.quiet()) return std::make_unique<image::SilentProgress>();
    return image::make_progress(FdRef(2));
}

std::string size_text(std::uint64_t bytes) { return image::format_amount(bytes, image::ProgressUnit::Bytes); }

std::string day_text(std::time_t time) {
    std::tm parts = {};
    std::array<char, 32> text;
    if (time == 0 || localtime_r(&time, &parts) == nullptr) return "-";
    return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts)};
}

} // namespace lxcpp::tools::images
