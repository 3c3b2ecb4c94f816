// SPDX-License-Identifier: Apache-2.0
#include "base/template_parts.h"

#include "base/error.h"
#include "base/strings.h"

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp {
namespace {

struct Mark {
    std::string_view open;
    std::string_view close;
    TemplatePartKind kind;
};
constexpr std::array kMarks{Mark{"{{", "}}", TemplatePartKind::Output}, Mark{"{%", "%}", TemplatePartKind::Tag},
                            Mark{"{#", "#}", TemplatePartKind::Text}};
constexpr std::array<std::string_view, 7> kLongSigns{"==", "!=", "<=", ">=", "&&", "||", "<>"};
constexpr std::string_view kSigns = "<>()[],.|:!=-+*/%";
constexpr std::string_view kBlanks = " \t\r\n";

const Mark* mark_at(std::string_view text) noexcept {
    const auto mark = std::ranges::find_if(kMarks, [&](const Mark& one) { return text.starts_with(one.open); });
    return mark == kMarks.end() ? nullptr : mark;
}

std::size_t next_mark(std::string_view text) noexcept {
    for (std::size_t at = text.find('{'); at != text.npos; at = text.find('{', at + 1)) {
        if (mark_at(text.substr(at)) != nullptr) return at;
    }
    return text.npos;
}

// Where what was opened ends; a mark within a quoted text is none.
std::size_t closing(std::string_view text, const Mark& mark) noexcept {
    char quote = 0;
    for (std::size_t at = mark.open.size(); at < text.size(); ++at) {
        const char c = text[at];
        if (quote != 0) {
            if (c == '\\') ++at;
            else if (c == quote) quote = 0;
        } else if (text.substr(at).starts_with(mark.close)) {
            return at;
        } else if ((c == '"' || c == '\'') && mark.kind != TemplatePartKind::Text) {
            quote = c;
        }
    }
    return text.npos;
}

std::string_view trim_end(std::string_view text) noexcept {
    const auto last = text.find_last_not_of(kBlanks);
    return text.substr(0, last == text.npos ? 0 : last + 1);
}

class Splitter {
public:
    explicit Splitter(std::string_view text) : rest_(text) {}

    std::vector<TemplatePart> split() {
        while (!rest_.empty()) {
            const std::size_t at = std::min(next_mark(rest_), rest_.size());
            add_text(at);
            if (!rest_.empty()) add_mark();
        }
        return std::move(parts_);
    }

private:
    void advance(std::size_t count) {
        line_ += static_cast<int>(std::ranges::count(rest_.substr(0, count), '\n'));
        rest_.remove_prefix(count);
    }

    void add_text(std::size_t size) {
        std::string_view text = rest_.substr(0, size);
        if (trim_next_) text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
        if (!text.empty()) trim_next_ = false;
        if (!text.empty()) parts_.push_back({TemplatePartKind::Text, text, line_});
        advance(size);
    }

    void add_mark() {
        const Mark& mark = *mark_at(rest_);
        const std::size_t end = closing(rest_, mark);
        if (end == rest_.npos) throw Error(fmt::format("line {}: {} is not closed with {}", line_, mark.open, mark.close));
        std::string_view text = rest_.substr(mark.open.size(), end - mark.open.size());
        const bool trim_before = text.starts_with('-');
        if (trim_before) text.remove_prefix(1);
        if (trim_before) trim_last();
        trim_next_ = text.ends_with('-');
        if (trim_next_) text.remove_suffix(1);
        if (mark.kind != TemplatePartKind::Text) parts_.push_back({mark.kind, trim(text), line_});
        advance(end + mark.close.size());
    }

    void trim_last() {
        if (parts_.empty() || parts_.back().kind != TemplatePartKind::Text) return;
        parts_.back().text = trim_end(parts_.back().text);
    }

    std::string_view rest_;
    std::vector<TemplatePart> parts_;
    int line_ = 1;
    bool trim_next_ = false;
};

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_name_byte(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || is_digit(c);
}

TemplateToken take_text(std::string_view& rest) {
    const char quote = rest.front();
    rest.remove_prefix(1);
    TemplateToken token{TemplateTokenKind::Text, {}};
    while (!rest.empty() && rest.front() != quote) {
        if (rest.front() == '\\' && rest.size() > 1) {
            rest.remove_prefix(1);
            token.text += rest.front() == 'n' ? '\n' : rest.front() == 't' ? '\t' : rest.front();
        } else {
            token.text += rest.front();
        }
        rest.remove_prefix(1);
    }
    if (rest.empty()) throw Error("a quote is not closed");
    rest.remove_prefix(1);
    return token;
}

TemplateToken take_word(std::string_view& rest) {
    const auto end = std::ranges::find_if_not(rest, is_name_byte);
    const std::string_view word = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    rest.remove_prefix(word.size());
    if (!is_digit(word.front())) return {TemplateTokenKind::Name, std::string(word)};
    const auto number = parse_u64(word);
    if (!number || *number > INT64_MAX) throw Error(printable(word) + " is neither a name nor a number");
    return {TemplateTokenKind::Number, std::string(word), static_cast<std::int64_t>(*number)};
}

TemplateToken take_sign(std::string_view& rest) {
    const auto known = std::ranges::find_if(kLongSigns, [&](std::string_view sign) { return rest.starts_with(sign); });
    const std::size_t size = known != kLongSigns.end() ? 2 : 1;
    if (size == 1 && kSigns.find(rest.front()) == kSigns.npos) {
        throw Error("unexpected \"" + printable(rest.substr(0, 1)) + '"');
    }
    TemplateToken token{TemplateTokenKind::Sign, std::string(rest.substr(0, size))};
    rest.remove_prefix(size);
    return token;
}

} // namespace

std::vector<TemplatePart> template_parts(std::string_view text) { return Splitter(text).split(); }

std::vector<TemplateToken> template_tokens(std::string_view expression) {
    std::vector<TemplateToken> tokens;
    for (;;) {
        expression.remove_prefix(std::min(expression.find_first_not_of(kBlanks), expression.size()));
        if (expression.empty()) break;
        const char c = expression.front();
        if (c == '"' || c == '\'') tokens.push_back(take_text(expression));
        else if (is_name_byte(c)) tokens.push_back(take_word(expression));
        else tokens.push_back(take_sign(expression));
    }
    tokens.emplace_back();
    return tokens;
}

} // namespace lxcpp
