// SPDX-License-Identifier: Apache-2.0
#include "debian/package_index.h"

#include "base/strings.h"
#include "debian/control.h"
#include "debian/version.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <utility>

namespace lxcpp::debian {
namespace {

constexpr std::array<std::pair<std::string_view, Priority>, 5> kPriorities{{
    {"required", Priority::Required},
    {"important", Priority::Important},
    {"standard", Priority::Standard},
    {"optional", Priority::Optional},
    {"extra", Priority::Extra},
}};

bool safe_filename(std::string_view path) {
    if (path.empty() || path.front() == '/' || path.size() > 1024) return false;
    const auto parts = split(path, '/');
    return std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
        return part.empty() || part == "." || part == ".." || printable(part) != part;
    });
}

bool is_sha256(std::string_view text) noexcept {
    return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

Package read_package(const Stanza& stanza, std::string_view what) {
    Package package;
    package.name = stanza.get("Package");
    if (!valid_package_name(package.name)) {
        throw Error(fmt::format("{}: '{}' is no package name", what, printable(package.name)));
    }
    package.version = stanza.get("Version");
    package.architecture = stanza.get("Architecture");
    package.priority = parse_priority(stanza.get("Priority")).value_or(Priority::Extra);
    package.essential = stanza.get("Essential") == "yes";
    package.pre_depends = stanza.get("Pre-Depends");
    package.depends = stanza.get("Depends");
    package.conflicts = stanza.get("Conflicts");
    package.breaks = stanza.get("Breaks");
    package.provides = stanza.get("Provides");
    package.filename = stanza.get("Filename");
    package.sha256 = stanza.get("SHA256");
    const auto size = parse_u64(stanza.get("Size"));
    const auto require = [&](bool good, std::string_view field) {
        if (!good) throw Error(fmt::format("{}: package {}: bad or missing {}", what, package.name, field));
    };
    require(valid_version(package.version), "Version");
    require(safe_filename(package.filename), "Filename");
    require(is_sha256(package.sha256), "SHA256");
    require(size.has_value(), "Size");
    package.size = *size;
    return package;
}

template <typename Table>
auto look_up(const Table& table, std::string_view name) noexcept
    -> std::span<const typename Table::mapped_type::value_type> {
    const auto found = table.find(name);
    if (found == table.end()) return {};
    return found->second;
}

} // namespace

std::optional<Priority> parse_priority(std::string_view text) noexcept {
    for (const auto& [name, value] : kPriorities) {
        if (name == text) return value;
    }
    return std::nullopt;
}

void PackageIndex::add(std::string text, std::string_view architecture, std::uint16_t source,
                       std::string_view what) {
    const std::string& kept = texts_.emplace_back(std::move(text));
    ControlReader reader(kept, what);
    while (const Stanza* stanza = reader.next()) {
        const auto own = stanza->get("Architecture");
        if (own != architecture && own != "all") continue;
        Package& package = packages_.emplace_back(read_package(*stanza, what));
        package.source = source;
        by_name_[package.name].push_back(&package);
        if (!package.provides.empty()) index_provides(package, what);
    }
    sort();
}

void PackageIndex::index_provides(const Package& package, std::string_view what) {
    const auto label = fmt::format("{}: Provides of {}", what, package.name);
    for (const Alternatives& clause : parse_relations(package.provides, label)) {
        const Relation& provided = clause.front();
        const bool versioned = provided.compare == Compare::Equal;
        by_provided_[provided.package].push_back(
            {&package, versioned ? provided.version : std::string_view()});
    }
}

void PackageIndex::sort() {
    for (auto& [name, versions] : by_name_) {
        std::stable_sort(versions.begin(), versions.end(), [](const Package* a, const Package* b) {
            return compare_versions(a->version, b->version) > 0;
        });
    }
    for (auto& [name, providers] : by_provided_) {
        std::stable_sort(providers.begin(), providers.end(), [](const Provider& a, const Provider& b) {
            if (a.package->priority != b.package->priority) {
                return a.package->priority < b.package->priority;
            }
            if (a.package->name != b.package->name) return a.package->name < b.package->name;
            return compare_versions(a.package->version, b.package->version) > 0;
        });
    }
}

std::span<const Package* const> PackageIndex::find(std::string_view name) const noexcept {
    return look_up(by_name_, name);
}

const Package* PackageIndex::newest(std::string_view name) const noexcept {
    const auto all = find(name);
    return all.empty() ? nullptr : all.front();
}

std::span<const Provider> PackageIndex::providers(std::string_view name) const noexcept {
    return look_up(by_provided_, name);
}

std::vector<const Package*> PackageIndex::essential() const {
    std::vector<const Package*> result;
    for (const Package& package : packages_) {
        if (package.essential && newest(package.name) == &package) result.push_back(&package);
    }
    std::sort(result.begin(), result.end(), [](auto a, auto b) { return a->name < b->name; });
    return result;
}

std::vector<const Package*> PackageIndex::with_priority(Priority lowest) const {
    std::vector<const Package*> result;
    for (const Package& package : packages_) {
        if (package.priority <= lowest && newest(package.name) == &package) result.push_back(&package);
    }
    std::sort(result.begin(), result.end(), [](auto a, auto b) { return a->name < b->name; });
    return result;
}

} // namespace lxcpp::debian
