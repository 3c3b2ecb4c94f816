// SPDX-License-Identifier: Apache-2.0
#include "image/oci_choice.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <set>
#include <vector>

namespace lxcpp::image {
namespace {

constexpr std::size_t kMostListed = 40;

std::string listing(const std::set<std::string>& names) {
    std::vector<std::string> shown;
    for (const std::string& name : names)
        if (shown.size() < kMostListed) shown.push_back(printable(name));
    if (shown.size() < names.size())
        shown.push_back(fmt::format("{} more", names.size() - shown.size()));
    return shown.empty() ? "none" : join(shown, ", ");
}

// What runs on the variant, best first: "v7" runs "v6" and "v5"; what names none runs everywhere.
std::vector<std::string> variants_for(const OciPlatform& wanted) {
    std::vector<std::string> variants;
    std::string_view variant = wanted.variant;
    if (variant.empty() && wanted.architecture == "arm64") variant = "v8"; // the first there was
    if (variant.empty() && wanted.architecture == "arm") variant = "v7";
    if (variant.empty() && wanted.architecture == "amd64") variant = "v1";
    if (!variant.empty()) variants.emplace_back(variant);
    if (variant.size() == 2 && variant[0] == 'v' && variant[1] > '1' && variant[1] <= '9')
        for (char older = static_cast<char>(variant[1] - 1); older >= '1'; --older)
            variants.push_back(std::string("v") + older);
    variants.emplace_back();
    return variants;
}

bool fits(const OciDescriptor& entry, const OciPlatform& wanted, const std::string& variant) {
    return !entry.attestation && entry.platform && entry.platform->os == wanted.os &&
           entry.platform->architecture == wanted.architecture &&
           entry.platform->variant == variant;
}

std::vector<const OciDescriptor*> images_of(const OciIndex& index) {
    std::vector<const OciDescriptor*> images;
    for (const OciDescriptor& entry : index.manifests)
        if (!entry.attestation) images.push_back(&entry);
    return images;
}

} // namespace

const OciDescriptor& choose_platform(const OciIndex& index, const OciPlatform& wanted,
                                     std::string_view name) {
    for (const std::string& variant : variants_for(wanted))
        for (const OciDescriptor& entry : index.manifests)
            if (fits(entry, wanted, variant)) return entry;
    const auto images = images_of(index);
    // Its configuration says for which it is.
    if (images.size() == 1 && !images.front()->platform) return *images.front();
    std::set<std::string> platforms;
    for (const OciDescriptor* image : images)
        platforms.insert(image->platform ? image->platform->text() : "one that names no platform");
    throw Error(fmt::format("{}: no image for {}; there is {}", name, printable(wanted.text()),
                            listing(platforms)));
}

const OciDescriptor& choose_named(const OciIndex& index, const OciReference& reference,
                                  std::string_view name) {
    const auto images = images_of(index);
    if (reference.index) {
        if (*reference.index < index.manifests.size()) return index.manifests[*reference.index];
        throw Error(fmt::format("{}: no image @{}; there are {}", name, *reference.index,
                                index.manifests.size()));
    }
    std::set<std::string> names;
    for (const OciDescriptor* image : images) {
        if (!reference.tag.empty() && image->ref_name == reference.tag) return *image;
        names.insert(image->ref_name.empty() ? "one without a name" : image->ref_name);
    }
    if (!reference.tag.empty())
        throw Error(fmt::format("{}: no image {}; there is {}", name, printable(reference.tag),
                                listing(names)));
    if (images.empty()) throw Error(fmt::format("{}: there is no image", name));
    if (images.size() > 1)
        throw Error(
            fmt::format("{}: {} images; say which: {}", name, images.size(), listing(names)));
    return *images.front();
}

} // namespace lxcpp::image
