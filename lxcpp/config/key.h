// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/codec.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

// A row of the key table: everything the program knows about one lxc.* key. Owner is Config, or
// NetDevice for the part behind lxc.net.N.
namespace lxcpp {

// Later: parsed, kept and shown, but no code acts on it yet; lxcpp-start says so.
enum class Applied : std::uint8_t { Now, Later };

// What "key =" without a value does.
enum class OnEmpty : std::uint8_t { Clear, Zero, Refuse };

struct KeyText {
    std::string key;
    std::string value;
    bool operator==(const KeyText&) const = default;
};

template <typename Owner>
struct Key {
    std::string_view name;   // of a family what stands before ".NAME"
    std::string_view syntax; // how the value looks
    std::string_view help;
    bool list = false;   // lines add up
    bool family = false; // name is a prefix, sub is what follows its dot ("" = all of the family)
    Applied applied = Applied::Now;
    OnEmpty on_empty = OnEmpty::Clear;

    void (*set)(Owner&, std::string_view sub, std::string_view text) = nullptr;
    std::optional<std::string> (*get)(const Owner&, std::string_view sub) = nullptr;
    void (*clear)(Owner&, const Owner& defaults, std::string_view sub) = nullptr;
    // Adds the lines that, read in order, give the owner's value; nothing for a default value.
    void (*emit)(const Owner&, const Owner& defaults, std::string_view name,
                 std::vector<KeyText>& lines) = nullptr;

    [[nodiscard]] constexpr Key later() const {
        Key copy = *this;
        copy.applied = Applied::Later;
        return copy;
    }
    [[nodiscard]] constexpr Key empty_is(OnEmpty action) const {
        Key copy = *this;
        copy.on_empty = action;
        return copy;
    }
};

namespace detail {

template <auto Member>
struct MemberTraits;
template <typename O, typename F, F O::*Member>
struct MemberTraits<Member> {
    using Owner = O;
    using Field = F;
};

// field<&Config::tty, &Tty::max>(config) is config.tty.max.
template <auto First, auto... Rest>
constexpr auto& field(auto& object) {
    if constexpr (sizeof...(Rest) == 0)
        return object.*First;
    else
        return field<Rest...>(object.*First);
}

template <auto First>
using OwnerOf = typename MemberTraits<First>::Owner;

template <typename C, typename Owner, auto Access>
constexpr Key<Owner> make_key(std::string_view name, std::string_view help) {
    Key<Owner> row{name, C::kSyntax, help};
    row.list = C::kList;
    row.set = [](Owner& owner, std::string_view, std::string_view text) {
        C::parse(text, Access(owner));
    };
    row.get = [](const Owner& owner, std::string_view) -> std::optional<std::string> {
        return C::show(Access(owner));
    };
    row.clear = [](Owner& owner, const Owner& defaults, std::string_view) {
        C::reset(Access(owner), Access(defaults));
    };
    row.emit = [](const Owner& owner, const Owner& defaults, std::string_view key,
                  std::vector<KeyText>& lines) {
        if (C::same(Access(owner), Access(defaults))) return;
        for (std::string& value : C::values(Access(owner)))
            lines.push_back({std::string(key), std::move(value)});
    };
    return row;
}

} // namespace detail

// A key whose field's type says how it is written: key<&Config::tty, &Tty::max>(...).
template <auto First, auto... Rest>
constexpr auto key(std::string_view name, std::string_view help) {
    using Owner = detail::OwnerOf<First>;
    using Field =
        std::remove_cvref_t<decltype(detail::field<First, Rest...>(std::declval<Owner&>()))>;
    constexpr auto access = [](auto& owner) -> auto& {
        return detail::field<First, Rest...>(owner);
    };
    return detail::make_key<Codec<Field>, Owner, access>(name, help);
}

// The same with a codec named on the spot.
template <typename C, auto First, auto... Rest>
constexpr auto key_as(std::string_view name, std::string_view help) {
    using Owner = detail::OwnerOf<First>;
    constexpr auto access = [](auto& owner) -> auto& {
        return detail::field<First, Rest...>(owner);
    };
    return detail::make_key<C, Owner, access>(name, help);
}

// A key that concerns its owner as a whole.
template <typename C>
constexpr auto whole_key(std::string_view name, std::string_view help) {
    constexpr auto access = [](auto& owner) -> auto& {
        return owner;
    };
    return detail::make_key<C, typename C::Value, access>(name, help);
}

// A family lxc.X.NAME over one field. F has parse/show/reset with the name as first argument and
// emit(prefix, value, lines).
template <typename F, auto First, auto... Rest>
constexpr auto family(std::string_view name, std::string_view help) {
    using Owner = detail::OwnerOf<First>;
    Key<Owner> row{name, F::kSyntax, help};
    row.list = F::kList;
    row.family = true;
    row.set = [](Owner& owner, std::string_view sub, std::string_view text) {
        F::parse(sub, text, detail::field<First, Rest...>(owner));
    };
    row.get = [](const Owner& owner, std::string_view sub) -> std::optional<std::string> {
        return F::show(sub, detail::field<First, Rest...>(owner));
    };
    row.clear = [](Owner& owner, const Owner&, std::string_view sub) {
        F::reset(sub, detail::field<First, Rest...>(owner));
    };
    row.emit = [](const Owner& owner, const Owner&, std::string_view prefix,
                  std::vector<KeyText>& lines) {
        F::emit(prefix, detail::field<First, Rest...>(owner), lines);
    };
    return row;
}

} // namespace lxcpp
