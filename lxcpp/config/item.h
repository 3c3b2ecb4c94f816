// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/key.h"
#include "config/types.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Reading and changing a Config by the names of its keys.
namespace lxcpp {

// Where a value was written. line is 1-based; 0 with a file such as "command line" for none.
struct Origin {
    std::string file;
    int line = 0;
    bool operator==(const Origin&) const = default;
};

// What "key = value" in a file does: sets, adds, or with an empty value resets. Throws Error that
// says what was expected and, for an unknown key, which one was probably meant.
void set_item(Config& config, std::string_view key, std::string_view value);
// The same; throws ConfigError that names origin and key.
void apply(Config& config, std::string_view key, std::string_view value,
           const Origin& origin = {.file = "set"});

// As lxc-info -c prints it: lists one item a line with a line break at the end, a family without
// NAME as its lines. "" when not set; nullopt when there is no such key.
[[nodiscard]] std::optional<std::string> get_item(const Config& config, std::string_view key);

// Back to the default; of a family, of one member or of all. Throws ConfigError as apply does.
void clear_item(Config& config, std::string_view key);

// The names below prefix: "" gives all keys, "lxc.hook" its types, "lxc.net" the device numbers,
// "lxc.net.0" the keys that its type knows. Empty when there is nothing.
[[nodiscard]] std::vector<std::string> list_keys(const Config& config, std::string_view prefix);

// Lines that read into an equal Config: what is set, without comments and includes.
[[nodiscard]] std::vector<KeyText> effective_lines(const Config& config);
[[nodiscard]] std::string effective_text(const Config& config);

// What is set but not acted upon yet.
[[nodiscard]] std::vector<KeyText> not_applied(const Config& config);

// One key as documents and completion need it.
struct KeyInfo {
    std::string name; // "lxc.tty.max", "lxc.sysctl.NAME", "lxc.net.N.type"
    std::string syntax;
    std::string help;
    std::string fallback; // the default; "" for none
    bool list = false;
    Applied applied = Applied::Now;
};
[[nodiscard]] std::vector<KeyInfo> all_keys();

// Whether a further line with this key adds to the value. False for unknown keys.
[[nodiscard]] bool is_list_key(std::string_view key);
[[nodiscard]] bool is_known_key(std::string_view key);

// Whether "cleared =" undoes lines of key.
[[nodiscard]] bool clears(std::string_view cleared, std::string_view key);

// The known key that was probably meant, or the present name of a key of the time before LXC 2.1.
[[nodiscard]] std::optional<std::string> suggest_key(std::string_view key);

// Quotes where the reader would otherwise take something away from the value.
[[nodiscard]] std::string quote_value(std::string_view value);

} // namespace lxcpp
