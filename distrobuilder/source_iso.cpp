// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_iso.h"

#include "distrobuilder/ext4_tree.h"
#include "image/decompress.h"
#include "image/hashed_file.h"
#include "image/squashfs_reader.h"
#include "image/unpack.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <optional>
#include <vector>

namespace lxcpp::distro {
namespace {

constexpr std::string_view kRootImage = "./LiveOS/rootfs.img";
constexpr std::size_t kHole = 64u << 10;
constexpr std::uint64_t kLargestImage = std::uint64_t{64} << 30;

std::uint64_t size_of(FdRef file) { return static_cast<std::uint64_t>(sys::stat_fd(file).st_size); }

// Writes bytes one after the other, but zeros.
class HoleyFile {
public:
    HoleyFile(FdRef file, const std::string& what) : file_(file), what_(what) {}

    void write(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto part = bytes.substr(0, kHole);
            if (part.find_first_not_of('\0') != part.npos) sys::write_at(file_, part, at_, what_);
            at_ += part.size();
            if (at_ > kLargestImage) throw Error(fmt::format("{}: larger than a root file system can be", what_));
            bytes.remove_prefix(part.size());
        }
    }
    void finish() const { sys::truncate_file(file_, at_, what_); }
    [[nodiscard]] std::uint64_t size() const noexcept { return at_; }

private:
    FdRef file_;
    const std::string& what_;
    std::uint64_t at_ = 0;
};

Fd scratch_file(const std::filesystem::path& scratch, const char* name) {
    return sys::open_file(scratch / name, {.access = sys::Access::ReadWrite, .create = true, .exclusive = true, .mode = 0600});
}

// LiveOS/rootfs.img of a squashfs, where it is all there is.
std::optional<Fd> inner_image(FdRef file, const std::string& what, const std::filesystem::path& scratch) {
    image::HashedFile bytes(file, what);
    image::SquashfsReader reader(bytes, what);
    while (const auto* entry = reader.next()) {
        if (entry->path != kRootImage || entry->type != image::TarType::File) continue;
        Fd inner = scratch_file(scratch, "rootfs.img");
        HoleyFile to(inner, what);
        for (auto data = reader.read(); !data.empty(); data = reader.read()) to.write({data.data(), data.size()});
        to.finish();
        return inner;
    }
    return std::nullopt;
}

bool begins_as_squashfs(FdRef file, const std::string& what) {
    std::array<char, 4> head{};
    return image::is_squashfs(std::span(head).first(sys::read_at(file, head, 0, what)));
}

} // namespace

void unpack_live_image(FdRef file, const std::string& what, const std::filesystem::path& scratch, const sys::RootedDir& to,
                       image::ProgressSink& progress) {
    if (!begins_as_squashfs(file, what)) {
        image::ProgressPhase phase(progress, "Unpacking " + what, 0);
        (void)unpack_ext4(file, {0, size_of(file)}, what, to);
        return phase.end();
    }
    const auto inner = inner_image(file, what, scratch);
    sys::seek_to(file, 0, what);
    if (inner) return unpack_live_image(*inner, what + ": LiveOS/rootfs.img", scratch, to, progress);
    (void)image::unpack_archive(file, what, to, {}, progress);
}

void expand_disk_image(FdRef file, const std::string& what, FdRef to, std::uint64_t end) {
    const std::uint64_t size = size_of(file);
    std::uint64_t offset = 0;
    image::Decompressor stream(
        [&](std::span<char> into) {
            const auto got = sys::read_at(file, into.first(std::min<std::uint64_t>(into.size(), size - offset)), offset, what);
            offset += got;
            return got;
        },
        what, {.max_bytes = kLargestImage});
    HoleyFile image(to, what);
    std::vector<char> buffer(4 * kHole);
    while (image.size() < end) {
        const auto want = std::min<std::uint64_t>(buffer.size(), end - image.size());
        const auto got = stream.read(std::span(buffer).first(want));
        if (got == 0) break;
        image.write({buffer.data(), got});
    }
    image.finish();
}

} // namespace lxcpp::distro
