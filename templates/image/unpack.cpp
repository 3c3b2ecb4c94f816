// SPDX-License-Identifier: Apache-2.0
#include "image/unpack.h"

#include "base/strings.h"
#include "image/archive_bytes.h"
#include "image/hashed_file.h"
#include "image/squashfs_reader.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <fnmatch.h>
#include <optional>
#include <string_view>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::uint64_t kMaxOther = 4u << 20; // a metadata file
constexpr std::uint64_t kReportEvery = 64;    // members

// Writes the members of an archive that belong into the tree.
class Unpacking {
public:
    Unpacking(MemberReader& reader, const sys::RootedDir& to, const UnpackOptions& options)
        : reader_(reader), options_(options), below_(normal_path(options.below)), writer_(to, options.tree) {
        for (const std::string& pattern : options.excludes)
            excludes_.push_back(pattern.starts_with("./") ? pattern.substr(2) : pattern);
    }

    void run(const std::function<void()>& report) {
        while (const TarEntry* entry = reader_.next()) {
            take(*entry);
            if (writer_.entries() % kReportEvery == 0) report();
        }
        writer_.finish();
    }

    [[nodiscard]] const TreeWriter& writer() const noexcept { return writer_; }

private:
    void take(const TarEntry& entry) {
        const std::string whole = normal_path(entry.path, options_.tree.max_depth);
        const auto path = inside(whole);
        if (!path) return take_other(whole, entry);
        if (is_excluded(*path)) return;
        if (below_.empty() || entry.type != TarType::HardLink) return writer_.write_as(*path, entry, reader_);
        const auto target = inside(normal_path(entry.link, options_.tree.max_depth));
        if (!target) throw Error(fmt::format("unpack '{}': a hard link to '{}', outside of '{}'", printable(whole),
                                             printable(entry.link), below_));
        TarEntry moved = entry;
        moved.link = *target;
        writer_.write_as(*path, moved, reader_);
    }

    // Within the directory that is unpacked; nullopt when it is outside.
    [[nodiscard]] std::optional<std::string> inside(const std::string& path) const {
        if (below_.empty() || path == below_) return below_.empty() ? path : "";
        if (!path.starts_with(below_) || path[below_.size()] != '/') return std::nullopt;
        return path.substr(below_.size() + 1);
    }

    [[nodiscard]] bool is_excluded(const std::string& path) const {
        return std::any_of(excludes_.begin(), excludes_.end(), [&](const std::string& pattern) {
            return ::fnmatch(pattern.c_str(), path.c_str(), FNM_LEADING_DIR) == 0;
        });
    }

    void take_other(const std::string& path, const TarEntry& entry) {
        if (!options_.other || entry.type != TarType::File || entry.sparse || entry.size > kMaxOther) return;
        if ((other_bytes_ += entry.size) > 4 * kMaxOther || ++other_files_ > 1000)
            throw Error(fmt::format("unpack '{}': too many files outside of '{}'", printable(path), below_));
        std::string content;
        for (auto data = reader_.read(); !data.empty(); data = reader_.read()) content.append(data.data(), data.size());
        options_.other(path, std::move(content));
    }

    MemberReader& reader_;
    const UnpackOptions& options_;
    std::string below_;
    std::vector<std::string> excludes_;
    TreeWriter writer_;
    std::uint64_t other_bytes_ = 0;
    std::uint64_t other_files_ = 0;
};

Unpacked unpack_squashfs(FdRef file, const std::string& what, const sys::RootedDir& to, const UnpackOptions& options,
                         ProgressSink& progress) {
    ProgressPhase phase(progress, options.phase + " " + what, 0);
    HashedFile bytes(file, what, options.hash);
    SquashfsReader reader(bytes, what);
    Unpacking unpacking(reader, to, options);
    unpacking.run([&] { phase.update(unpacking.writer().entries()); });
    const TreeWriter& writer = unpacking.writer();
    phase.end(format_amount(writer.entries(), ProgressUnit::Items) + " files");
    return {writer.entries(), writer.bytes(), writer.skipped_devices(), bytes.sha256()};
}

bool begins_as_squashfs(FdRef file, const std::string& what) {
    if (!S_ISREG(sys::stat_fd(file).st_mode)) return false;
    std::array<char, 4> head{};
    return is_squashfs(std::span(head).first(sys::read_at(file, head, sys::offset_of(file, what), what)));
}

} // namespace

Unpacked unpack_archive(FdRef file, const std::string& what, const sys::RootedDir& to, const UnpackOptions& options,
                        ProgressSink& progress) {
    if (begins_as_squashfs(file, what)) return unpack_squashfs(file, what, to, options, progress);
    ArchiveBytes bytes(file, what, {.max_bytes = options.tree.max_bytes}, options.hash);
    TarReader reader([&](std::span<char> into) { return bytes.read(into); }, what, TarEnd::Marked,
                     [&](std::size_t most) { return bytes.view(most); });
    Unpacking unpacking(reader, to, options);
    ProgressPhase phase(progress, options.phase + " " + what, bytes.size(), ProgressUnit::Bytes);
    try {
        unpacking.run([&] { phase.update(bytes.bytes_in()); });
    } catch (Error& error) {
        if (!std::string_view(error.what()).starts_with(what)) error.add_context(what); // the reader says it itself
        throw;
    }
    const TreeWriter& writer = unpacking.writer();
    phase.end(format_amount(writer.entries(), ProgressUnit::Items) + " files");
    return {writer.entries(), writer.bytes(), writer.skipped_devices(), bytes.sha256()};
}

} // namespace lxcpp::image
