// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/relation.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lxcpp::debian {

enum class Priority { Required, Important, Standard, Optional, Extra };
[[nodiscard]] std::optional<Priority> parse_priority(std::string_view text) noexcept;

// What a Packages file says of one package. Views into the index's text; relationship fields are
// parsed when they are needed.
struct Package {
    std::string_view name;
    std::string_view version;
    std::string_view architecture;
    Priority priority = Priority::Extra;
    bool essential = false;
    std::string_view pre_depends;
    std::string_view depends;
    std::string_view conflicts;
    std::string_view breaks;
    std::string_view provides;
    std::string_view filename; // below the mirror's base
    std::string_view sha256;
    std::uint64_t size = 0;
    std::uint16_t source = 0; // which index it came from, as given to add()
};

struct Provider {
    const Package* package;
    std::string_view version; // of a versioned Provides; empty otherwise
};

// All packages of one or more Packages files. Addresses of its packages stay valid.
class PackageIndex {
public:
    // Takes a whole Packages file, decompressed and verified; what names it in messages. Entries for
    // other architectures than architecture and "all" are left out. Throws Error when a needed field
    // is missing or malformed.
    void add(std::string text, std::string_view architecture, std::uint16_t source,
             std::string_view what);

    // Newest version first.
    [[nodiscard]] std::span<const Package* const> find(std::string_view name) const noexcept;
    [[nodiscard]] const Package* newest(std::string_view name) const noexcept;
    // Packages with that virtual name, the most important one first, then by name.
    [[nodiscard]] std::span<const Provider> providers(std::string_view name) const noexcept;
    // The newest version of each package with one of these properties, by name.
    [[nodiscard]] std::vector<const Package*> essential() const;
    [[nodiscard]] std::vector<const Package*> with_priority(Priority lowest) const;
    [[nodiscard]] std::size_t size() const noexcept { return packages_.size(); }

private:
    void index_provides(const Package& package, std::string_view what);
    void sort();

    std::deque<std::string> texts_;
    std::deque<Package> packages_;
    std::unordered_map<std::string_view, std::vector<const Package*>> by_name_;
    std::unordered_map<std::string_view, std::vector<Provider>> by_provided_;
};

} // namespace lxcpp::debian
