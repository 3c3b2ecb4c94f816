// SPDX-License-Identifier: Apache-2.0
#include "image/digest.h"

#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fcntl.h>
#include <fmt/core.h>
#include <vector>

namespace lxcpp::image {

namespace {

constexpr std::size_t kReadSize = 256u << 10;

bool is_hex_digit(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

} // namespace

std::string check_sha256(std::string_view hex, std::string_view what) {
    if (hex.size() != 64 || !std::all_of(hex.begin(), hex.end(), is_hex_digit))
        throw Error(fmt::format("{}: the sha256 must be 64 hex digits", what));
    std::string lower(hex);
    for (char& c : lower)
        if (c >= 'A' && c <= 'F') c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

std::string sha256_of(FdRef file, std::string_view what) {
    std::vector<std::uint8_t> buffer(kReadSize);
    Sha256 hash;
    while (const std::size_t got = sys::read_some(file, buffer, what))
        hash.update(std::span(buffer).first(got));
    return hash.finish_hex();
}

std::optional<Fd> open_verified(const std::filesystem::path& path, std::string_view sha256) {
    const std::string name = path.string();
    const std::string expected = check_sha256(sha256, name);
    // O_NONBLOCK: a fifo put in our place must not hang us.
    auto file = sys::RootedDir::open(path.parent_path())
                    .try_open_at(path.filename().string(), O_RDONLY | O_NONBLOCK);
    if (!file) return std::nullopt;
    if (!S_ISREG(sys::stat_fd(*file).st_mode)) throw Error(name + ": not a regular file");
    const std::string found = sha256_of(*file, name);
    if (found != expected)
        throw DigestError(fmt::format("{}: sha256 is {}, expected {}", name, found, expected));
    sys::seek_to(*file, 0, name);
    return file;
}

} // namespace lxcpp::image
