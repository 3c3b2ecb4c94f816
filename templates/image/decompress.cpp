// SPDX-License-Identifier: Apache-2.0
#include "image/decompress.h"

#include "image/xz_stream.h"
#include "image/zstd_stream.h"

#include <lxcpp/error.h>

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <exception>
#include <fmt/core.h>
#include <optional>
#include <string_view>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::string_view kXzMagic("\xfd" "7zXZ\0", 6);

struct ArchiveDeleter {
    void operator()(struct archive* handle) const noexcept { archive_read_free(handle); }
};

} // namespace

struct Decompressor::State {
    ByteSource source;
    std::string what;
    DecompressLimits limits;
    std::array<char, 64u << 10> input{};
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    bool input_ended = false;
    bool output_ended = false;
    std::exception_ptr source_error; // must not pass through C
    std::size_t waiting = 0; // bytes in input that open() looked at and nobody took yet
    std::unique_ptr<struct archive, ArchiveDeleter> handle;
    std::optional<XzStream> xz; // libarchive would take 1 GiB for a dictionary
    std::optional<ZstdStream> zstd;

    [[noreturn]] void fail() const {
        if (source_error) std::rethrow_exception(source_error);
        const char* reason = archive_error_string(handle.get());
        throw Error(fmt::format("{}: damaged: {}", what, reason != nullptr ? reason : "unknown reason"));
    }

    std::span<const char> more_input() {
        auto count = std::exchange(waiting, 0);
        if (count == 0 && !input_ended) {
            count = source(input);
            bytes_in += count;
            input_ended = count == 0;
        }
        return std::span(input).first(count);
    }

    static la_ssize_t feed(struct archive* handle, void* data, const void** block) noexcept {
        auto& self = *static_cast<State*>(data);
        try {
            const auto bytes = self.more_input();
            *block = bytes.data();
            return static_cast<la_ssize_t>(bytes.size());
        } catch (...) {
            self.source_error = std::current_exception();
            archive_set_error(handle, EIO, "the source failed");
            return ARCHIVE_FATAL;
        }
    }

    // Enough to tell the formats apart; they stay for who reads.
    std::string_view first_bytes() {
        while (waiting < kXzMagic.size() && !input_ended) {
            const auto count = source(std::span(input).subspan(waiting));
            bytes_in += count;
            waiting += count;
            input_ended = count == 0;
        }
        return {input.data(), waiting};
    }

    void open() {
        const auto first = first_bytes();
        if (first.starts_with(kXzMagic)) {
            xz.emplace([this] { return more_input(); }, what);
        } else if (begins_as_zstd(first)) {
            zstd.emplace([this] { return more_input(); }, what);
        } else {
            open_archive();
        }
    }

    void open_archive() {
        handle.reset(archive_read_new());
        if (!handle) throw Error(fmt::format("{}: out of memory", what));
        // Only these: each further filter is attack surface, some run programs.
        archive_read_support_filter_gzip(handle.get());
        archive_read_support_filter_bzip2(handle.get());
        archive_read_support_format_raw(handle.get());
        archive_read_support_format_empty(handle.get());
        struct archive_entry* entry = nullptr;
        if (archive_read_open(handle.get(), this, nullptr, &State::feed, nullptr) != ARCHIVE_OK) fail();
        const int result = archive_read_next_header(handle.get(), &entry);
        if (result == ARCHIVE_EOF) {
            output_ended = true;
        } else if (result != ARCHIVE_OK) {
            fail();
        }
    }

    std::size_t read(std::span<char> into) {
        if (xz) return xz->read(into);
        if (zstd) return zstd->read(into);
        const auto count = archive_read_data(handle.get(), into.data(), into.size());
        if (count < 0 || source_error) fail();
        return static_cast<std::size_t>(count);
    }

    void check_limits() const {
        if (bytes_out > limits.max_bytes) {
            throw Error(fmt::format("{}: it expands to more than {} bytes", what, limits.max_bytes));
        }
        if (bytes_out > kRatioFrom && bytes_out / limits.max_ratio > bytes_in) {
            throw Error(fmt::format("{}: it expands more than {}-fold", what, limits.max_ratio));
        }
    }

    // gzip and friends stop at the end of their last stream: what follows would be bytes that no
    // reader looks at.
    void check_consumed() {
        if (xz || zstd) return; // they take all bytes, or refuse them
        while (!input_ended && !source_error) {
            const void* block = nullptr;
            if (feed(handle.get(), this, &block) < 0) fail();
        }
        const auto consumed = static_cast<std::uint64_t>(archive_filter_bytes(handle.get(), -1));
        if (consumed != bytes_in) {
            throw Error(fmt::format("{}: {} bytes after the end of the compressed data", what,
                                    bytes_in - consumed));
        }
    }
};

Decompressor::Decompressor(ByteSource source, std::string what, const DecompressLimits& limits)
    : state_(std::make_unique<State>()) {
    state_->source = std::move(source);
    state_->what = std::move(what);
    state_->limits = limits;
    state_->open();
}

Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor::~Decompressor() = default;

std::size_t Decompressor::read(std::span<char> into) {
    State& state = *state_;
    if (state.output_ended || into.empty()) return 0;
    const auto count = state.read(into);
    state.bytes_out += count;
    state.check_limits();
    if (count == 0) {
        state.output_ended = true;
        state.check_consumed();
    }
    return count;
}

ByteSource Decompressor::as_source(Decompressor decompressor) {
    auto shared = std::make_shared<Decompressor>(std::move(decompressor));
    return [shared](std::span<char> into) { return shared->read(into); };
}

std::string decompress_all(ByteSource source, std::string what, const DecompressLimits& limits) {
    Decompressor decompressor(std::move(source), std::move(what), limits);
    std::string text;
    std::size_t used = 0;
    do {
        if (text.size() - used < (256u << 10)) text.resize(std::max<std::size_t>(text.size() * 2, 1u << 20));
        const auto count = decompressor.read(std::span(text).subspan(used));
        if (count == 0) break;
        used += count;
    } while (true);
    text.resize(used);
    return text;
}

} // namespace lxcpp::image
