// SPDX-License-Identifier: Apache-2.0
#include "image/image_export.h"

#include "base/sha256.h"
#include "image/metadata_writer.h"
#include "image/pack.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/overlay.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <optional>
#include <utility>
#include <vector>

namespace lxcpp::image {
namespace {

// The image's root as one tree; its locks are held meanwhile.
class ImageRoot {
public:
    ImageRoot(const ImageStore& store, const ImageRecord& record) {
        sys::Overlay overlay;
        for (const std::string& name : record.trees) {
            held_.push_back(store.hold_tree(name));
            overlay.lowers.insert(overlay.lowers.begin(), store.tree_path(name)); // the topmost first
        }
        if (held_.empty()) throw Error(fmt::format("the image {} has no tree", record.fingerprint));
        if (held_.size() == 1) {
            tree_.emplace(sys::RootedDir::open(overlay.lowers.front()));
        } else {
            tree_.emplace(sys::mount_overlay(overlay).take(), record.fingerprint);
        }
    }
    [[nodiscard]] const sys::RootedDir& tree() const { return *tree_; }

private:
    std::vector<Fd> held_;
    std::optional<sys::RootedDir> tree_;
};

constexpr auto kTar = "rootfs.tar.xz";
constexpr auto kSquashfs = "rootfs.squashfs";

class Export {
public:
    Export(const ImageStore& store, const ImageRecord& record, const std::filesystem::path& directory)
        : store_(store), record_(record), directory_(directory) {}

    ExportedImage run(const ExportOptions& options, ProgressSink& progress) {
        const ImageContent content = store_.content(record_.fingerprint);
        write_metadata("incus.tar.xz", incus_metadata_files(record_, content));
        write_metadata("lxd.tar.xz", incus_metadata_files(record_, content));
        write_metadata("meta.tar.xz", lxc_metadata_files(record_, content));
        const ImageRoot root(store_, record_);
        PackOptions pack;
        pack.combined.emplace().update(sys::read_file(directory_ / "incus.tar.xz"));
        if (options.tar) image_.fingerprint = write(kTar, [&](FdRef to) { return pack_tree(root.tree(), to, pack, progress); });
        pack.squashfs = options.squashfs;
        if (options.squashfs) image_.squashfs_fingerprint = write(kSquashfs, [&](FdRef to) { return pack_tree(root.tree(), to, pack, progress); });
        write_sums();
        return image_;
    }

private:
    template <typename Pack>
    std::string write(const std::string& name, const Pack& pack) {
        const auto path = directory_ / name;
        const Fd file = sys::open_file(path, {.access = sys::Access::ReadWrite, .create = true, .exclusive = true});
        const Packed packed = pack(file);
        sys::fsync_file(file, path.string());
        image_.files.push_back({name, packed.size, packed.sha256});
        return packed.combined;
    }

    void write_metadata(const std::string& name, NamedFiles files) {
        PackOptions options{.newest = record_.created, .files = std::move(files)};
        write(name, [&](FdRef to) { return pack_files(to, options); });
    }

    void write_sums() {
        std::string text;
        for (const ExportedFile& file : image_.files) text += fmt::format("{}  {}\n", file.sha256, file.name);
        sys::write_file_atomic(directory_ / "SHA256SUMS", text);
        image_.files.push_back({"SHA256SUMS", text.size(), sha256_hex(text)});
    }

    const ImageStore& store_;
    const ImageRecord& record_;
    const std::filesystem::path& directory_;
    ExportedImage image_;
};

} // namespace

std::vector<std::string> exported_names(const ExportOptions& options) {
    std::vector<std::string> names{"incus.tar.xz", "lxd.tar.xz", "meta.tar.xz", "SHA256SUMS"};
    if (options.tar) names.emplace_back(kTar);
    if (options.squashfs) names.emplace_back(kSquashfs);
    return names;
}

ExportedImage export_image(const ImageStore& store, const ImageRecord& record, const std::filesystem::path& directory,
                           const ExportOptions& options, ProgressSink& progress) {
    return Export(store, record, directory).run(options, progress);
}

} // namespace lxcpp::image
