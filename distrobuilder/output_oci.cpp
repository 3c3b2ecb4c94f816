// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"
#include "distrobuilder/output_files.h"
#include "distrobuilder/output_oci_config.h"
#include "distrobuilder/output_tree.h"
#include "image/tar_writer.h"
#include "sys/file.h"
#include "sys/file_io.h"

#include <cstdint>
#include <span>
#include <utility>

namespace lxcpp::distro {
namespace {

constexpr auto kLayout = "{\"imageLayoutVersion\":\"1.0.0\"}\n";
constexpr std::string_view kLayerType = "application/vnd.oci.image.layer.v1.tar";
constexpr auto kBlobs = "/blobs/sha256/";

// What layers may have: others become gzip.
std::string set_layer_compression(image::PackOptions& pack) {
    switch (pack.compression) {
    case image::Compression::None: return std::string(kLayerType);
    case image::Compression::Zstd: return std::string(kLayerType) + "+zstd";
    case image::Compression::Gzip: break;
    default: pack.compression = image::Compression::Gzip; pack.compressor = {};
    }
    return std::string(kLayerType) + "+gzip";
}

// An OCI layout with one image of one layer.
class Layout {
public:
    Layout(OutputFiles& files, std::string top, const OutputWork& work) : files_(files), top_(std::move(top)), work_(work) {}

    void write() {
        files_.add_directory(top_);
        files_.add_directory(top_ + "/blobs");
        files_.add_directory(top_ + "/blobs/sha256");
        files_.add_text(top_ + "/oci-layout", kLayout);
        OciBlobName layer;
        const std::string diff = add_layer(layer);
        const OciBlobName config = add_document(oci_config_document(work_, diff));
        const OciBlobName manifest = add_document(oci_manifest_document(work_, config, layer));
        files_.add_text(top_ + "/index.json", oci_index_document(work_, manifest));
    }

private:
    std::string add_layer(OciBlobName& blob) {
        image::PackOptions pack = tree_options(work_);
        pack.devices = false; // whoever runs it makes them
        pack.plain_digest = true;
        pack.excludes = {".wh.*", "*/.wh.*"}; // a layer takes away by such names
        blob.media_type = set_layer_compression(pack);
        const std::string name = top_ + kBlobs + "layer";
        const image::Packed packed = pack_root(files_, name, work_, pack);
        files_.rename(name, top_ + kBlobs + packed.sha256);
        blob.sha256 = packed.sha256;
        blob.size = packed.size;
        return packed.plain_sha256;
    }

    OciBlobName add_document(const std::string& text) {
        OciBlobName blob{.media_type = "", .sha256 = sha256_hex(text), .size = text.size()};
        files_.add_text(top_ + kBlobs + blob.sha256, text);
        return blob;
    }

    OutputFiles& files_;
    std::string top_;
    const OutputWork& work_;
};

// A layout as a tar archive, uncompressed.
class LayoutArchive {
public:
    LayoutArchive(FdRef to, const OutputWork& work) : to_(to), work_(work) {}

    image::Packed write(const OutputFiles& files, const std::string& top, const std::vector<OutputFile>& parts) {
        add({.type = image::TarType::Directory, .path = "blobs/", .mode = 0755});
        add({.type = image::TarType::Directory, .path = "blobs/sha256/", .mode = 0755});
        for (const OutputFile& part : parts) add_file(files, top, part);
        tar_.finish();
        packed_.sha256 = hash_.finish_hex();
        return packed_;
    }

private:
    void put(std::string_view bytes) {
        hash_.update(bytes);
        packed_.size += bytes.size();
        sys::write_all(to_, bytes, "the archive");
    }

    void add(image::TarEntry entry) {
        entry.mtime.tv_sec = work_.now;
        tar_.add(entry);
    }

    void add_file(const OutputFiles& files, const std::string& top, const OutputFile& part) {
        add({.path = part.name.substr(top.size() + 1), .mode = 0644, .size = part.size});
        const Fd file = sys::open_file(files.path_of(part.name));
        while (const auto got = sys::read_some(file, std::span(buffer_), part.name))
            tar_.data({reinterpret_cast<const char*>(buffer_.data()), got});
    }

    FdRef to_;
    const OutputWork& work_;
    image::Packed packed_;
    Sha256 hash_;
    image::TarWriter tar_{[this](std::string_view bytes) { put(bytes); }};
    std::vector<std::uint8_t> buffer_ = std::vector<std::uint8_t>(256u << 10);
};

} // namespace

void write_oci_image(const OutputWork& work, OutputFiles& files) {
    const std::string name = file_name_of(work.recipe.image.name) + ".oci";
    Layout(files, name, work).write();
    if (work.options.oci == OciForm::Archive) {
        const auto parts = files.withdraw(name);
        static_cast<void>(files.add(name + ".tar", [&](FdRef to) { return LayoutArchive(to, work).write(files, name, parts); }));
        files.remove_withdrawn(name);
    }
}

} // namespace lxcpp::distro
