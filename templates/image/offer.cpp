// SPDX-License-Identifier: Apache-2.0
#include "image/offer.h"

#include "base/ascii.h"
#include "base/nearest.h"
#include "base/strings.h"
#include "image/architecture.h"
#include "image/server_path.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/core.h>
#include <set>

namespace lxcpp::image {
namespace {

constexpr std::size_t kMostListed = 40; // names in a message

bool is_digit(char c) noexcept {
    return c >= '0' && c <= '9';
}

// Takes the run of digits, or the one other character, that text begins with.
std::string_view take_piece(std::string_view& text) noexcept {
    std::size_t length = 0;
    while (length < text.size() && is_digit(text[length])) ++length;
    const auto piece = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(piece.size());
    return piece;
}

// Below, at or above 0 as for strcmp; numbers of any length.
int compare_pieces(std::string_view a, std::string_view b) noexcept {
    if (is_digit(a.front()) && is_digit(b.front())) {
        a.remove_prefix(std::min(a.find_first_not_of('0'), a.size()));
        b.remove_prefix(std::min(b.find_first_not_of('0'), b.size()));
        if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    }
    return a.compare(b);
}

// One step of the choice: which word of the request it is, and what an offer answers to it.
struct Step {
    std::string_view what;                           // "release"
    std::string wanted;                              // as it is compared
    std::vector<std::string> (*names)(const Offer&); // the first is the one to show
    std::string (*shown)(const Offer&);
};

std::vector<std::string> distribution_names(const Offer& offer) {
    return {ascii_lower(offer.distribution)};
}
std::vector<std::string> architecture_names(const Offer& offer) {
    return {offer.architecture};
}
std::vector<std::string> variant_names(const Offer& offer) {
    return {ascii_lower(offer.variant)};
}
std::vector<std::string> release_names(const Offer& offer) {
    std::vector<std::string> names{ascii_lower(offer.release)};
    for (const std::string& name : offer.release_names) names.push_back(ascii_lower(name));
    return names;
}

std::string listing(const std::vector<std::string>& words) {
    const std::size_t shown = std::min(words.size(), kMostListed);
    std::vector<std::string> safe;
    for (const std::string& word : std::span(words).first(shown)) safe.push_back(printable(word));
    std::string text = join(safe, ", ");
    if (shown < words.size()) text += fmt::format(" and {} more", words.size() - shown);
    return text;
}

[[noreturn]] void refuse_word(std::string_view place, std::string_view what,
                              const std::string& wanted, const std::vector<std::string>& there,
                              const std::vector<std::string>& also) {
    std::vector<std::string> known = there;
    known.insert(known.end(), also.begin(), also.end());
    const auto meant = nearest(wanted, known);
    throw Error(fmt::format("{} has no {} {}{}; it has {}", printable(place), what,
                            printable(wanted),
                            meant ? fmt::format(" (did you mean {}?)", printable(*meant)) : "",
                            there.empty() ? "none" : listing(there)));
}

using Candidates = std::vector<const Offer*>;

// The candidates that answer to the word; Error listing what they would answer to.
Candidates narrow(const Candidates& candidates, const Step& step, std::string_view place) {
    Candidates left;
    std::set<std::string> shown;
    std::set<std::string> also;
    for (const Offer* offer : candidates) {
        const auto names = step.names(*offer);
        if (std::find(names.begin(), names.end(), step.wanted) != names.end())
            left.push_back(offer);
        shown.insert(step.shown(*offer));
        also.insert(names.begin(), names.end());
    }
    if (left.empty())
        refuse_word(place, step.what, step.wanted, {shown.begin(), shown.end()},
                    {also.begin(), also.end()});
    return left;
}

// Another product may answer to a release's second name; the one that is called so goes first.
void prefer_own_name(Candidates& candidates, const std::string& release) {
    const auto own = [&](const Offer* offer) { return ascii_lower(offer->release) == release; };
    if (std::any_of(candidates.begin(), candidates.end(), own))
        std::erase_if(candidates, [&](const Offer* offer) { return !own(offer); });
}

bool older(const Choice& a, const Choice& b) noexcept {
    return serial_before(a.version->serial, b.version->serial);
}

Choice choose_version(const Candidates& candidates, const std::string& serial,
                      std::string_view place) {
    std::vector<Choice> builds;
    for (const Offer* offer : candidates)
        for (const OfferedVersion& version : offer->versions)
            if (!version.files.empty()) builds.push_back({offer, &version});
    if (builds.empty()) throw Error(fmt::format("{} has no build to offer", printable(place)));
    if (serial.empty()) return *std::max_element(builds.begin(), builds.end(), older);
    std::vector<std::string> serials;
    for (const Choice& build : builds) {
        if (build.version->serial == serial) return build;
        serials.push_back(build.version->serial);
    }
    refuse_word(place, "build", serial, serials, {});
}

} // namespace

std::string_view role_name(FileRole role) noexcept {
    switch (role) {
    case FileRole::IncusMetadata:
        return "incus.tar.xz";
    case FileRole::LxdMetadata:
        return "lxd.tar.xz";
    case FileRole::LxcMetadata:
        return "meta.tar.xz";
    case FileRole::RootTar:
        return "rootfs.tar.xz";
    case FileRole::RootSquashfs:
        return "rootfs.squashfs";
    case FileRole::Combined:
        return "incus_combined.tar.gz";
    }
    return "file";
}

const OfferedFile* OfferedVersion::find(FileRole role) const noexcept {
    const auto found = std::find_if(files.begin(), files.end(),
                                    [&](const OfferedFile& file) { return file.role == role; });
    return found == files.end() ? nullptr : &*found;
}

OfferRequest parse_image_name(std::string_view name, std::string_view native_architecture) {
    const auto words = split(name, '/');
    const bool all_words = std::all_of(words.begin(), words.end(), is_server_word);
    if (!all_words || words.size() < 2 || words.size() > 4) {
        throw Error(
            fmt::format("{}: an image is named DISTRIBUTION/RELEASE[/VARIANT][/ARCHITECTURE]",
                        printable(name)));
    }
    OfferRequest request{.distribution = std::string(words[0]),
                         .release = std::string(words[1]),
                         .architecture = std::string(native_architecture)};
    const bool third_is_architecture = words.size() == 3 && find_architecture(words[2]);
    if (words.size() > 2 && !third_is_architecture) request.variant = words[2];
    if (third_is_architecture || words.size() == 4) request.architecture = words.back();
    return request;
}

std::optional<OfferRequest> request_of_alias(std::span<const Offer> offers, std::string_view name,
                                             std::string_view native_architecture) {
    const auto meant = [&](std::string_view alias, std::string_view architecture) -> std::optional<OfferRequest> {
        for (const Offer& offer : offers) {
            if (offer.architecture != debian_architecture(architecture)) continue;
            if (std::find(offer.aliases.begin(), offer.aliases.end(), alias) == offer.aliases.end()) continue;
            return OfferRequest{offer.distribution, offer.release, offer.variant, offer.architecture, {}};
        }
        return std::nullopt;
    };
    if (auto whole = meant(name, native_architecture)) return whole;
    const auto slash = name.rfind('/');
    if (slash == name.npos || !find_architecture(name.substr(slash + 1))) return std::nullopt;
    return meant(name.substr(0, slash), name.substr(slash + 1));
}

void add_release_names_of_aliases(Offer& offer) {
    for (const std::string& alias : offer.aliases) {
        const auto words = split(alias, '/');
        if (words.size() > 1 && words[0] == offer.distribution) add_release_name(offer, std::string(words[1]));
    }
}

void add_release_name(Offer& offer, std::string name) {
    auto& names = offer.release_names;
    if (name.empty() || name == offer.release) return;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
}

bool is_serial(std::string_view text) noexcept {
    if (text.size() < 8 || !is_server_word(text)) return false;
    const auto number = [&](std::size_t at, std::size_t length) {
        return static_cast<int>(parse_u64(text.substr(at, length)).value_or(0));
    };
    if (!std::all_of(text.begin(), text.begin() + 8, is_digit)) return false;
    return std::chrono::year_month_day{std::chrono::year(number(0, 4)),
                                       std::chrono::month(static_cast<unsigned>(number(4, 2))),
                                       std::chrono::day(static_cast<unsigned>(number(6, 2)))}
        .ok();
}

bool serial_before(std::string_view a, std::string_view b) noexcept {
    while (!a.empty() && !b.empty()) {
        const int order = compare_pieces(take_piece(a), take_piece(b));
        if (order != 0) return order < 0;
    }
    return a.empty() && !b.empty();
}

Choice choose_offer(std::span<const Offer> offers, const OfferRequest& request,
                    std::string_view server) {
    const std::array<Step, 4> steps = {{
        {"distribution", ascii_lower(request.distribution), distribution_names,
         [](const Offer& offer) { return offer.distribution; }},
        {"release", ascii_lower(request.release), release_names,
         [](const Offer& offer) { return offer.release; }},
        {"architecture", debian_architecture(request.architecture), architecture_names,
         [](const Offer& offer) { return offer.architecture; }},
        {"variant", ascii_lower(request.variant), variant_names,
         [](const Offer& offer) { return offer.variant; }},
    }};
    Candidates candidates;
    for (const Offer& offer : offers) candidates.push_back(&offer);
    if (candidates.empty()) throw Error(fmt::format("{} offers no image", printable(server)));
    std::string place(server);
    for (const Step& step : steps) {
        candidates = narrow(candidates, step, place);
        if (step.what == "release") prefer_own_name(candidates, step.wanted);
        place += (&step == &steps.front() ? ": " : " ") + step.wanted;
    }
    return choose_version(candidates, request.serial, place);
}

FileChoice choose_files(const OfferedVersion& version, std::span<const FileRole> preferred_roots) {
    const OfferedFile* metadata = nullptr;
    for (const FileRole role :
         {FileRole::IncusMetadata, FileRole::LxdMetadata, FileRole::LxcMetadata})
        if (metadata == nullptr) metadata = version.find(role);
    for (const FileRole role : preferred_roots) {
        const OfferedFile* root = version.find(role);
        if (root == nullptr) continue;
        if (role == FileRole::Combined) return {root, root, root->sha256};
        if (metadata == nullptr) continue;
        return {metadata, root,
                role == FileRole::RootSquashfs ? metadata->combined_squashfs
                                               : metadata->combined_tar};
    }
    std::vector<std::string> there;
    for (const OfferedFile& file : version.files) there.emplace_back(role_name(file.role));
    throw Error(fmt::format(
        "build {} has no pair of metadata and root file system that we can use; it has {}",
        printable(version.serial), there.empty() ? "nothing" : join(there, ", ")));
}

} // namespace lxcpp::image
