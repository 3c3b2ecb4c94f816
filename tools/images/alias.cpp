// SPDX-License-Identifier: Apache-2.0
#include "common/rows.h"
#include "images/store.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

// alias: names for images.
namespace lxcpp::tools::images {
namespace {

int list_aliases(const Options& options) {
    const Format format = parse_format(options.format);
    Rows rows{.columns = {{"ALIAS"}, {"FINGERPRINT"}, {"IMAGE"}}, .rows = {}};
    if (const auto store = ImageStore::open_existing(default_paths().cache)) {
        for (const auto& [alias, fingerprint] : store->aliases()) {
            const auto record = store->find(fingerprint);
            const bool table = format == Format::Table;
            rows.rows.push_back({alias, table ? short_fingerprint(fingerprint) : fingerprint, record ? image_title(*record) : ""});
        }
    }
    fmt::print("{}", print_rows(rows, format));
    return 0;
}

int set(std::span<const std::string> words) {
    if (words.size() != 2) throw Error("alias set: give ALIAS and IMAGE");
    const auto store = ImageStore::open(default_paths().cache);
    const auto used = image::ImageCache::open(store.directory()); // nobody cleans up meanwhile
    store.set_alias(words[0], require_image(store, words[1]).fingerprint);
    return 0;
}

int remove(std::span<const std::string> words) {
    if (words.empty()) throw Error("alias remove: give ALIAS");
    const auto store = ImageStore::open(default_paths().cache);
    for (const std::string& alias : words) { // before any of them goes
        if (!store.has_alias(alias)) throw Error(fmt::format("there is no alias {}{}", printable(alias), words.size() == 1 ? "" : ": none was removed"));
    }
    for (const std::string& alias : words) store.remove_alias(alias);
    return 0;
}

int alias(const Cli&, const Options& options, std::span<const std::string> words) {
    const std::string command = words.empty() ? "list" : words[0];
    const auto rest = words.subspan(words.empty() ? 0 : 1);
    if (command == "set") return set(rest);
    if (command == "remove") return remove(rest);
    if (command != "list" || !rest.empty()) throw Error("alias: expected 'set ALIAS IMAGE', 'remove ALIAS...' or 'list'");
    return list_aliases(options);
}

void add_options(Cli& cli, Options& options) { cli.option("--format", options.format, "table, json, csv or yaml"); }

} // namespace

const Verb kAlias{"alias", "set ALIAS IMAGE | remove ALIAS... | list", "names for images", add_options, alias};

} // namespace lxcpp::tools::images
