// SPDX-License-Identifier: Apache-2.0
#include "common/harmless.h"
#include "images/store.h"

#include "image/image_check.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <utility>

// verify: whether images are still what they were.
namespace lxcpp::tools::images {
namespace {

std::vector<std::string> wanted(const ImageStore& store, std::span<const std::string> words) {
    if (words.empty()) return store.fingerprints();
    std::vector<std::string> fingerprints;
    for (const std::string& word : words) {
        std::string fingerprint = meant_image(store, word).fingerprint;
        if (std::ranges::find(fingerprints, fingerprint) == fingerprints.end()) fingerprints.push_back(std::move(fingerprint));
    }
    return fingerprints;
}

void print(const Cli& cli, const std::vector<std::string>& lines, std::string_view before) {
    if (cli.quiet()) return;
    for (const std::string& line : lines) fmt::print("{}{}\n", before, harmless(line));
}

int verify(const Cli& cli, const Options&, std::span<const std::string> words) {
    if (!ImageStore::open_existing(default_paths().cache)) {
        if (!words.empty()) throw Error(fmt::format("there is no image {}: 'lxcpp-image list' shows what is there", harmless(words[0])));
        if (!cli.quiet()) fmt::print("ok: 0 images\n");
        return 0;
    }
    reach_trees();
    const auto store = ImageStore::open(default_paths().cache);
    const auto trees = image::ImageCache::open(store.directory());
    const auto progress = progress_of(cli);
    image::ImageCheck check(store, trees, *progress);
    std::size_t bad = 0;
    const auto images = wanted(store, words);
    for (const std::string& fingerprint : images) {
        const auto problems = check.problems(fingerprint);
        print(cli, problems, short_fingerprint(fingerprint) + ": ");
        if (!problems.empty()) ++bad;
    }
    std::vector<std::string> others;
    if (words.empty()) {
        others = check.store_problems();
        print(cli, others, "");
        print(cli, check.leftovers(), "left over: ");
    }
    if (!cli.quiet() && bad == 0 && others.empty()) fmt::print("ok: {} image{}\n", images.size(), images.size() == 1 ? "" : "s");
    return bad == 0 && others.empty() ? 0 : 1;
}

void no_options(Cli&, Options&) {}

} // namespace

const Verb kVerify{"verify", "[IMAGE...]", "compare images with what they were; names what differs", no_options, verify};

} // namespace lxcpp::tools::images
