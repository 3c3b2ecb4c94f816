// SPDX-License-Identifier: Apache-2.0
#include "image/zstd_stream.h"

#include <lxcpp/error.h>

#include <array>
#include <cstdint>
#include <fmt/core.h>
#include <utility>
#include <zstd.h>
#include <zstd_errors.h>

namespace lxcpp::image {
namespace {

constexpr int kWindowLog = 25;
constexpr std::size_t kMagic = 4;

struct ContextDeleter {
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

} // namespace

bool begins_as_zstd(std::string_view bytes) noexcept {
    if (bytes.size() < kMagic || bytes[1] == '\0') return false;
    const bool skipped = (static_cast<std::uint8_t>(bytes[0]) & 0xf0u) == 0x50 && bytes.substr(1, 3) == "\x2a\x4d\x18";
    return skipped || bytes.substr(0, kMagic) == "\x28\xb5\x2f\xfd";
}

struct ZstdStream::State {
    std::function<std::span<const char>()> more;
    std::string what;
    std::unique_ptr<ZSTD_DCtx, ContextDeleter> context{ZSTD_createDCtx()};
    ZSTD_inBuffer input{nullptr, 0, 0};
    std::array<char, kMagic> head{}; // of a frame, when it is in two pieces
    bool between = true;             // frames
    bool ended = false;

    [[noreturn]] void damaged(std::string_view reason) const { throw Error(fmt::format("{}: damaged: {}", what, reason)); }

    [[noreturn]] void fail(std::size_t result) const {
        if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge)
            throw Error(fmt::format("{}: it is compressed with a window of more than {} MiB, which would have to be in memory: compress it "
                                    "without --long, and with a level below 21", what, (1u << kWindowLog) >> 20));
        damaged(ZSTD_getErrorName(result));
    }

    // False: there is no more.
    bool refill() {
        const auto bytes = more();
        input = {bytes.data(), bytes.size(), 0};
        return !bytes.empty();
    }

    // False at the end. What follows a frame is another one.
    bool begin_frame() {
        if (input.pos == input.size && !refill()) return false;
        std::size_t got = 0;
        const auto* bytes = static_cast<const char*>(input.src);
        if (input.size - input.pos >= kMagic) {
            if (!begins_as_zstd({bytes + input.pos, kMagic})) refuse_rest();
        } else {
            while (got < kMagic) {
                if (input.pos == input.size && !refill()) break;
                head.at(got++) = static_cast<const char*>(input.src)[input.pos++];
            }
            if (!begins_as_zstd({head.data(), got})) refuse_rest(got);
            feed_head();
        }
        between = false;
        return true;
    }

    [[noreturn]] void refuse_rest(std::uint64_t count = 0) {
        do count += input.size - std::exchange(input.pos, input.size);
        while (refill());
        throw Error(fmt::format("{}: {} bytes after the end of the compressed data", what, count));
    }

    // Too few to give any output.
    void feed_head() {
        ZSTD_inBuffer bytes{head.data(), head.size(), 0};
        ZSTD_outBuffer none{nullptr, 0, 0};
        const auto result = ZSTD_decompressStream(context.get(), &none, &bytes);
        if (ZSTD_isError(result) != 0) fail(result);
    }

    void step(ZSTD_outBuffer& output) {
        if (between && !begin_frame()) {
            ended = true;
            return;
        }
        const std::size_t before = output.pos;
        const auto result = ZSTD_decompressStream(context.get(), &output, &input);
        if (ZSTD_isError(result) != 0) fail(result);
        between = result == 0;
        const bool stuck = !between && output.pos == before && input.pos == input.size;
        if (stuck && !refill()) damaged("it ends too early");
    }
};

ZstdStream::ZstdStream(std::function<std::span<const char>()> more, std::string what) : state_(std::make_unique<State>()) {
    state_->more = std::move(more);
    state_->what = std::move(what);
    if (!state_->context) throw Error(state_->what + ": out of memory");
    ZSTD_DCtx_setParameter(state_->context.get(), ZSTD_d_windowLogMax, kWindowLog);
}

ZstdStream::~ZstdStream() = default;

std::size_t ZstdStream::read(std::span<char> into) {
    ZSTD_outBuffer output{into.data(), into.size(), 0};
    while (!state_->ended && output.pos == 0) state_->step(output);
    return output.pos;
}

} // namespace lxcpp::image
