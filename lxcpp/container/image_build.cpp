// SPDX-License-Identifier: Apache-2.0
#include "container/image_build.h"

#include "base/error.h"
#include "base/strings.h"
#include "container/helper_process.h"
#include "container/image_config.h"
#include "container/image_files.h"
#include "container/image_requirements.h"
#include "container/image_volumes.h"

#include <algorithm>
#include <array>

namespace lxcpp {
namespace {

constexpr std::string_view kFirst = "# Image of which this container was made: ";
constexpr std::array<std::string_view, 3> kHeader{kFirst, "# It is from: ", "# Verified: "};
constexpr std::string_view kHint = "# For additional config options, please look at lxcpp.container.conf(5)\n";

std::string header(const ImageRecord& record) {
    std::string text(kFirst);
    text += record.fingerprint;
    if (!record.source.empty()) text += "\n# It is from: " + printable(record.source);
    text += std::string("\n# Verified: ") + (record.verified ? "yes" : "no");
    if (!record.verification.empty()) text += " (" + printable(record.verification) + ')';
    return text + '\n';
}

bool is_header(std::string_view line) {
    return std::ranges::any_of(kHeader, [line](std::string_view begin) { return line.starts_with(begin); });
}

// On top, in place of that of an earlier image.
ConfigText with_header(const ConfigText& text, const ImageRecord& record) {
    std::string rest;
    bool hinted = false; // by us at an earlier image, or in the header of the template that brought this one
    for (const std::string& line : text.lines()) {
        hinted = hinted || is_header(line) || line == kHint;
        if (!is_header(line)) rest += line;
    }
    return ConfigText(header(record) + (hinted ? "" : std::string(kHint) + '\n') + rest);
}

} // namespace

ImageBuild::ImageBuild(const ImageCreate& create, const HeldImage& image, StorageKind kind, const std::filesystem::path& directory,
                       FdRef outside, std::string suffix)
    : create_(create), image_(image), backend_(make_storage_backend(kind)),
      words_{create.impl.name, create.impl.directory(), {}, create.impl.paths.data} {
    root_.trees = image.trees;
    root_.directory = directory;
    root_.suffix = std::move(suffix);
    root_.outside = outside;
    root_.libexec = create.impl.paths.libexec;
    root_.quiet = create.options.quiet;
    words_.rootfs = create.options.directory.empty() ? create.impl.directory() / root_name() : create.options.directory;
    if (create.idmap.empty() || create.idmapped) return;
    root_.uid_shift = host_root(create.idmap, IdKind::Uid);
    root_.gid_shift = host_root(create.idmap, IdKind::Gid);
}

std::string ImageBuild::root_name() const { return std::string(backend_->directory_name()) + root_.suffix; }

void ImageBuild::fill_root(sys::SignalFd& signals) const {
    const std::string what = "make the root file system (" + std::string(storage_name(backend_->kind())) + ')';
    std::optional<sys::Child> child = with_context(what, [&] { return backend_->make(root_); });
    if (child) wait_for_helper(*child, signals, what);
}

std::vector<std::string> ImageBuild::make_root(const std::vector<std::string>& entries, sys::SignalFd& signals) const {
    for (const std::string& line : check_image_requirements(image_.record, create_.idmap.empty())) note(line);
    fill_root(signals);
    const sys::RootedDir root = backend_->open(root_);
    personalize_image(root, {image_.record, image_.content, words_, create_.idmap.empty(), root_.uid_shift, root_.gid_shift,
                             create_.options.note});
    const CopyWish copy{root_.libexec, "Copying a volume", root_.uid_shift, root_.gid_shift, root_.quiet};
    return make_volumes(sys::RootedDir::open(root_.directory), root, volume_paths(), entries,
                        {create_.impl.directory(), !create_.idmap.empty() && create_.idmapped, copy}, signals);
}

std::vector<std::string> ImageBuild::volume_paths() const {
    std::vector<std::string> paths;
    for (const std::string& path : image_.record.volumes) {
        if (is_volume_path(path)) paths.push_back(path);
        else note("the image's volume " + printable(path) + " is no path below / and is left out");
    }
    return paths;
}

ImageBuild::Lines ImageBuild::config(ConfigText base, std::string_view old_lines, const std::vector<std::string>& volumes) const {
    base.set("lxc.rootfs.path", backend_->config_path(root_, create_.impl.directory(), create_.options.directory));
    ImageLines lines = with_image_lines(base, old_lines, {image_.record, image_.content, words_, !create_.idmap.empty()});
    for (const std::string& line : lines.notes) note(line);
    for (const std::string& entry : volumes) lines.text.append("lxc.mount.entry", entry);
    const std::string text = with_header(lines.text, image_.record).text();
    with_context("the configuration for this image",
                 [&] { (void)load_config_text(text, create_.impl.config_file(), {.data_dir = create_.impl.paths.data}); });
    return {text, lines.added};
}

void ImageBuild::tell_message() const {
    const std::string message = replace_words(image_.content.create_message, words_);
    for (const std::string_view line : split_lines(message)) note(printable(line));
}

void ImageBuild::note(const std::string& text) const {
    if (create_.options.note) create_.options.note(text);
}

} // namespace lxcpp
