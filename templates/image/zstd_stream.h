// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace lxcpp::image {

// Whether a frame begins so (RFC 8878), one to skip included.
[[nodiscard]] bool begins_as_zstd(std::string_view bytes) noexcept;

// Decompresses zstd from front to back, several frames one after the other too. A window of more than 32 MiB is refused
// (libarchive would take 128), and so is any other byte after the frames.
class ZstdStream {
public:
    // more gives the next compressed bytes, valid until the next call; none at the end.
    ZstdStream(std::function<std::span<const char>()> more, std::string what);
    ~ZstdStream();

    // 0 = end. Throws Error "WHAT: ...".
    [[nodiscard]] std::size_t read(std::span<char> into);

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace lxcpp::image
