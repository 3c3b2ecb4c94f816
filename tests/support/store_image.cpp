// SPDX-License-Identifier: Apache-2.0
// Puts an image into a store, as a template or lxcpp-image would:
//   store-image CACHE --record FILE --tree NAME=DIRECTORY... [--alias NAME] [--config FILE] [--message TEXT]
//               [--substitute PATH]... [--template TARGET=FILE]... [--when TRIGGER]...
#include "image/cache.h"
#include "image/progress.h"
#include "image/tree_copy.h"
#include "store/image_store.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <cstdio>
#include <string>

using namespace lxcpp;

namespace {

struct Given {
    ImageRecord record;
    ImageContent content;
    std::vector<std::string> aliases;
};

std::pair<std::string, std::string> halves(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == text.npos) throw Error(text + ": KEY=VALUE is expected");
    return {text.substr(0, equals), text.substr(equals + 1)};
}

void add_tree(const image::ImageCache& cache, const std::string& name, const std::string& directory) {
    image::SilentProgress silent;
    auto pending = cache.begin_tree(name, std::chrono::seconds(10));
    (void)image::copy_tree(sys::RootedDir::open(directory), sys::RootedDir::open(pending.path()), silent);
    pending.publish();
}

void take(Given& given, const image::ImageCache& cache, const std::string& option, const std::string& value) {
    if (option == "--record") given.record = parse_image_record(sys::read_file(value), value);
    else if (option == "--tree") add_tree(cache, halves(value).first, halves(value).second);
    else if (option == "--alias") given.aliases.push_back(value);
    else if (option == "--config") given.content.config = sys::read_file(value);
    else if (option == "--message") given.content.create_message = value;
    else if (option == "--substitute") given.content.substitute.push_back(value);
    else if (option == "--template") given.content.templates.push_back({.target = halves(value).first, .text = sys::read_file(halves(value).second)});
    else if (option == "--when") given.content.templates.back().when.push_back(value);
    else throw Error(option + ": no such option");
}

} // namespace

int main(int argc, char** argv) {
    try {
        const ImageStore store = ImageStore::open(argv[1]);
        const auto cache = image::ImageCache::open(store.directory());
        Given given;
        for (int i = 2; i + 1 < argc; i += 2) take(given, cache, argv[i], argv[i + 1]);
        store.add(given.record, given.content);
        for (const std::string& alias : given.aliases) store.set_alias(alias, given.record.fingerprint);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "store-image: %s\n", error.what());
        return 1;
    }
}
