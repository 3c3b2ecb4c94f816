// SPDX-License-Identifier: Apache-2.0
#include "image/oci_local.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "image/json_document.h"
#include "image/oci_choice.h"
#include "image/oci_files.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::size_t kLargestDocument = 4u << 20;

// What the local forms have in common.
class LocalImage : public OciSource {
public:
    explicit LocalImage(std::unique_ptr<OciFiles> files) : files_(std::move(files)) {}

    [[nodiscard]] OciText document(const OciDescriptor& descriptor) override {
        return read(document_name(descriptor.digest));
    }
    [[nodiscard]] OciText config(const OciManifest& manifest) override { return read(blob_name(manifest.config)); }
    void fetch_layers(std::span<const OciLayer> layers, const OciLayerDone& done, ProgressSink&) override {
        for (std::size_t i = 0; i < layers.size(); ++i) done(i, files_->open(blob_name(layers[i].digest)));
    }
    [[nodiscard]] std::string how() const override { return "from this machine: " + files_->label(); }
    [[nodiscard]] bool trusted() const override { return false; }

protected:
    [[nodiscard]] virtual std::string blob_name(const OciDigest& digest) const = 0;
    [[nodiscard]] virtual std::string document_name(const OciDigest& digest) const { return blob_name(digest); }
    [[nodiscard]] OciText read(const std::string& name) const {
        return {.text = files_->read(name, kLargestDocument), .content_type = {}, .name = files_->label() + "/" + name, .digest = {}};
    }
    [[nodiscard]] const OciFiles& files() const noexcept { return *files_; }

private:
    std::unique_ptr<OciFiles> files_;
};

// image-layout.md of OCI: oci-layout, index.json, blobs/ALGORITHM/HEX.
class LayoutImage final : public LocalImage {
public:
    LayoutImage(std::unique_ptr<OciFiles> files, OciReference reference)
        : LocalImage(std::move(files)), reference_(std::move(reference)) {}

    [[nodiscard]] OciText top() override {
        check_version();
        const OciText index = read("index.json");
        const auto parsed = parse_oci_document(index.text, index.name, {});
        const auto* entries = std::get_if<OciIndex>(&parsed);
        if (entries == nullptr) throw Error(index.name + ": is no index");
        const OciDescriptor& chosen = choose_named(*entries, reference_, index.name);
        OciText text = document(chosen);
        text.digest = chosen.digest;
        return text;
    }

private:
    void check_version() const {
        const OciText marker = read("oci-layout");
        const JsonDocument document(marker.text, marker.name);
        const JsonValue version = document.root().at("imageLayoutVersion");
        if (!version.text().starts_with("1.")) version.refuse("a version that is not known");
    }
    [[nodiscard]] std::string blob_name(const OciDigest& digest) const override {
        return fmt::format("blobs/{}/{}", digest.algorithm, digest.hex);
    }

    OciReference reference_;
};

// What "skopeo copy … dir:" writes: manifest.json, and blobs by their hex digits.
class FlatImage final : public LocalImage {
public:
    using LocalImage::LocalImage;
    [[nodiscard]] OciText top() override {
        if (files().find("oci-layout")) throw Error(files().label() + ": is an OCI layout: oci:DIRECTORY");
        return read("manifest.json");
    }

private:
    [[nodiscard]] std::string blob_name(const OciDigest& digest) const override { return digest.hex; }
    [[nodiscard]] std::string document_name(const OciDigest& digest) const override { return digest.hex + ".manifest.json"; }
};

// What "docker save" writes: a list of images with names of files. A manifest is made of it, in which a layer's digest
// is that of what it unpacks to.
class DockerArchive final : public LocalImage {
public:
    DockerArchive(std::unique_ptr<OciFiles> files, OciReference reference)
        : LocalImage(std::move(files)), reference_(std::move(reference)) {}

    [[nodiscard]] OciText top() override {
        const OciText list = read("manifest.json");
        const JsonDocument document(list.text, list.name);
        const JsonValue image = choose(document.root());
        config_name_ = image.at("Config").text();
        const OciText config = read(config_name_);
        return {.text = make_manifest(config, image.at("Layers").texts()),
                .content_type = {},
                .name = list.name,
                .digest = {}};
    }
    [[nodiscard]] OciText config(const OciManifest&) override { return read(config_name_); }
    [[nodiscard]] bool layers_have_digests() const override { return false; }

private:
    [[nodiscard]] JsonValue choose(const JsonValue& root) const {
        const auto images = root.items();
        if (reference_.index) {
            if (*reference_.index < images.size()) return images[*reference_.index];
            root.refuse(fmt::format("no image @{}; there are {}", *reference_.index, images.size()));
        }
        std::vector<std::string> names;
        for (const JsonValue& image : images) {
            for (const std::string& name : tags_of(image)) {
                if (reference_.repository.empty() ? false : is_named(name)) return image;
                names.push_back(printable(name));
            }
        }
        if (reference_.repository.empty() && images.size() == 1) return images.front();
        root.refuse(fmt::format("{}; there is {}", reference_.repository.empty() ? "several images, or none: say which" : "no image of that name",
                                names.empty() ? "none with a name" : join(names, ", ")));
    }

    static std::vector<std::string> tags_of(const JsonValue& image) {
        const auto tags = image.find("RepoTags");
        return tags ? tags->texts() : std::vector<std::string>();
    }

    [[nodiscard]] bool is_named(const std::string& name) const {
        try {
            const OciReference other = parse_docker_name(name);
            return other.host == reference_.host && other.repository == reference_.repository && other.tag == reference_.tag;
        } catch (const Error&) {
            return false; // an older docker's name
        }
    }

    [[nodiscard]] std::string make_manifest(const OciText& config, const std::vector<std::string>& layers) {
        const OciImageConfig parsed = parse_oci_image_config(config.text, config.name);
        if (parsed.diff_ids.size() != layers.size())
            throw Error(fmt::format("{}: {} layers, but the configuration of the image is of {}", files().label(), layers.size(), parsed.diff_ids.size()));
        std::string text = fmt::format(
            R"({{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":)"
            R"({{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:{}","size":{}}},"layers":[)",
            sha256_hex(config.text), config.text.size());
        for (std::size_t i = 0; i < layers.size(); ++i) {
            text += fmt::format(R"({}{{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"{}","size":{}}})", i == 0 ? "" : ",",
                                parsed.diff_ids[i].text(), files().open(layers[i]).size);
            layer_names_[parsed.diff_ids[i].text()] = layers[i];
        }
        return text + "]}";
    }

    [[nodiscard]] std::string blob_name(const OciDigest& digest) const override {
        const auto found = layer_names_.find(digest.text());
        if (found == layer_names_.end()) throw Error(files().label() + ": no layer " + digest.text());
        return found->second;
    }

    OciReference reference_;
    std::string config_name_;
    std::map<std::string, std::string> layer_names_; // by diff id
};

} // namespace

std::unique_ptr<OciSource> open_local_image(const OciReference& reference, const std::filesystem::path& scratch,
                                            const std::filesystem::path& at) {
    const OciPlace place{.path = at.empty() ? std::filesystem::path(reference.path) : at, .label = reference.path};
    return with_context(reference.text(), [&]() -> std::unique_ptr<OciSource> {
        switch (reference.transport) {
        case OciTransport::Layout: return std::make_unique<LayoutImage>(open_oci_directory(place), reference);
        case OciTransport::LayoutArchive: return std::make_unique<LayoutImage>(open_oci_archive(place, scratch), reference);
        case OciTransport::DockerArchive: return std::make_unique<DockerArchive>(open_oci_archive(place, scratch), reference);
        case OciTransport::Directory: return std::make_unique<FlatImage>(open_oci_directory(place));
        case OciTransport::Registry: break;
        }
        throw Error("is no image of this machine");
    });
}

} // namespace lxcpp::image
