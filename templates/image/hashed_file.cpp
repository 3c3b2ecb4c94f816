// SPDX-License-Identifier: Apache-2.0
#include "image/hashed_file.h"

#include "sys/file_io.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <string_view>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::size_t kBlock = 128u << 10;
constexpr std::size_t kRecent = 16;

} // namespace

HashedFile::HashedFile(FdRef file, std::string what, Sha256 hash)
    : file_(file), what_(std::move(what)), start_(sys::offset_of(file, what_)), recent_(kRecent) {
    std::vector<std::uint8_t> bytes(kBlock);
    while (const auto got = sys::read_some(file, bytes, what_)) {
        const auto part = std::span(bytes).first(got);
        hash.update(part);
        Sha256 own;
        own.update(part);
        digests_.push_back(own.finish());
        size_ += got;
    }
    sha256_ = hash.finish_hex();
}

const HashedFile::Block& HashedFile::block(std::uint64_t number) {
    const auto known = std::find_if(recent_.begin(), recent_.end(), [&](const Block& one) { return one.number == number; });
    if (known != recent_.end()) return *known;
    Block& place = recent_[next_++ % recent_.size()];
    place.number = UINT64_MAX;
    place.bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, size_ - number * kBlock)));
    std::size_t got = 0;
    while (got < place.bytes.size()) {
        const auto count = sys::read_at(file_, std::span(place.bytes).subspan(got), start_ + number * kBlock + got, what_);
        if (count == 0) break;
        got += count;
    }
    Sha256 own;
    own.update(std::string_view(place.bytes.data(), got));
    if (got != place.bytes.size() || own.finish() != digests_[number]) throw Error(what_ + ": it changed while it was read");
    place.number = number;
    return place;
}

void HashedFile::read_at(std::uint64_t offset, std::span<char> into) {
    if (offset > size_ || into.size() > size_ - offset) throw Error(what_ + ": damaged: it ends too early");
    while (!into.empty()) {
        const Block& from = block(offset / kBlock);
        const auto part = std::span(from.bytes).subspan(offset % kBlock);
        const auto count = std::min(part.size(), into.size());
        std::copy_n(part.begin(), count, into.begin());
        into = into.subspan(count);
        offset += count;
    }
}

} // namespace lxcpp::image
