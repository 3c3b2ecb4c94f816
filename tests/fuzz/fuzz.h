// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/error.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What all fuzz targets share. A target is one function: one_input(bytes). It calls what it tests and
// demands what must hold for every input; Error is the only exception that may come out of a parser.
namespace lxcpp::fuzz {

[[noreturn]] inline void failed(const char* file, int line, const char* what, std::string_view detail) {
    std::fprintf(stderr, "PROPERTY: %s:%d: %s\n", file, line, what);
    if (!detail.empty()) {
        std::fprintf(stderr, "PROPERTY: with \"%.*s\"\n", static_cast<int>(detail.size()), detail.data());
    }
    std::abort();
}

// What holds for all inputs; the second argument is shown when it does not.
#define FUZZ_CHECK_WITH(condition, detail)                                                         \
    do {                                                                                           \
        if (!(condition)) ::lxcpp::fuzz::failed(__FILE__, __LINE__, #condition, (detail));         \
    } while (false)
#define FUZZ_CHECK(condition) FUZZ_CHECK_WITH(condition, std::string_view())

// The result of a parser, or nothing when it refused with an Error of one printable line. Anything
// else that is thrown ends the target.
template <typename Parse>
auto accepted(Parse parse) -> std::optional<decltype(parse())> {
    try {
        return parse();
    } catch (const Error& error) {
        FUZZ_CHECK(!std::string_view(error.what()).empty());
        return std::nullopt;
    }
}

// The same for what returns nothing.
template <typename Act>
bool succeeds(Act act) {
    return accepted([&] {
        act();
        return true;
    }).has_value();
}

// Takes an input apart: the first bytes choose, the rest is text.
class Bytes {
public:
    explicit Bytes(std::string_view rest) : rest_(rest) {}
    [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const auto value = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return value;
    }
    std::uint32_t number() {
        std::uint32_t value = 0;
        for (int i = 0; i < 4; ++i) value = value << 8 | byte();
        return value;
    }
    std::string_view take(std::size_t count) {
        const auto taken = rest_.substr(0, count);
        rest_.remove_prefix(taken.size());
        return taken;
    }
    // Up to the separator, which goes too; all of it when there is none.
    std::string_view until(std::string_view separator) {
        const auto end = rest_.find(separator);
        if (end == rest_.npos) return take(rest_.size());
        const auto taken = take(end);
        rest_.remove_prefix(separator.size());
        return taken;
    }

private:
    std::string_view rest_;
};

// The target.
void one_input(std::string_view bytes);
// Inputs that are awkward to keep as files: made anew by the code that reads them.
std::vector<std::string> made_seeds();

} // namespace lxcpp::fuzz
