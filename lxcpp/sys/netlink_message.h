// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// The bytes of netlink(7) messages: nothing here talks to the kernel.
namespace lxcpp::sys {

template <typename Value>
[[nodiscard]] std::string_view as_bytes(const Value& value) noexcept {
    static_assert(std::is_trivially_copyable_v<Value>);
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

// What bytes has of it; the rest is zero.
template <typename Value>
[[nodiscard]] Value read_as(std::string_view bytes) noexcept {
    static_assert(std::is_trivially_copyable_v<Value>);
    Value value{};
    std::memcpy(&value, bytes.data(), bytes.size() < sizeof value ? bytes.size() : sizeof value);
    return value;
}

// One request: header, the fixed part of its type, attributes.
class NetlinkRequest {
public:
    // flags: NLM_F_* besides NLM_F_REQUEST.
    NetlinkRequest(std::uint16_t type, std::uint16_t flags, std::string_view fixed);

    NetlinkRequest& bytes(std::uint16_t type, std::string_view value);
    NetlinkRequest& text(std::uint16_t type, const std::string& value); // with a zero at its end
    template <typename Number>
    NetlinkRequest& number(std::uint16_t type, Number value) {
        static_assert(std::is_integral_v<Number>);
        return bytes(type, as_bytes(value));
    }
    // What fill adds to this request is the attribute's value.
    template <typename Fill>
    NetlinkRequest& nested(std::uint16_t type, Fill&& fill) {
        const std::size_t start = open_nested(type);
        std::forward<Fill>(fill)(*this);
        close_nested(start);
        return *this;
    }
    NetlinkRequest& fixed(std::string_view part); // of a nested attribute that begins with one

    [[nodiscard]] std::string finish(std::uint32_t sequence, std::uint16_t more_flags = 0) const;

private:
    [[nodiscard]] std::size_t open_nested(std::uint16_t type);
    void close_nested(std::size_t start);
    void append(std::string_view part);
    std::string message_;
};

// Attributes in their order; views of the bytes that were parsed.
class NetlinkAttributes {
public:
    explicit NetlinkAttributes(std::string_view bytes); // what is damaged ends the list
    [[nodiscard]] std::optional<std::string_view>
    find(std::uint16_t type) const noexcept;                  // the last one
    [[nodiscard]] std::string text(std::uint16_t type) const; // "" when it is not there
    template <typename Number>
    [[nodiscard]] Number number(std::uint16_t type, Number otherwise = {}) const noexcept {
        const auto value = find(type);
        return value ? read_as<Number>(*value) : otherwise;
    }
    [[nodiscard]] NetlinkAttributes nested(std::uint16_t type) const; // empty when it is not there
    using Attribute = std::pair<std::uint16_t, std::string_view>;
    [[nodiscard]] const std::vector<Attribute>& all() const& noexcept { return all_; }
    [[nodiscard]] std::vector<Attribute> all() && { return std::move(all_); }

private:
    std::vector<Attribute> all_;
};

// The attributes behind the fixed part of a message.
[[nodiscard]] NetlinkAttributes attributes_behind(std::string_view payload, std::size_t fixed);

struct NetlinkAnswer {
    std::uint16_t type = 0;
    std::uint16_t flags = 0;
    std::uint32_t sequence = 0;
    std::string_view payload;
};
// Takes the first message from bytes; nullopt at the end and for what is damaged.
[[nodiscard]] std::optional<NetlinkAnswer> take_answer(std::string_view& bytes) noexcept;

struct NetlinkVerdict {
    int error = 0;       // errno, 0 for an acknowledgement
    std::string message; // the kernel's own words (extended acknowledgement); may be empty
};
[[nodiscard]] NetlinkVerdict parse_verdict(const NetlinkAnswer& answer); // of a NLMSG_ERROR

[[nodiscard]] std::string mac_text(std::string_view bytes); // "10:66:6a:..."; "" for none
[[nodiscard]] std::string mac_bytes(std::string_view text); // throws Error unless it is written so
[[nodiscard]] std::string address_text(int family, std::string_view bytes); // "" for a wrong length
[[nodiscard]] std::string address_bytes(int family, const std::string& text); // throws Error

} // namespace lxcpp::sys
