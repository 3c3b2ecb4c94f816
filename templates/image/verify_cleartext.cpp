// SPDX-License-Identifier: Apache-2.0
#include "image/verify_cleartext.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <span>

namespace lxcpp::image {

namespace {

constexpr std::string_view kBeginMessage = "-----BEGIN PGP SIGNED MESSAGE-----";
constexpr std::string_view kBeginSignature = "-----BEGIN PGP SIGNATURE-----";
constexpr std::string_view kEndSignature = "-----END PGP SIGNATURE-----";
constexpr std::size_t kMaxLine = 16'000; // gpg cuts lines at 19995 bytes

[[noreturn]] void refuse(std::size_t line, std::string_view reason) {
    throw Error(fmt::format("signature refused: line {} of the signed message: {}", line, reason));
}

bool is_base64(std::string_view line) noexcept {
    return std::all_of(line.begin(), line.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '/' || c == '=';
    });
}

// The lines one after the other; positions count from 1 in messages.
class Lines {
public:
    explicit Lines(std::string_view text) : lines_(split_lines(text)) {}
    [[nodiscard]] bool at_end() const noexcept { return next_ == lines_.size(); }
    [[nodiscard]] std::size_t number() const noexcept { return next_; }
    // The next line without trailing blanks, or a refusal that says what is missing.
    std::string_view take(std::string_view missing) {
        if (at_end()) refuse(next_ + 1, fmt::format("{} is missing", missing));
        std::string_view line = lines_[next_++];
        while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r'))
            line.remove_suffix(1);
        return line;
    }

private:
    std::vector<std::string_view> lines_;
    std::size_t next_ = 0;
};

void check_characters(std::string_view message) {
    std::size_t number = 0;
    for (const auto line : split_lines(message)) {
        ++number;
        if (line.size() > kMaxLine) refuse(number, "too long");
        if (line.find_first_of(std::string_view("\0\f\v", 3)) != std::string_view::npos)
            refuse(number, "NUL, form feed or vertical tab");
    }
}

void skip_to_begin(Lines& lines) {
    for (;;) {
        if (lines.at_end()) throw Error("signature refused: there is no clear-signed message");
        const auto line = lines.take(kBeginMessage);
        if (line == kBeginMessage) return;
        if (!line.empty())
            throw Error("signature refused: not a clear-signed message, or text stands before it");
    }
}

void skip_headers(Lines& lines) {
    for (;;) {
        const auto line = lines.take("the blank line after the headers");
        if (line.empty()) return;
        if (!line.starts_with("Hash: ")) refuse(lines.number(), "only Hash headers are allowed");
        const bool plain = std::all_of(line.begin() + 6, line.end(), [](char c) {
            return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ',' || c == ' ' ||
                   c == '-';
        });
        if (!plain) refuse(lines.number(), "not a list of hash names");
    }
}

std::string take_text(Lines& lines) {
    std::string text;
    for (;;) {
        const auto line = lines.take(kBeginSignature);
        if (line == kBeginSignature) return text;
        // Trailing blanks are gone from line, so "- " of an empty line reads "-".
        if (line.starts_with('-') && line != "-" && !line.starts_with("- "))
            refuse(lines.number(), "starts with a dash that is not escaped");
        text += line.starts_with('-') ? line.substr(std::min<std::size_t>(2, line.size())) : line;
        text += '\n';
    }
}

void skip_signature(Lines& lines) {
    bool in_headers = true;
    for (;;) {
        const auto line = lines.take(kEndSignature);
        if (line == kEndSignature) return;
        if (line.empty()) {
            in_headers = false;
        } else if (in_headers && line.find(": ") != std::string_view::npos) {
            continue;
        } else if (!is_base64(line)) {
            refuse(lines.number(), "not part of a signature");
        }
    }
}

} // namespace

void check_cleartext_frame(std::string_view message) { (void)unverified_cleartext(message); }

std::string unverified_cleartext(std::string_view message) {
    check_characters(message);
    Lines lines(message);
    skip_to_begin(lines);
    skip_headers(lines);
    std::string text = take_text(lines);
    skip_signature(lines);
    while (!lines.at_end())
        if (!lines.take("").empty()) refuse(lines.number(), "text stands after the signed block");
    return text;
}

} // namespace lxcpp::image
