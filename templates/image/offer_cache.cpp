// SPDX-License-Identifier: Apache-2.0
#include "image/offer_cache.h"

#include "base/log.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>
#include <lxcpp/version.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp::image {
namespace {

constexpr std::size_t kLargest = 64u << 20;
constexpr int kForm = 1; // another one when documents are read in another way
constexpr std::array kRoles{FileRole::IncusMetadata, FileRole::LxdMetadata,  FileRole::LxcMetadata,
                            FileRole::RootTar,       FileRole::RootSquashfs, FileRole::Combined};

// One after the other, as "LENGTH:BYTES": any bytes may stand in a field.
class FieldWriter {
public:
    void put(std::string_view field) {
        text_ += std::to_string(field.size());
        text_ += ':';
        text_ += field;
    }
    void put(std::uint64_t number) { put(std::to_string(number)); }
    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    std::string text_;
};

class FieldReader {
public:
    explicit FieldReader(std::string_view text) : rest_(text) {}
    [[nodiscard]] std::string take() {
        const auto colon = rest_.find(':');
        const auto size = parse_u64(rest_.substr(0, colon));
        if (colon == rest_.npos || !size || *size > rest_.size() - colon - 1) throw Error("damaged");
        std::string field(rest_.substr(colon + 1, *size));
        rest_.remove_prefix(colon + 1 + *size);
        return field;
    }
    [[nodiscard]] std::uint64_t number() {
        const auto value = parse_u64(take());
        if (!value) throw Error("damaged");
        return *value;
    }
    // How many things follow, of which each takes some bytes.
    [[nodiscard]] std::size_t count() {
        const std::uint64_t value = number();
        if (value > rest_.size()) throw Error("damaged");
        return value;
    }
    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

private:
    std::string_view rest_;
};

void put_file(FieldWriter& to, const OfferedFile& file) {
    to.put(static_cast<std::uint64_t>(file.role));
    to.put(file.path);
    to.put(file.size ? std::to_string(*file.size) : "");
    for (const std::string* digest : {&file.sha256, &file.combined_tar, &file.combined_squashfs}) to.put(*digest);
}

OfferedFile take_file(FieldReader& from) {
    OfferedFile file;
    const std::uint64_t role = from.number();
    if (role >= kRoles.size()) throw Error("damaged");
    file.role = kRoles.at(role);
    file.path = from.take();
    if (const std::string size = from.take(); !size.empty()) file.size = parse_u64(size);
    for (std::string* digest : {&file.sha256, &file.combined_tar, &file.combined_squashfs}) *digest = from.take();
    return file;
}

constexpr std::array kWords{&Offer::product, &Offer::distribution, &Offer::release, &Offer::variant, &Offer::architecture, &Offer::support_eol};
constexpr std::array kLists{&Offer::release_names, &Offer::aliases};

void put_offer(FieldWriter& to, const Offer& offer) {
    for (const auto word : kWords) to.put(offer.*word);
    for (const auto list : kLists) {
        to.put((offer.*list).size());
        for (const std::string& word : offer.*list) to.put(word);
    }
    to.put(offer.requirements.size());
    for (const auto& [name, value] : offer.requirements) {
        to.put(name);
        to.put(value);
    }
    to.put(offer.versions.size());
    for (const OfferedVersion& version : offer.versions) {
        to.put(version.serial);
        to.put(version.files.size());
        for (const OfferedFile& file : version.files) put_file(to, file);
    }
}

Offer take_offer(FieldReader& from) {
    Offer offer;
    for (const auto word : kWords) offer.*word = from.take();
    for (const auto list : kLists)
        for (std::size_t left = from.count(); left != 0; --left) (offer.*list).push_back(from.take());
    for (std::size_t left = from.count(); left != 0; --left) {
        std::string name = from.take();
        offer.requirements.insert_or_assign(std::move(name), from.take());
    }
    for (std::size_t left = from.count(); left != 0; --left) {
        OfferedVersion& version = offer.versions.emplace_back();
        version.serial = from.take();
        for (std::size_t files = from.count(); files != 0; --files) version.files.push_back(take_file(from));
    }
    return offer;
}

std::string format_offers(std::span<const Offer> offers) {
    FieldWriter to;
    for (const Offer& offer : offers) put_offer(to, offer);
    return std::move(to).take();
}

std::vector<Offer> parse_offers(std::string_view text) {
    FieldReader from(text);
    std::vector<Offer> offers;
    while (!from.at_end()) offers.push_back(take_offer(from));
    return offers;
}

// Which program, of which text, and of what follows.
std::string head_of(std::string_view text, std::string_view offers) {
    return fmt::format("offers {} of {}\n{}\n{}\n", kForm, version(), sha256_hex(text), sha256_hex(offers));
}

} // namespace

std::filesystem::path OfferCache::place(std::string_view url) const { return directory_ / (sha256_hex(url) + ".offers"); }

std::optional<std::vector<Offer>> OfferCache::find(std::string_view url, std::string_view text) const {
    const auto kept = sys::read_file_if_exists(place(url), kLargest);
    if (!kept) return std::nullopt;
    const std::size_t head = head_of("", "").size();
    const std::string_view offers = std::string_view(*kept).substr(std::min(head, kept->size()));
    if (!kept->starts_with(head_of(text, offers))) return std::nullopt;
    try {
        return parse_offers(offers);
    } catch (const Error&) {
        return std::nullopt;
    }
}

void OfferCache::keep(std::string_view url, std::string_view text, std::span<const Offer> offers) const {
    const std::string formatted = format_offers(offers);
    if (formatted.size() > kLargest / 2) return;
    try {
        sys::write_file_atomic(place(url), head_of(text, formatted) + formatted, 0600);
    } catch (const SystemError& error) { // a full disk, say: whoever needs more room than that says so
        log::debug("{}", error.what());
    }
}

} // namespace lxcpp::image
