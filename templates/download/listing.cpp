// SPDX-License-Identifier: Apache-2.0
#include "download/listing.h"

#include "base/ascii.h"
#include "base/strings.h"
#include "image/architecture.h"
#include "image/progress.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <set>
#include <vector>

namespace lxcpp::download {
namespace {

using image::Offer;
using image::OfferedVersion;
using image::OfferRequest;

constexpr std::array<std::string_view, 6> kTitles{"DIST", "RELEASE", "ARCH", "VARIANT", "BUILD", "SIZE"};
using Row = std::array<std::string, kTitles.size()>;

bool is_release(const Offer& offer, std::string_view name) {
    return same_letters(offer.release, name) ||
           std::ranges::any_of(offer.release_names, [&](const std::string& other) { return same_letters(other, name); });
}

bool matches(const Offer& offer, const OfferRequest& wanted) {
    return (wanted.distribution.empty() || same_letters(offer.distribution, wanted.distribution)) &&
           (wanted.release.empty() || is_release(offer, wanted.release)) &&
           (wanted.architecture.empty() || offer.architecture == image::debian_architecture(wanted.architecture)) &&
           (wanted.variant.empty() || same_letters(offer.variant, wanted.variant));
}

// Of what would be downloaded, as far as the index says it.
std::string size_of(const OfferedVersion& version) {
    std::uint64_t root = 0;
    std::uint64_t rest = 0;
    for (const auto& file : version.files) {
        const std::uint64_t size = file.size.value_or(0);
        const bool is_root = file.role == image::FileRole::RootTar || file.role == image::FileRole::Combined ||
                             file.role == image::FileRole::RootSquashfs;
        if (is_root) root = root == 0 ? size : std::min(root, size);
        else if (file.role == image::FileRole::IncusMetadata) rest += size;
    }
    return root == 0 ? "-" : image::format_amount(root + rest, image::ProgressUnit::Bytes);
}

Row row_of(const Offer& offer) {
    const auto older = [](const OfferedVersion& a, const OfferedVersion& b) { return image::serial_before(a.serial, b.serial); };
    const OfferedVersion& newest = *std::ranges::max_element(offer.versions, older);
    return {offer.distribution, offer.release, offer.architecture, offer.variant, newest.serial, size_of(newest)};
}

std::string format_table(const std::vector<Row>& rows) {
    std::array<std::size_t, kTitles.size()> widths{};
    for (const Row& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    std::string text;
    for (const Row& row : rows) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
        text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return text;
}

// One question: which word, and what an offer says to it.
struct Question {
    std::string_view what;
    std::string OfferRequest::* member;
    std::string Offer::* answer;
};
constexpr std::array<Question, 3> kQuestions{{
    {"Distribution", &OfferRequest::distribution, &Offer::distribution},
    {"Release", &OfferRequest::release, &Offer::release},
    {"Architecture", &OfferRequest::architecture, &Offer::architecture},
}};

std::set<std::string> choices(std::span<const Offer> offers, const OfferRequest& wanted, const Question& question) {
    std::set<std::string> found;
    for (const Offer& offer : offers)
        if (matches(offer, wanted)) found.insert(offer.*question.answer);
    return found;
}

} // namespace

std::string format_listing(std::span<const Offer> offers, const OfferRequest& wanted) {
    std::vector<Row> rows;
    for (const Offer& offer : offers)
        if (matches(offer, wanted)) rows.push_back(row_of(offer));
    if (rows.empty()) throw Error("the server has no image that this chooses");
    std::ranges::sort(rows);
    Row titles;
    std::ranges::copy(kTitles, titles.begin());
    rows.insert(rows.begin(), titles);
    return format_table(rows);
}

OfferRequest ask_for_missing(std::span<const Offer> offers, OfferRequest wanted, const std::string& native, const Ask& ask) {
    for (const Question& question : kQuestions) {
        if (!(wanted.*question.member).empty()) continue;
        const auto there = choices(offers, wanted, question);
        if (there.empty()) break; // choosing says what is wrong
        const bool has_default = question.member == &OfferRequest::architecture && there.contains(native);
        const std::vector<std::string> words(there.begin(), there.end());
        std::string text = fmt::format("{}\n{}{}: ", join(words, " "), question.what, has_default ? " [" + native + "]" : "");
        for (;;) {
            const auto answer = ask(text);
            if (!answer) throw Error(fmt::format("no {} was chosen", question.what));
            std::string word(trim(*answer));
            if (word.empty() && has_default) word = native;
            OfferRequest next = wanted;
            next.*question.member = word;
            if (!word.empty() && !choices(offers, next, question).empty()) {
                wanted = std::move(next);
                break;
            }
            text = fmt::format("There is no such one. {}: ", question.what);
        }
    }
    return wanted;
}

} // namespace lxcpp::download
