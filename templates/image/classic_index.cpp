// SPDX-License-Identifier: Apache-2.0
#include "image/classic_index.h"

#include "base/strings.h"
#include "image/architecture.h"
#include "image/server_path.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <map>

namespace lxcpp::image {
namespace {

constexpr std::size_t kMostBytes = 4u << 20;
constexpr std::size_t kMostLines = 50'000;
constexpr std::size_t kFields = 6;
constexpr int kCompatibility = 7; // the level of LXC's client that we are equal to

class Line {
public:
    Line(std::string_view name, std::size_t number, std::string_view text)
        : name_(name), number_(number), fields_(split(text, ';')) {
        if (fields_.size() != kFields) refuse("expected dist;release;arch;variant;build;path");
        for (std::size_t i = 0; i + 1 < kFields; ++i)
            if (!is_server_word(fields_[i]))
                refuse(fmt::format("\"{}\" is no name", printable(fields_[i])));
        if (!is_serial(fields_[4])) refuse(fmt::format("the build \"{}\" has no date", fields_[4]));
    }

    [[nodiscard]] std::string field(std::size_t index) const { return std::string(fields_[index]); }

    // Written as absolute with a '/' at the end; both are of no meaning.
    [[nodiscard]] std::string directory() const {
        std::string_view path = fields_.back();
        if (path.starts_with('/')) path.remove_prefix(1);
        if (path.ends_with('/')) path.remove_suffix(1);
        if (const auto problem = problem_of_server_path(path)) refuse(*problem);
        return std::string(path);
    }

private:
    [[noreturn]] void refuse(std::string_view problem) const {
        throw Error(fmt::format("{}: line {}: {}", name_, number_, problem));
    }

    std::string_view name_;
    std::size_t number_;
    std::vector<std::string_view> fields_;
};

OfferedVersion version_of(const Line& line) {
    const std::string directory = line.directory();
    OfferedVersion version{.serial = line.field(4), .files = {}};
    version.files.push_back({.role = FileRole::LxcMetadata, .path = directory + "/meta.tar.xz"});
    version.files.push_back({.role = FileRole::RootTar, .path = directory + "/rootfs.tar.xz"});
    return version;
}

Offer offer_of(const Line& line) {
    Offer offer;
    offer.product = line.field(0) + ":" + line.field(1) + ":" + line.field(2) + ":" + line.field(3);
    offer.distribution = line.field(0);
    offer.release = line.field(1);
    offer.architecture = debian_architecture(line.field(2));
    offer.variant = line.field(3);
    return offer;
}

bool has_serial(const Offer& offer, std::string_view serial) noexcept {
    for (const OfferedVersion& version : offer.versions)
        if (version.serial == serial) return true;
    return false;
}

} // namespace

std::vector<Offer> parse_classic_index(std::string_view text, std::string_view name) {
    if (text.size() > kMostBytes)
        throw Error(fmt::format("{}: larger than {} bytes", name, kMostBytes));
    const auto lines = split_lines(text);
    if (lines.size() > kMostLines)
        throw Error(fmt::format("{}: more than {} lines", name, kMostLines));
    std::vector<Offer> offers;
    std::map<std::string, std::size_t> places; // by product
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (trim(lines[i]).empty()) continue;
        const Line line(name, i + 1, trim(lines[i]));
        Offer offer = offer_of(line);
        const auto [place, is_new] = places.try_emplace(offer.product, offers.size());
        if (is_new) offers.push_back(std::move(offer));
        auto version = version_of(line);
        // The first line counts, as for LXC.
        if (!has_serial(offers[place->second], version.serial))
            offers[place->second].versions.push_back(std::move(version));
    }
    return offers;
}

std::vector<std::string> classic_index_paths(bool unprivileged) {
    const std::string plain = fmt::format("meta/1.0/index-{}", unprivileged ? "user" : "system");
    return {fmt::format("{}.{}", plain, kCompatibility), plain};
}

} // namespace lxcpp::image
