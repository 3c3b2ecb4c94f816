// SPDX-License-Identifier: Apache-2.0
#include "image/xz_stream.h"

#include "image/xz_error.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <lzma.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::uint64_t kMaxMemory = 68u << 20; // the 64 MiB of xz -9, and what belongs to them

} // namespace

struct XzStream::State {
    std::function<std::span<const char>()> more;
    std::string what;
    lzma_stream stream = LZMA_STREAM_INIT;
    lzma_action action = LZMA_RUN;
    bool ended = false;

    [[noreturn]] void fail(lzma_ret result) const {
        throw Error(fmt::format("{}: damaged: {}", what, xz_reason(result)));
    }

    void refill() {
        const auto bytes = more();
        if (bytes.empty()) action = LZMA_FINISH;
        stream.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
        stream.avail_in = bytes.size();
    }
};

XzStream::XzStream(std::function<std::span<const char>()> more, std::string what)
    : state_(std::make_unique<State>()) {
    state_->more = std::move(more);
    state_->what = std::move(what);
    const auto result = lzma_stream_decoder(&state_->stream, kMaxMemory, LZMA_CONCATENATED | LZMA_TELL_UNSUPPORTED_CHECK);
    if (result != LZMA_OK) state_->fail(result);
}

XzStream::~XzStream() { lzma_end(&state_->stream); }

std::size_t XzStream::read(std::span<char> into) {
    State& state = *state_;
    state.stream.next_out = reinterpret_cast<std::uint8_t*>(into.data());
    state.stream.avail_out = into.size();
    while (!state.ended && state.stream.avail_out != 0) {
        if (state.stream.avail_in == 0 && state.action == LZMA_RUN) {
            if (state.stream.avail_out != into.size()) break; // better some now than to wait for more
            state.refill();
        }
        const auto result = lzma_code(&state.stream, state.action);
        if (result == LZMA_STREAM_END) {
            state.ended = true;
        } else if (result != LZMA_OK) {
            state.fail(result);
        }
    }
    return into.size() - state.stream.avail_out;
}

} // namespace lxcpp::image
