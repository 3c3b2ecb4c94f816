// SPDX-License-Identifier: Apache-2.0
#include "image/seen.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "image/offer.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/chrono.h>
#include <fmt/core.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::string_view kAdvice = "somebody may replay an old index, or the server is a copy that lags behind; ";

} // namespace

Seen::Seen(const ImageCache& cache, bool allow_rollback, std::string option)
    : directory_(cache.directory() / "seen"), allow_(allow_rollback), option_(std::move(option)) {
    sys::make_private_dirs(directory_);
}

std::string Seen::read(std::string_view key) const {
    const auto text = sys::read_file_if_exists(directory_ / sha256_hex(key), 4096);
    return text ? std::string(trim(*text)) : std::string();
}

void Seen::write(std::string_view key, std::string_view value) const {
    sys::write_file_atomic(directory_ / sha256_hex(key), fmt::format("{}\n", value), 0600);
}

void Seen::check_signature(const std::string& url, std::time_t signed_at) const {
    const auto now = static_cast<std::uint64_t>(signed_at);
    const std::string key = "signature " + url;
    const std::uint64_t before = parse_u64(read(key)).value_or(0);
    if (now < before && !allow_) {
        throw Error(fmt::format("{}: it was signed on {:%Y-%m-%d %H:%M:%S}, but one of {:%Y-%m-%d %H:%M:%S} was seen there before: {}{} accepts it",
                                url, fmt::gmtime(signed_at), fmt::gmtime(static_cast<std::time_t>(before)), kAdvice, option_));
    }
    if (now != before) write(key, std::to_string(now));
}

void Seen::check_serial(const std::string& server, const std::string& product, const std::string& newest) const {
    const std::string key = fmt::format("serial {} {}", server, product);
    const std::string before = read(key);
    if (!before.empty() && serial_before(newest, before) && !allow_) {
        throw Error(fmt::format("{}: the newest build of {} is {}, but {} was seen there before: {}{} accepts it", server,
                                printable(product), newest, printable(before), kAdvice, option_));
    }
    if (newest != before) write(key, newest);
}

} // namespace lxcpp::image
