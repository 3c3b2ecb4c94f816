// SPDX-License-Identifier: Apache-2.0
#include "image/http_body.h"

#include "image/digest.h"
#include "sys/file.h"
#include "sys/file_io.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <ctime>
#include <fcntl.h>
#include <fmt/core.h>
#include <vector>

namespace lxcpp::image {

namespace {

// Below this starting again costs less than remembering the version in a second file.
constexpr std::uint64_t kWorthResuming = 1u << 20;
constexpr std::size_t kMaxVersion = 512;
constexpr std::string_view kPart = ".part";
constexpr std::string_view kVersion = ".part.version";

// The part file may have been renamed or removed between our open and our lock.
bool still_named(const sys::RootedDir& directory, const std::string& name, FdRef file) {
    const auto named = directory.stat(name);
    const auto opened = sys::stat_fd(file);
    return named && named->st_ino == opened.st_ino && named->st_dev == opened.st_dev;
}

void hash_file(FdRef file, OciHash& hash, std::string_view what) {
    std::vector<std::uint8_t> buffer(256u << 10);
    while (const std::size_t got = sys::read_some(file, buffer, what)) hash.update(std::span(buffer).first(got));
}

} // namespace

HttpBody::HttpBody(const Fetch& fetch) : fetch_(fetch) {
    if (fetch.sha256) expected_ = {.algorithm = "sha256", .hex = check_sha256(*fetch.sha256, "expected digest")};
    else if (fetch.sha512) expected_ = {.algorithm = "sha512", .hex = *fetch.sha512};
    if (expected_) hash_ = OciHash(*expected_);
    if (fetch.size) check_limit(*fetch.size);
    if (!fetch.destination.empty())
        directory_ = sys::RootedDir::open(fetch.destination.parent_path());
}

std::string HttpBody::leaf(std::string_view suffix) const {
    return fetch_.destination.filename().string().append(suffix);
}

OciDigest HttpBody::digest_of(FdRef file) const {
    OciHash hash(*expected_);
    hash_file(file, hash, fetch_.destination.string());
    return hash.finish();
}

std::optional<Fetched> HttpBody::keep_existing() const {
    if (!directory_ || !expected_) return std::nullopt;
    const auto file = directory_->try_open_at(leaf(), O_RDONLY | O_NONBLOCK);
    if (!file) return std::nullopt;
    const auto info = sys::stat_fd(*file);
    if (!S_ISREG(info.st_mode)) throw Error("the destination is not a regular file");
    const auto size = static_cast<std::uint64_t>(info.st_size);
    if (fetch_.size && *fetch_.size != size) return std::nullopt;
    if (digest_of(*file) != *expected_) return std::nullopt;
    timespec now = {};
    clock_gettime(CLOCK_REALTIME, &now);
    directory_->set_times(leaf(), now); // the cache forgets what is not used
    Fetched kept;
    kept.kept = true;
    kept.size = size;
    if (fetch_.sha256) kept.sha256 = expected_->hex;
    kept.final_url = display_url(fetch_.url);
    return kept;
}

bool HttpBody::open() {
    if (!directory_) return true;
    const auto name = leaf(kPart);
    auto file = directory_->open_at(name, O_RDWR | O_CREAT | O_NONBLOCK, 0600);
    if (!S_ISREG(sys::stat_fd(file).st_mode)) throw Error(name + " is not a regular file");
    if (!sys::try_lock_file(file, sys::LockKind::Exclusive, name)) return false;
    if (!still_named(*directory_, name, file)) return false;
    part_ = std::move(file);
    load_part();
    return true;
}

// Takes over what an interrupted run left, if it says which version of the file that was.
void HttpBody::load_part() {
    const auto version = directory_->read_file(leaf(kVersion), kMaxVersion);
    const auto size = static_cast<std::uint64_t>(sys::stat_fd(part_).st_size);
    const auto limit = fetch_.size.value_or(fetch_.max_bytes);
    if (!version || version->empty() || size == 0 || size >= limit) return restart({}, {});
    hash_file(part_, hash_, leaf(kPart));
    received_ = size;
    version_ = *version;
}

void HttpBody::restart(std::string_view version, std::optional<std::uint64_t> length) {
    hash_.reset();
    memory_.clear();
    received_ = 0;
    version_ = version.size() <= kMaxVersion ? version : std::string_view{};
    if (!directory_) return;
    sys::truncate_file(part_, 0, leaf(kPart));
    sys::seek_to(part_, 0, leaf(kPart));
    if (!version_.empty() && length.value_or(0) >= kWorthResuming)
        directory_->write_file(leaf(kVersion), version_, 0600);
    else
        directory_->remove(leaf(kVersion));
}

void HttpBody::check_limit(std::uint64_t total) const {
    if (total > fetch_.max_bytes)
        throw Error(fmt::format("has {} bytes, the limit is {}", total, fetch_.max_bytes));
}

void HttpBody::check_announced(std::uint64_t total) const {
    if (fetch_.size && total != *fetch_.size)
        throw Error(fmt::format("the server announces {} bytes, expected {}", total, *fetch_.size));
    check_limit(total);
}

void HttpBody::append(std::string_view bytes) {
    const auto total = received_ + bytes.size();
    if (fetch_.size && total > *fetch_.size) {
        remove_part();
        throw Error(fmt::format("more than the expected {} bytes arrive", *fetch_.size));
    }
    if (total > fetch_.max_bytes) {
        remove_part();
        throw Error(fmt::format("more than {} bytes arrive, which is the limit", fetch_.max_bytes));
    }
    if (directory_)
        sys::write_all(part_, bytes, fetch_.destination.string().append(kPart)); // whole: whose disk is full
    else
        memory_.append(bytes);
    hash_.update(bytes);
    received_ = total;
}

void HttpBody::remove_part() {
    if (!directory_) return;
    directory_->remove(leaf(kPart));
    directory_->remove(leaf(kVersion));
    part_.reset();
}

Fetched HttpBody::finish() {
    Fetched result;
    result.size = received_;
    const OciDigest found = hash_.finish();
    if (found.algorithm == "sha256") result.sha256 = found.hex;
    if (fetch_.size && received_ != *fetch_.size) {
        remove_part();
        throw MismatchError(fmt::format("got {} bytes, expected {}", received_, *fetch_.size));
    }
    if (expected_ && found != *expected_) {
        remove_part();
        throw MismatchError(fmt::format("{} is {}, expected {}", found.algorithm, found.hex, expected_->hex));
    }
    result.body = std::move(memory_);
    if (!directory_) return result;
    // What has a digest is checked again at each use; the rest must be whole after a crash.
    if (!expected_) sys::fsync_file(part_, leaf(kPart));
    directory_->rename(leaf(kPart), leaf());
    directory_->remove(leaf(kVersion));
    part_.reset();
    return result;
}

} // namespace lxcpp::image
