// SPDX-License-Identifier: Apache-2.0
#include "image/oci_image.h"

#include "base/error.h"
#include "base/strings.h"
#include "image/architecture.h"
#include "image/oci_content.h"
#include "image/oci_layers.h"
#include "image/oci_local.h"
#include "image/oci_registry.h"
#include "image/tree_check.h"

#include <lxcpp/error.h>

#include <array>
#include <ctime>
#include <fmt/core.h>
#include <memory>
#include <sys/utsname.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::array<std::pair<OciTransport, std::string_view>, 5> kProtocols{{
    {OciTransport::Registry, "docker"},
    {OciTransport::Layout, "oci"},
    {OciTransport::LayoutArchive, "oci-archive"},
    {OciTransport::DockerArchive, "docker-archive"},
    {OciTransport::Directory, "dir"},
}};

std::string protocol_of(OciTransport transport) {
    for (const auto& [known, name] : kProtocols)
        if (known == transport) return std::string(name);
    return {};
}

std::unique_ptr<OciSource> open_source(const OciImageRequest& request, const ImageCache& trees, HttpClient& http,
                                       ProgressSink& progress) {
    if (request.reference.transport != OciTransport::Registry) return open_local_image(request.reference, trees.scratch(), request.image_at);
    return std::make_unique<OciRegistry>(request.reference, OciRegistry::Access{.http = http,
                                                                                .cache = trees,
                                                                                .options = request.registry,
                                                                                .progress = progress,
                                                                                .resume = request.keep_downloads});
}

// Where to ask for a newer one: a digest is of one image for ever.
std::string refresh_of(OciReference reference) {
    if (reference.transport == OciTransport::Registry && reference.tag.empty()) return {};
    reference.digest.reset();
    return reference.text();
}

void put_origin(ImageRecord& record, const OciImageRequest& request, const OciSource& source) {
    record.protocol = protocol_of(request.reference.transport);
    record.source = request.reference.text();
    record.refresh = refresh_of(request.reference);
    record.verified = request.reference.digest.has_value() || source.trusted();
    record.verification = fmt::format("all digests, {}, {}", request.reference.digest ? "from the one in its name" : "from the manifest on", source.how());
}

// What is in the store already under that fingerprint is the same image, whoever vouched for it.
void keep_what_was_known(ImageRecord& record, const ImageStore& store) {
    record.added = std::time(nullptr);
    const auto before = store.find_whole(record.fingerprint);
    if (!before) return;
    record.added = before->added;
    if (record.verified || !before->verified) return;
    record.verified = true;
    record.verification = before->verification;
}

void say_verification(const OciImageRequest& request, const ImageRecord& record, ProgressSink& progress) {
    progress.message(fmt::format("{}: {}: {}", printable(request.reference.text()), record.verified ? "verified" : "warning: not verified", record.verification));
}

} // namespace

OciPlatform native_oci_platform() {
    utsname names{};
    ::uname(&names);
    const auto known = find_architecture(static_cast<const char*>(names.machine));
    if (!known) return {.os = "linux", .architecture = static_cast<const char*>(names.machine), .variant = {}};
    return {.os = "linux", .architecture = std::string(known->oci), .variant = std::string(known->variant)};
}

ImageRecord fetch_oci_image(const OciImageRequest& request, const ImageStore& store, const ImageCache& trees,
                            HttpClient& http, ProgressSink& progress) {
    const auto source = open_source(request, trees, http, progress);
    const OciImage image = resolve_oci_image(*source, request.platform);
    const LayerStack stack = store_layers(*source, image, trees, progress);
    OciContent translated = translate_oci_image(image, merged_view(stack));
    ImageRecord& record = translated.record;
    record.trees = stack.names;
    for (const UsedTree& tree : stack.trees) record.size += tree_size(sys::RootedDir::open(tree.path()));
    put_origin(record, request, *source);
    if (record.description.empty()) record.description = request.reference.text();
    keep_what_was_known(record, store);
    store.add(record, translated.content);
    // What earlier, interrupted runs fetched and this one did not need, too.
    for (const OciLayer& layer : image.manifest.layers)
        if (layer.digest.algorithm == "sha256") trees.forget_file(layer.digest.hex);
    for (const std::string& note : translated.notes) progress.message("note: " + note);
    say_verification(request, record, progress);
    return record;
}

} // namespace lxcpp::image
