// SPDX-License-Identifier: Apache-2.0
#include "container/image_create.h"

#include "base/error.h"
#include "base/strings.h"
#include "container/helper_process.h"
#include "container/image_config.h"
#include "container/image_files.h"
#include "container/image_origin.h"
#include "container/image_volumes.h"
#include "storage/choice.h"

#include <algorithm>

namespace lxcpp {
namespace {

std::string header(const ImageRecord& record) {
    std::string text = "# Image of which this container was made: " + record.fingerprint;
    if (!record.source.empty()) text += "\n# It is from: " + printable(record.source);
    text += std::string("\n# Verified: ") + (record.verified ? "yes" : "no");
    if (!record.verification.empty()) text += " (" + printable(record.verification) + ')';
    return text + "\n# For additional config options, please look at lxcpp.container.conf(5)\n\n";
}

class ImageMaker {
public:
    ImageMaker(const ImageCreate& create, const HeldImage& image, const std::filesystem::path& construction, FdRef outside)
        : create_(create), image_(image), directory_(sys::RootedDir::open(construction)),
          words_{create.impl.name, create.impl.directory(), final_root(), create.impl.paths.data} {
        new_root_.trees = image.trees;
        new_root_.directory = construction;
        new_root_.outside = outside;
        new_root_.libexec = create.impl.paths.libexec;
        new_root_.quiet = create.options.quiet;
        if (create.idmap.empty() || create.idmapped) return;
        new_root_.uid_shift = host_root(create.idmap, IdKind::Uid);
        new_root_.gid_shift = host_root(create.idmap, IdKind::Gid);
    }

    void make(StorageKind kind, ConfigText base, sys::SignalFd& signals) {
        const auto backend = make_storage_backend(kind);
        make_root(*backend, signals);
        {
            const sys::RootedDir root = backend->open(new_root_);
            personalize_image(root, {image_.record, image_.content, words_, create_.idmap.empty(), new_root_.uid_shift,
                                     new_root_.gid_shift, create_.options.note});
            make_volumes(root, signals);
        }
        base.set("lxc.rootfs.path", backend->config_path(new_root_, create_.impl.directory(), create_.options.directory));
        write_config(std::move(base));
        directory_.write_file(kImageFile, format_image_record(image_.record), 0640);
        tell_message();
    }

private:
    std::filesystem::path final_root() const {
        return create_.options.directory.empty() ? create_.impl.directory() / "rootfs" : create_.options.directory;
    }

    void make_root(const StorageBackend& backend, sys::SignalFd& signals) const {
        const std::string what = "make the root file system (" + std::string(storage_name(backend.kind())) + ')';
        std::optional<sys::Child> child = with_context(what, [&] { return backend.make(new_root_); });
        if (child) wait_for_helper(*child, signals, what);
    }

    void make_volumes(const sys::RootedDir& root, sys::SignalFd& signals) {
        const CopyWish copy{new_root_.libexec, "Copying a volume", new_root_.uid_shift, new_root_.gid_shift, new_root_.quiet};
        for (const std::string& path : image_.record.volumes) {
            if (!is_volume_path(path)) {
                note("the image's volume " + printable(path) + " is no path below / and is left out");
                continue;
            }
            make_volume(directory_, root, volumes_.size(), path, copy, signals);
            volumes_.push_back(volume_entry(create_.impl.directory(), volumes_.size(), path, !create_.idmap.empty() && create_.idmapped));
        }
    }

    void write_config(ConfigText text) const {
        for (const std::string& line : add_image_config(text, {image_.record, image_.content, words_, !create_.idmap.empty()})) note(line);
        for (const std::string& entry : volumes_) text.append("lxc.mount.entry", entry);
        with_context("the configuration for this image", [&] {
            (void)load_config_text(text.text(), create_.impl.config_file(), {.data_dir = create_.impl.paths.data});
        });
        directory_.write_file("config", header(image_.record) + text.text(), 0640);
    }

    void tell_message() const {
        const std::string message = replace_words(image_.content.create_message, words_);
        for (const std::string_view line : split_lines(message)) note(printable(line));
    }

    void note(const std::string& text) const {
        if (create_.options.note) create_.options.note(text);
    }

    const ImageCreate& create_;
    const HeldImage& image_;
    sys::RootedDir directory_;
    ImageWords words_;
    NewRoot new_root_;
    std::vector<std::string> volumes_; // lxc.mount.entry
};

} // namespace

std::uint32_t host_root(const std::vector<IdMapEntry>& idmap, IdKind kind) {
    for (const IdMapEntry& entry : idmap) {
        if (entry.kind == kind && entry.nsid == 0) return entry.hostid;
    }
    throw Error("lxc.idmap maps no root (id 0); a container's root file system needs one");
}

StorageKind choose_image_storage(const ImageCreate& create, const HeldImage& image) {
    const bool elsewhere = !create.options.directory.empty();
    const std::filesystem::path place = elsewhere ? create.options.directory.parent_path() : create.impl.lxcpath;
    const bool unprivileged = !create.idmap.empty() || !create.options.privileged;
    return choose_storage(create.options.backend, probe_storage({image.trees, place, unprivileged, elsewhere, create.idmapped}));
}

void make_of_image(const ImageCreate& create, const HeldImage& image, StorageKind kind, const std::filesystem::path& construction,
                   FdRef outside, ConfigText base, sys::SignalFd& signals) {
    ImageMaker(create, image, construction, outside).make(kind, std::move(base), signals);
    image.store.touch(image.record.fingerprint);
}

} // namespace lxcpp
