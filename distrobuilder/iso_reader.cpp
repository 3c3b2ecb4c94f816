// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/iso_reader.h"

#include "base/strings.h"
#include "image/c_handle.h"
#include "image/tree_writer.h"
#include "sys/file.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <archive.h>
#include <archive_entry.h>
#include <exception>
#include <fcntl.h>
#include <fmt/core.h>
#include <memory>
#include <sys/stat.h>
#include <utility>

namespace lxcpp::distro {
namespace {

constexpr std::size_t kRead = 256u << 10;
constexpr std::size_t kMaxFiles = 1'000'000;
constexpr std::uint64_t kMaxBytes = std::uint64_t{64} << 30;

// The image as libarchive reads it; what goes wrong must not pass through C.
class IsoArchive {
public:
    IsoArchive(FdRef file, const std::string& what)
        : file_(file), what_(what), size_(static_cast<std::uint64_t>(sys::stat_fd(file).st_size)), archive_(archive_read_new()) {
        if (archive_ == nullptr) throw std::bad_alloc();
        check(archive_read_support_format_iso9660(archive_.get()));
        archive_read_set_read_callback(archive_.get(), read);
        archive_read_set_skip_callback(archive_.get(), skip);
        archive_read_set_seek_callback(archive_.get(), seek);
        archive_read_set_callback_data(archive_.get(), this);
        check(archive_read_open1(archive_.get()));
    }
    IsoArchive(const IsoArchive&) = delete;
    IsoArchive& operator=(const IsoArchive&) = delete;

    // nullptr at the end.
    archive_entry* next() {
        archive_entry* entry = nullptr;
        const int result = archive_read_next_header(archive_.get(), &entry);
        if (result == ARCHIVE_EOF) return nullptr;
        check(result);
        return entry;
    }

    void copy_data(FdRef to, const std::string& path, std::uint64_t size) {
        const std::string label = fmt::format("{} of {}", printable(path), what_);
        for (;;) {
            const void* bytes = nullptr;
            std::size_t count = 0;
            la_int64_t offset = 0;
            const int result = archive_read_data_block(archive_.get(), &bytes, &count, &offset);
            if (result == ARCHIVE_EOF) break;
            check(result);
            const auto at = static_cast<std::uint64_t>(offset);
            if (offset < 0 || at > size || count > size - at) throw Error(fmt::format("{}: '{}' has more than its size", what_, printable(path)));
            sys::write_at(to, {static_cast<const char*>(bytes), count}, at, label);
        }
    }

private:
    void check(int result) const {
        if (error_) std::rethrow_exception(error_);
        if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return;
        const char* text = archive_error_string(archive_.get());
        throw Error(fmt::format("{}: no ISO 9660 image, or damaged: {}", what_, text != nullptr ? printable(text) : "it makes no sense"));
    }
    static la_ssize_t read(archive*, void* data, const void** bytes) noexcept {
        auto* self = static_cast<IsoArchive*>(data);
        try {
            const auto got = sys::read_at(self->file_, self->buffer_, self->at_, self->what_);
            self->at_ += got;
            *bytes = self->buffer_.data();
            return static_cast<la_ssize_t>(got);
        } catch (...) {
            self->error_ = std::current_exception();
            return ARCHIVE_FATAL;
        }
    }
    static la_int64_t skip(archive*, void* data, la_int64_t count) noexcept {
        auto* self = static_cast<IsoArchive*>(data);
        const auto left = self->size_ - std::min(self->at_, self->size_);
        const auto done = std::min(static_cast<std::uint64_t>(std::max<la_int64_t>(count, 0)), left);
        self->at_ += done;
        return static_cast<la_int64_t>(done);
    }
    static la_int64_t seek(archive*, void* data, la_int64_t offset, int whence) noexcept {
        auto* self = static_cast<IsoArchive*>(data);
        const la_int64_t from = whence == SEEK_SET ? 0 : static_cast<la_int64_t>(whence == SEEK_CUR ? self->at_ : self->size_);
        if (offset > INT64_MAX - from || offset + from < 0) return ARCHIVE_FATAL;
        self->at_ = static_cast<std::uint64_t>(offset + from);
        return offset + from;
    }

    FdRef file_;
    const std::string& what_;
    std::uint64_t size_;
    std::uint64_t at_ = 0;
    std::exception_ptr error_;
    std::vector<char> buffer_ = std::vector<char>(kRead);
    std::unique_ptr<archive, image::Deleter<archive_read_free>> archive_;
};

// The entry's path as we write it; "" for what is no file.
std::string file_path(archive_entry* entry) {
    const char* name = archive_entry_pathname(entry);
    if (name == nullptr || (archive_entry_hardlink(entry) == nullptr && archive_entry_filetype(entry) != AE_IFREG)) return "";
    return image::normal_path(name);
}

} // namespace

IsoImage::IsoImage(FdRef file, std::string what) : file_(file), what_(std::move(what)) {
    IsoArchive archive(file_, what_);
    while (archive_entry* entry = archive.next()) {
        std::string path = file_path(entry);
        if (path.empty()) continue;
        Member found{static_cast<std::uint64_t>(std::max<la_int64_t>(archive_entry_size(entry), 0)), path};
        if (const char* link = archive_entry_hardlink(entry); link != nullptr) {
            const auto first = files_.find(image::normal_path(link));
            if (first == files_.end()) throw Error(fmt::format("{}: damaged: '{}' is a link to nothing", what_, printable(path)));
            found = first->second;
        }
        if (files_.size() >= kMaxFiles) throw Error(what_ + ": damaged: too many files");
        files_.insert_or_assign(std::move(path), std::move(found));
    }
}

std::vector<std::string> IsoImage::below(std::string_view directory) const {
    const std::string prefix = directory.empty() ? "" : std::string(directory) + '/';
    std::vector<std::string> paths;
    for (auto file = files_.lower_bound(prefix); file != files_.end() && file->first.starts_with(prefix); ++file) paths.push_back(file->first);
    return paths;
}

const IsoImage::Member& IsoImage::member(const std::string& path) const {
    const auto found = files_.find(path);
    if (found == files_.end()) throw Error(fmt::format("{}: has no file {}", what_, printable(path)));
    return found->second;
}

void IsoImage::copy(const std::map<std::string, std::string>& wanted, const sys::RootedDir& to) const {
    std::map<std::string, std::vector<std::string>> targets; // by the file that has the data
    std::uint64_t bytes = 0;
    for (const auto& [path, target] : wanted) {
        const Member& from = member(path);
        targets[from.data].push_back(target);
        if (from.size > kMaxBytes || (bytes += from.size) > kMaxBytes) throw Error(what_ + ": damaged: more content than can be");
        if (const auto slash = target.rfind('/'); slash != target.npos) to.make_dirs(target.substr(0, slash));
    }
    IsoArchive archive(file_, what_);
    while (archive_entry* entry = targets.empty() ? nullptr : archive.next()) {
        const std::string path = archive_entry_hardlink(entry) == nullptr ? file_path(entry) : "";
        const auto found = targets.find(path);
        if (found == targets.end()) continue;
        const std::vector<std::string> names = std::move(found->second);
        targets.erase(found);
        const Fd file = to.open_at(names[0], O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
        archive.copy_data(file, path, member(path).size);
        for (auto more = names.begin() + 1; more != names.end(); ++more) to.make_hard_link(names[0], *more);
    }
    if (!targets.empty()) throw Error(fmt::format("{}: changed while it was read", what_));
}

void IsoImage::copy(const std::string& path, FdRef to) const {
    const Member& from = member(path);
    IsoArchive archive(file_, what_);
    while (archive_entry* entry = archive.next()) {
        if (archive_entry_hardlink(entry) != nullptr || file_path(entry) != from.data) continue;
        return archive.copy_data(to, path, from.size);
    }
    throw Error(fmt::format("{}: changed while it was read", what_));
}

} // namespace lxcpp::distro
