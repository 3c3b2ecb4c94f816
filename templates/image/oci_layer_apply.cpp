// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "image/decompress.h"
#include "image/oci_files.h"
#include "image/oci_hash.h"
#include "image/oci_layer_writer.h"
#include "image/oci_layers.h"
#include "image/read_ahead.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <array>
#include <fmt/core.h>
#include <utility>

namespace lxcpp::image {
namespace {

// Hashes what passes.
class HashingSource {
public:
    HashingSource(ByteSource source, OciHash hash) : source_(std::move(source)), hash_(std::move(hash)) {}
    std::size_t read(std::span<char> into) {
        const auto got = source_(into);
        hash_.update(std::string_view(into.data(), got));
        return got;
    }
    [[nodiscard]] ByteSource as_source() {
        return [this](std::span<char> into) { return read(into); };
    }
    [[nodiscard]] OciDigest finish() { return hash_.finish(); }

private:
    ByteSource source_;
    OciHash hash_;
};

// Images know gzip, zstd and none; each other decoder would only be there to be attacked.
void check_compression(const OciBlob& blob) {
    std::array<char, 6> magic{};
    if (sys::read_at(*blob.file, magic, blob.offset, blob.name) < magic.size()) return;
    const std::string_view text(magic.data(), magic.size());
    for (const auto& [name, start] : {std::pair("xz", std::string_view("\xFD" "7zXZ")), std::pair("bzip2", std::string_view("BZh"))})
        if (text.starts_with(start)) throw Error(fmt::format("{}: compressed with {}; layers are with gzip or zstd", blob.name, name));
}

// What is wrong with the bytes themselves, before anybody made sense of them.
void check_stored(const LayerBlob& layer) {
    if (!layer.digest) return;
    HashingSource stored(blob_source(layer.blob), OciHash(*layer.digest));
    std::vector<char> buffer(256u << 10);
    while (stored.read(buffer) != 0) {}
    require_oci_digest(*layer.digest, stored.finish(), layer.blob.name);
}

LayerApplied unpack(const LayerBlob& layer, const sys::RootedDir& root, bool on_top) {
    check_compression(layer.blob);
    HashingSource stored(blob_source(layer.blob), layer.digest ? OciHash(*layer.digest) : OciHash());
    Decompressor decompressor(stored.as_source(), layer.blob.name);
    HashingSource content([&](std::span<char> into) { return decompressor.read(into); }, OciHash(layer.diff_id));
    LayerApplied applied;
    {
        ReadAhead ahead(content.as_source());
        TarReader reader([&](std::span<char> into) { return ahead.read(into); }, layer.blob.name, TarEnd::Open,
                         [&](std::size_t most) { return ahead.view(most); });
        OciLayerWriter writer(root, on_top);
        while (const TarEntry* entry = reader.next()) {
            applied.bytes += entry->size;
            writer.write(*entry, reader);
        }
        writer.finish(); // the reader was at the end of all bytes
        applied.skipped_devices = writer.skipped_devices();
    }
    if (layer.digest) require_oci_digest(*layer.digest, stored.finish(), layer.blob.name);
    require_oci_digest(layer.diff_id, content.finish(), layer.blob.name, "of what it unpacks to ");
    return applied;
}

} // namespace

LayerApplied apply_oci_layer(const LayerBlob& layer, const sys::RootedDir& root, bool on_top) {
    try {
        return unpack(layer, root, on_top);
    } catch (const SystemError&) {
        throw; // a full disk, say
    } catch (Error& error) {
        check_stored(layer); // says so rather than what followed from it
        if (std::string_view(error.what()).find(layer.blob.name) == std::string_view::npos) error.add_context(layer.blob.name);
        throw;
    }
}

} // namespace lxcpp::image
