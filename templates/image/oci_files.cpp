// SPDX-License-Identifier: Apache-2.0
#include "image/oci_files.h"

#include "base/error.h"
#include "base/strings.h"
#include "image/decompress.h"
#include "image/tree_writer.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fcntl.h>
#include <fmt/core.h>
#include <utility>
#include <vector>

namespace lxcpp::image {
namespace {

constexpr std::size_t kMostMembers = 100'000;
constexpr unsigned kMostLinks = 8;
constexpr std::string_view kUstar = "ustar";
constexpr std::uint64_t kUstarOffset = 257;

std::uint64_t regular_size(FdRef file, std::string_view name) {
    const auto info = sys::stat_fd(file);
    if (!S_ISREG(info.st_mode)) throw Error(fmt::format("{}: is no regular file", printable(name)));
    return static_cast<std::uint64_t>(info.st_size);
}

class DirectoryFiles final : public OciFiles {
public:
    explicit DirectoryFiles(const OciPlace& place)
        : label_(place.label), root_(sys::RootedDir::open(place.path).open_at("", O_RDONLY | O_DIRECTORY), place.label) {}

    [[nodiscard]] std::optional<OciBlob> find(std::string_view name) const override {
        auto file = root_.try_open_at(name, O_RDONLY | O_NONBLOCK);
        if (!file) return std::nullopt;
        OciBlob blob{.file = {}, .size = regular_size(*file, name), .name = label_ + "/" + std::string(name), .path = {}};
        blob.file = std::make_shared<Fd>(*std::move(file));
        return blob;
    }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    std::string label_;
    sys::RootedDir root_;
};

// What a relative link of a member means, within the archive.
std::string joined(std::string_view member, std::string_view link) {
    std::vector<std::string> parts;
    const auto slash = member.rfind('/');
    const std::string whole = std::string(member.substr(0, slash == member.npos ? 0 : slash)) + "/" + std::string(link);
    for (const auto part : split(whole, '/')) {
        if (part.empty() || part == ".") continue;
        if (part != "..") parts.emplace_back(part);
        else if (!parts.empty()) parts.pop_back();
    }
    return join(parts, "/");
}

class ArchiveFiles final : public OciFiles {
public:
    ArchiveFiles(const OciPlace& place, const std::filesystem::path& scratch) : label_(place.label) {
        Fd file = sys::open_file(place.path, {.nonblock = true});
        const auto size = regular_size(file, label_);
        file_ = std::make_shared<Fd>(is_tar(file) ? std::move(file) : unpacked(file, size, scratch));
        read_index();
    }

    [[nodiscard]] std::optional<OciBlob> find(std::string_view name) const override {
        std::string wanted(name);
        for (unsigned i = 0; i < kMostLinks; ++i) {
            if (const auto link = links_.find(wanted); link != links_.end()) {
                wanted = link->second;
                continue;
            }
            const auto member = members_.find(wanted);
            if (member == members_.end()) return std::nullopt;
            return OciBlob{.file = file_,
                           .offset = member->second.first,
                           .size = member->second.second,
                           .name = label_ + ": " + printable(name),
                           .path = {}};
        }
        return std::nullopt;
    }
    [[nodiscard]] const std::string& label() const override { return label_; }

private:
    [[nodiscard]] bool is_tar(FdRef file) const {
        std::string magic(kUstar.size(), '\0');
        return sys::read_at(file, magic, kUstarOffset, label_) == magic.size() && magic == kUstar;
    }

    // A file of ours without a name.
    [[nodiscard]] Fd unpacked(FdRef file, std::uint64_t size, const std::filesystem::path& scratch) const {
        const sys::TempDir place(scratch, "archive-");
        Fd out = sys::open_file(place.path() / "tar", {.access = sys::Access::ReadWrite, .create = true, .exclusive = true, .mode = 0600});
        auto at = std::make_shared<std::uint64_t>(0);
        Decompressor decompressor([&, at](std::span<char> into) {
            const auto got = *at < size ? sys::read_at(file, into, *at, label_) : 0;
            *at += got;
            return got;
        }, label_);
        std::vector<char> buffer(256u << 10);
        while (const auto got = decompressor.read(buffer)) sys::write_all(out, {buffer.data(), got}, label_);
        return out;
    }

    void read_index() {
        std::uint64_t at = 0;
        TarReader reader([&](std::span<char> into) {
            const auto got = sys::read_at(*file_, into, at, label_);
            at += got;
            return got;
        }, label_);
        while (const TarEntry* entry = reader.next()) {
            if (members_.size() + links_.size() == kMostMembers) throw Error(label_ + ": too many members");
            const std::string name = normal_path(entry->path);
            members_.erase(name); // the last of one name counts
            links_.erase(name);
            if (entry->sparse) throw Error(fmt::format("{}: {} is a sparse file", label_, printable(name)));
            if (entry->type == TarType::File) members_.emplace(name, std::pair(at, entry->size));
            else if (entry->type == TarType::HardLink) links_.emplace(name, normal_path(entry->link));
            else if (entry->type == TarType::Symlink) links_.emplace(name, joined(name, entry->link));
        }
    }

    std::string label_;
    std::shared_ptr<Fd> file_;
    std::map<std::string, std::pair<std::uint64_t, std::uint64_t>, std::less<>> members_; // offset and size
    std::map<std::string, std::string, std::less<>> links_;
};

} // namespace

OciBlob OciFiles::open(std::string_view name) const {
    if (auto blob = find(name)) return *std::move(blob);
    throw Error(fmt::format("{}: there is no {}", label(), printable(name)));
}

std::string OciFiles::read(std::string_view name, std::size_t limit) const {
    const OciBlob blob = open(name);
    if (blob.size > limit) throw Error(fmt::format("{}: larger than {} bytes", blob.name, limit));
    std::string text(blob.size, '\0');
    const auto source = blob_source(blob);
    std::size_t have = 0;
    while (have < text.size()) {
        const auto got = source(std::span(text).subspan(have));
        if (got == 0) throw Error(blob.name + ": it became shorter");
        have += got;
    }
    return text;
}

std::unique_ptr<OciFiles> open_oci_directory(const OciPlace& place) {
    const auto info = sys::stat_path(place.path, false);
    if (info && S_ISREG(info->st_mode)) throw Error("is a file; archives are oci-archive:FILE and docker-archive:FILE");
    return std::make_unique<DirectoryFiles>(place);
}

std::unique_ptr<OciFiles> open_oci_archive(const OciPlace& place, const std::filesystem::path& scratch) {
    return std::make_unique<ArchiveFiles>(place, scratch);
}

ByteSource blob_source(const OciBlob& blob) {
    return [file = blob.file, at = blob.offset, end = blob.offset + blob.size, name = blob.name](std::span<char> into) mutable {
        if (into.size() > end - at) into = into.first(static_cast<std::size_t>(end - at));
        if (into.empty()) return std::size_t{0};
        const auto got = sys::read_at(*file, into, at, name);
        at += got;
        return got;
    };
}

} // namespace lxcpp::image
