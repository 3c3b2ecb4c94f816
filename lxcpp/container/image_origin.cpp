// SPDX-License-Identifier: Apache-2.0
#include "container/image_origin.h"

#include "sys/rooted_dir.h"

#include <algorithm>

namespace lxcpp {
std::optional<ImageRecord> read_container_image(const std::filesystem::path& container) {
    const auto text = sys::RootedDir::open(container).read_file(kImageFile);
    if (!text) return std::nullopt;
    return parse_image_record(*text, (container / kImageFile).string());
}

ImageOrigin image_origin(const ImageRecord& record, bool stacked) {
    ImageOrigin origin{.fingerprint = record.fingerprint,
                       .source = record.source,
                       .signer = record.signer,
                       .verification = record.verification,
                       .verified = record.verified,
                       .trees = {}};
    if (stacked) origin.trees = record.trees;
    std::ranges::sort(origin.trees);
    return origin;
}

std::string image_origin_text(const ImageOrigin& image) {
    return "image " + short_fingerprint(image.fingerprint);
}

} // namespace lxcpp
