// SPDX-License-Identifier: Apache-2.0
#include "image/streams_writer.h"

#include "base/strings.h"
#include "image/offer.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <nlohmann/json.hpp>
#include <utility>

namespace lxcpp::image {
namespace {

using nlohmann::json;

constexpr auto kIndexPath = "streams/v1/images.json";

// Bytes that are no UTF-8 must not end an update.
std::string dump(const json& value) { return value.dump(1, ' ', false, json::error_handler_t::replace) + '\n'; }

std::string title(std::string name) {
    if (!name.empty() && name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 'a' + 'A');
    return name;
}

// What clients call the files that they use; others are only in SHA256SUMS.
std::string_view ftype_of(std::string_view name) {
    if (name == "rootfs.tar.xz") return "root.tar.xz";
    if (name == "rootfs.squashfs") return "squashfs";
    if (name == "incus.tar.xz" || name == "lxd.tar.xz") return name;
    return name == "meta.tar.xz" ? "lxc_meta.tar.xz" : "";
}

std::string newest_serial(const json& versions) {
    std::string newest;
    for (const auto& [serial, version] : versions.items()) {
        if (newest.empty() || serial_before(newest, serial)) newest = serial;
    }
    return newest;
}

} // namespace

std::string StreamsProduct::key() const {
    return fmt::format("{}:{}:{}:{}", distribution, release, architecture, variant);
}

std::string StreamsProduct::path() const {
    return fmt::format("images/{}/{}/{}/{}", distribution, release, architecture, variant);
}

struct StreamsDocument::State {
    json document = {{"content_id", "images"},
                     {"datatype", "image-downloads"},
                     {"format", "products:1.0"},
                     {"products", json::object()}};

    [[nodiscard]] json& products() { return document["products"]; }

    // From whichever product of that architecture had them: there an alias means one.
    void take_aliases(const std::vector<std::string>& aliases, const std::string& architecture) {
        for (json& product : products()) {
            if (product.value("arch", "") != architecture) continue;
            const std::string had = product.value("aliases", "");
            std::vector<std::string> others;
            for (const auto alias : split(had, ','))
                if (std::ranges::find(aliases, alias) == aliases.end()) others.emplace_back(alias);
            product["aliases"] = join(others, ",");
        }
    }
};

StreamsDocument::StreamsDocument() : state_(std::make_unique<State>()) {}
StreamsDocument::StreamsDocument(StreamsDocument&&) noexcept = default;
StreamsDocument& StreamsDocument::operator=(StreamsDocument&&) noexcept = default;
StreamsDocument::~StreamsDocument() = default;

StreamsDocument StreamsDocument::parse(std::string_view text) {
    StreamsDocument result;
    json& document = result.state_->document;
    document = json::parse(text, nullptr, false);
    const auto fail = [] { throw Error(fmt::format("{}: not one of ours: remove it, or choose another directory", kIndexPath)); };
    if (!document.is_object() || !document.contains("products") || !document["products"].is_object()) fail();
    for (const auto& [key, product] : document["products"].items()) {
        if (!product.is_object() || !product.contains("versions") || !product["versions"].is_object()) fail();
        for (const auto& [serial, version] : product["versions"].items()) {
            const bool sound = is_serial(serial) && version.is_object() && version.contains("items") && version["items"].is_object() &&
                               version.contains("lxcpp") && version["lxcpp"].is_object() &&
                               version["lxcpp"].value("image", json()).is_string() &&
                               version["lxcpp"].value("directory", json()).is_string();
            if (!sound) fail();
        }
    }
    return result;
}

void StreamsDocument::forget_if(const std::function<bool(const std::string&)>& gone) {
    for (auto& product : state_->products()) {
        json& versions = product["versions"];
        for (auto version = versions.begin(); version != versions.end();) {
            const json& items = (*version)["items"];
            const bool missing = std::any_of(items.begin(), items.end(), [&](const json& item) {
                return !item.is_object() || !item.value("path", json()).is_string() || gone(item["path"].get<std::string>());
            });
            version = missing ? versions.erase(version) : std::next(version);
        }
    }
}

std::optional<std::string> StreamsDocument::fingerprint(const StreamsProduct& product, const std::string& serial) const {
    const json& products = state_->document.at("products");
    const auto found = products.find(product.key());
    if (found == products.end() || !found->at("versions").contains(serial)) return std::nullopt;
    return found->at("versions").at(serial).at("lxcpp").at("image").get<std::string>();
}

void StreamsDocument::describe(const StreamsProduct& product) {
    state_->take_aliases(product.aliases, product.architecture);
    json& entry = state_->products()[product.key()];
    entry["aliases"] = join(product.aliases, ",");
    entry["arch"] = product.architecture;
    entry["os"] = title(product.distribution);
    entry["release"] = product.release;
    entry["release_title"] = product.release;
    entry["variant"] = product.variant;
    entry["requirements"] = product.requirements;
    if (!entry.contains("versions")) entry["versions"] = json::object();
}

void StreamsDocument::add(const StreamsProduct& product, const std::string& serial, const ImageRecord& record,
                          const std::string& directory, const ExportedImage& files) {
    describe(product);
    json items = json::object();
    for (const ExportedFile& file : files.files) {
        const auto ftype = ftype_of(file.name);
        if (ftype.empty()) continue;
        json item = {{"ftype", ftype},
                     {"path", fmt::format("{}/{}", directory, file.name)},
                     {"sha256", file.sha256},
                     {"size", file.size}};
        if (ftype == file.name) { // the metadata binds the root
            item["combined_sha256"] = files.fingerprint;
            item["combined_rootxz_sha256"] = files.fingerprint;
            if (!files.squashfs_fingerprint.empty()) item["combined_squashfs_sha256"] = files.squashfs_fingerprint;
        }
        items[file.name] = std::move(item);
    }
    state_->products()[product.key()]["versions"][serial] = {
        {"items", std::move(items)}, {"lxcpp", {{"image", record.fingerprint}, {"directory", directory}}}};
}

std::vector<std::string> StreamsDocument::prune(std::size_t keep) {
    std::vector<std::string> removed;
    json& products = state_->products();
    for (auto product = products.begin(); product != products.end();) {
        json& versions = (*product)["versions"];
        std::vector<std::string> serials;
        for (const auto& [serial, version] : versions.items()) serials.push_back(serial);
        std::sort(serials.begin(), serials.end(), [](const auto& a, const auto& b) { return serial_before(b, a); });
        for (std::size_t i = std::max<std::size_t>(keep, 1); i < serials.size(); ++i) {
            removed.push_back(versions[serials[i]]["lxcpp"]["directory"].get<std::string>());
            versions.erase(serials[i]);
        }
        product = versions.empty() ? products.erase(product) : std::next(product);
    }
    return removed;
}

std::string StreamsDocument::text() const { return dump(state_->document); }

std::string StreamsDocument::index_text() const {
    json names = json::array();
    for (const auto& [key, product] : state_->document.at("products").items()) names.push_back(key);
    const json images = {{"datatype", "image-downloads"}, {"path", kIndexPath}, {"format", "products:1.0"}, {"products", names}};
    return dump({{"format", "index:1.0"}, {"index", {{"images", images}}}});
}

std::string StreamsDocument::classic_index() const {
    std::string text;
    for (const auto& [key, product] : state_->document.at("products").items()) {
        const json& versions = product.at("versions");
        const std::string serial = newest_serial(versions);
        std::string fields = key;
        std::replace(fields.begin(), fields.end(), ':', ';');
        text += fmt::format("{};{};/{}/\n", fields, serial,
                            versions.at(serial).at("lxcpp").at("directory").get<std::string>());
    }
    return text;
}

} // namespace lxcpp::image
