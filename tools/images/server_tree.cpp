// SPDX-License-Identifier: Apache-2.0
#include "common/harmless.h"
#include "common/say.h"
#include "images/root_format.h"
#include "images/store.h"

#include "image/server_tree.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <optional>

// server-tree: a directory that any web server serves as an image server.
namespace lxcpp::tools::images {
namespace {

std::vector<StoredImage> with_aliases(const ImageStore& store, const std::vector<ImageRecord>& records) {
    std::vector<StoredImage> images;
    for (StoredImage& image : store.list()) {
        const bool chosen = std::ranges::find(records, image.record.fingerprint, &ImageRecord::fingerprint) != records.end();
        if (chosen) images.push_back(std::move(image));
    }
    return images;
}

int update(const Cli& cli, const Options& options, std::span<const std::string> words) {
    if (words.empty()) throw Error("server-tree: give a DIRECTORY, and the images to add to it");
    if (options.keep == 0) throw Error("--keep 0: at least one build stays");
    // Outside of the namespace in which a user has trees: an agent that begins here has to outlive it.
    std::optional<image::DocumentSigner> signer;
    if (!options.sign.empty()) signer.emplace(options.sign);
    const auto [store, trees] = open_store();
    std::vector<StoredImage> images;
    if (words.size() > 1 || options.all) images = with_aliases(store, chosen_images(store, words.subspan(1), options.all));
    const auto progress = progress_of(cli);
    int code = 0;
    image::ServerTreeOptions how{.signer = signer ? &*signer : nullptr, .keep = options.keep, .skipped = {}, .squashfs = root_formats(options).squashfs};
    if (options.all) { // the others can be served all the same
        how.skipped = [&](const std::string& why) {
            code = 1;
            if (!cli.quiet()) say("lxcpp-image: left out: {}\n", harmless(why));
        };
    }
    const auto change = image::update_server_tree(words[0], store, images, how, *progress);
    for (const std::string& build : change.added) fmt::print("added {}\n", build);
    for (const std::string& build : change.removed) fmt::print("removed {}\n", build);
    if (signer && !cli.quiet()) say("signed by {}\n", signer->fingerprint());
    return code;
}

void add_options(Cli& cli, Options& options) {
    cli.flag("--all", options.all, "add all images of the store");
    cli.option("--sign", options.sign, "sign with this secret key (fingerprint) of the GnuPG home");
    cli.option("--keep", options.keep, "builds of each product that stay (3)");
    add_root_format_options(cli, options);
}

} // namespace

const Verb kServerTree{"server-tree", "DIRECTORY [IMAGE...] [--sign=KEY] [--keep=N]", "make or update a tree for a web server", add_options, update};

} // namespace lxcpp::tools::images
