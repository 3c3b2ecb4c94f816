// SPDX-License-Identifier: Apache-2.0
#include "common/harmless.h"
#include "common/say.h"
#include "images/store.h"
#include "images/users.h"

#include "image/image_removal.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <ctime>
#include <fmt/core.h>
#include <optional>
#include <utility>
#include <vector>

// delete, prune: taking images away, never one that a container needs.
namespace lxcpp::tools::images {
namespace {

constexpr unsigned kDefaultDays = 30;
constexpr std::time_t kDay = 24 * 60 * 60;

image::TreeUsers tree_users() {
    return [paths = default_paths()](std::string_view tree) { return users_of_tree(paths, tree); };
}

void tell(const Cli& cli, std::string_view problem) {
    if (!cli.quiet()) say("lxcpp-image: {}\n", harmless(problem));
}

// Whatever its trees were: they are nobody's now, and for prune.
void remove_damaged(const Cli& cli, const ImageStore& store, const std::string& fingerprint) {
    store.remove(fingerprint);
    if (!cli.quiet()) fmt::print("deleted {}: its record could not be read; 'lxcpp-image prune' takes its trees\n", short_fingerprint(fingerprint));
}

void remove_one(const Cli& cli, const OpenStore& open, const MeantImage& image) {
    if (!image.record) return remove_damaged(cli, open.store, image.fingerprint);
    const std::uint64_t size = image::remove_image(open.store, open.trees, *image.record, tree_users());
    if (!cli.quiet()) fmt::print("deleted {}: {} freed\n", image_label(*image.record), size_text(size));
}

int remove(const Cli& cli, const Options&, std::span<const std::string> words) {
    if (words.empty()) throw Error("delete: which image? give its alias or fingerprint");
    const OpenStore open = open_store();
    int code = 0;
    const auto attempt = [&](const auto& body) {
        try {
            body();
        } catch (const Error& error) { // the others can still go
            if (words.size() == 1) throw;
            tell(cli, error.what());
            code = 1;
        }
    };
    std::vector<MeantImage> images; // before any goes: two words may mean one image
    for (const std::string& word : words) {
        attempt([&] {
            MeantImage image = meant_image(open.store, word);
            if (std::ranges::find(images, image.fingerprint, &MeantImage::fingerprint) == images.end()) images.push_back(std::move(image));
        });
    }
    for (const MeantImage& image : images) attempt([&] { remove_one(cli, open, image); });
    return code;
}

// Which images go. Never one that a container needs; that is looked at again when it is removed.
class Choice {
public:
    Choice(const ImageStore& store, const Options& options, const ImageUsers& users) : store_(store), options_(options), users_(users) {}

    [[nodiscard]] bool takes(const ImageRecord& record) const {
        if (is_needed(record)) return false;
        if (!options_.all && !users_.of_image(record.fingerprint).empty()) return false;
        const auto days = options_.older_than_days ? options_.older_than_days : options_.all || options_.unused ? std::nullopt : std::optional(kDefaultDays);
        return !days || store_.last_use(record.fingerprint) <= std::time(nullptr) - kDay * static_cast<std::time_t>(*days);
    }

private:
    [[nodiscard]] bool is_needed(const ImageRecord& record) const {
        for (const std::string& tree : record.trees) {
            if (!users_.of_tree(tree).empty()) return true;
        }
        return false;
    }

    const ImageStore& store_;
    const Options& options_;
    const ImageUsers& users_;
};

// While one cannot be read, any tree may be its.
std::vector<StoredImage> sound_images(const ImageStore& store) {
    std::vector<std::string> problems;
    auto images = store.list(&problems);
    if (!problems.empty()) throw Error(problems.front() + "; nothing is pruned while that image is there: 'lxcpp-image delete FINGERPRINT' takes it away");
    return images;
}

std::uint64_t prune_images(const Cli& cli, const Options& options, const OpenStore& open) {
    const ImageUsers users(default_paths());
    for (const std::string& problem : users.problems()) tell(cli, problem);
    users.require_decided();
    const Choice choice(open.store, options, users);
    std::uint64_t freed = 0;
    for (const StoredImage& image : sound_images(open.store)) {
        if (!choice.takes(image.record)) continue;
        try {
            if (!options.dry_run) freed += image::remove_image(open.store, open.trees, image.record, tree_users());
            if (!cli.quiet()) fmt::print("{} {}\n", options.dry_run ? "would delete" : "deleted", image_label(image.record));
        } catch (const StateError& error) { // somebody began to use it
            tell(cli, error.what());
        }
    }
    return freed;
}

std::uint64_t prune_leftovers(const Cli& cli, OpenStore& open) {
    std::uint64_t freed = 0;
    try {
        for (const image::CacheEntry& entry : image::remove_unnamed(open.store, open.trees, tree_users()).removed) freed += entry.size;
    } catch (const StateError&) {
        tell(cli, "another command works with the store: what interrupted ones left stays for now");
    }
    return freed;
}

int prune(const Cli& cli, const Options& options, std::span<const std::string> words) {
    if (!words.empty()) throw Error("prune: it takes no names: 'lxcpp-image delete' does");
    if (options.all && options.unused) throw Error("prune: --unused spares images of which there is a container, --all takes those too that none needs: give one of them");
    OpenStore open = open_store();
    std::uint64_t freed = prune_images(cli, options, open);
    if (options.dry_run) return 0;
    freed += prune_leftovers(cli, open);
    if (!cli.quiet()) fmt::print("{} freed\n", size_text(freed));
    return 0;
}

void no_options(Cli&, Options&) {}

void add_prune_options(Cli& cli, Options& options) {
    cli.option("--older-than", options.older_than_days, "images that were not used for so many days (30)");
    cli.flag("--unused", options.unused, "all of which there is no container, however new");
    cli.flag("--all", options.all, "also those of which only copies were made");
    cli.flag("--dry-run", options.dry_run, "only say what would go");
}

} // namespace

const Verb kDelete{"delete", "IMAGE...", "take images away that no container needs", no_options, remove};
const Verb kPrune{"prune", "[--older-than=DAYS] [--unused | --all] [--dry-run]", "take away what is not used, and what interrupted commands left", add_prune_options, prune};

} // namespace lxcpp::tools::images
