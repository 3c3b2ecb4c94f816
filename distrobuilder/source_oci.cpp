// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_oci.h"

#include "base/error.h"
#include "base/paths.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "distrobuilder/oci_platform.h"
#include "image/digest.h"
#include "image/oci_layers.h"
#include "image/oci_registry.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <utility>

namespace lxcpp::distro {
namespace {

constexpr int kFormat = 1; // raise when the same image would give another tree
constexpr std::string_view kScheme = "docker://";

image::OciReference reference_of(const SourceSection& source) {
    if (source.url.empty()) throw Error("source.url: docker-http needs the name of an image");
    auto reference = source.url.starts_with(kScheme) ? image::parse_oci_reference(source.url) : image::parse_docker_name(source.url);
    if (source.sha256.empty()) return reference;
    image::OciDigest pin{.algorithm = "sha256", .hex = image::check_sha256(source.sha256, "source.sha256")};
    if (reference.digest && *reference.digest != pin) throw Error("source.url: has another digest than source.sha256");
    reference.digest = std::move(pin);
    return reference;
}

// Many images have the same empty layer several times.
std::vector<image::OciLayer> without_repeats(const std::vector<image::OciLayer>& layers) {
    std::vector<image::OciLayer> result;
    for (const image::OciLayer& layer : layers)
        if (std::ranges::find(result, layer.digest, &image::OciLayer::digest) == result.end()) result.push_back(layer);
    return result;
}

std::map<std::string, image::OciBlob> fetch_blobs(image::OciSource& source, const image::OciImage& image, image::ProgressSink& progress) {
    const auto layers = without_repeats(image.manifest.layers);
    std::map<std::string, image::OciBlob> blobs;
    source.fetch_layers(layers, [&](std::size_t i, image::OciBlob blob) {
        if (blob.size != layers[i].size) throw Error(fmt::format("{}: has {} bytes, expected {}", blob.name, blob.size, layers[i].size));
        blobs.emplace(layers[i].digest.text(), std::move(blob));
    }, progress);
    return blobs;
}

class DockerSource final : public RootSource {
public:
    explicit DockerSource(const SourceWork& work)
        : work_(work), reference_(reference_of(work.recipe.source)), options_(image::default_registry_options(default_paths().config)),
          registry_(reference_, {.http = work.http, .cache = work.cache, .options = options_, .progress = work.progress}) {
        const SourceSection& source = work.recipe.source;
        if (!source.keys.empty() || !source.key_files.empty()) throw Error("the recipe has source.keys, but images of registries are not signed by them");
        image_ = image::resolve_oci_image(registry_, platform_of(work.recipe.image));
        verify();
        identity_ = sha256_hex(fmt::format("oci {} {}\n", kFormat, image_.fingerprint));
    }

    [[nodiscard]] const std::string& identity() const noexcept override { return identity_; }
    [[nodiscard]] const std::vector<Verification>& verification() const noexcept override {
        return verification_;
    }
    void unpack(const std::filesystem::path& root) override {
        with_context(work_.recipe.source.downloader, [&] { unpack_oci_image(registry_, image_, sys::RootedDir::open(root), work_.progress); });
    }

private:
    void verify() {
        const bool named = reference_.digest.has_value();
        const std::string name = printable(reference_.text());
        if (!named && !registry_.trusted() && !work_.recipe.source.skip_verification)
            throw Error(fmt::format("{}: nothing says that it is right: it comes {}; give its "
                                    "digest (@sha256:… or source.sha256)",
                                    name, registry_.how()));
        if (named)
            verification_.push_back({fmt::format("{}: all digests, from the one in the recipe, {}",
                                                 name, registry_.how())});
        else
            verification_.push_back(
                {fmt::format("{}: nobody signed it: it is what its registry says ({})", name,
                             registry_.how()),
                 true});
    }

    const SourceWork& work_;
    image::OciReference reference_;
    image::OciRegistryOptions options_;
    image::OciRegistry registry_;
    image::OciImage image_;
    std::string identity_;
    std::vector<Verification> verification_;
};

} // namespace

void unpack_oci_image(image::OciSource& source, const image::OciImage& image, const sys::RootedDir& root, image::ProgressSink& progress) {
    if (image.manifest.layers.empty()) throw Error("the image has no layers");
    const auto blobs = fetch_blobs(source, image, progress);
    image::ProgressPhase phase(progress, "Unpacking layers", image.manifest.layers.size());
    std::uint64_t devices = 0;
    for (std::size_t i = 0; i < image.manifest.layers.size(); ++i) {
        const image::OciDigest& digest = image.manifest.layers[i].digest;
        const image::LayerBlob layer{.blob = blobs.at(digest.text()),
                                     .digest = source.layers_have_digests() ? std::optional(digest) : std::nullopt,
                                     .diff_id = image.config.diff_ids.at(i)};
        devices += image::apply_oci_layer(layer, root, i != 0).skipped_devices;
        phase.update(i + 1);
    }
    root.chmod("", 0755);
    phase.end(fmt::format("{} layers", image.manifest.layers.size()));
    if (devices != 0) progress.message(fmt::format("{} device nodes of the image were left out; a container gets its own", devices));
}

std::unique_ptr<RootSource> open_docker_source(const SourceWork& work) {
    return with_context("docker-http", [&] { return std::make_unique<DockerSource>(work); });
}

} // namespace lxcpp::distro
