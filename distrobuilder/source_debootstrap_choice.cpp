// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_debootstrap_choice.h"

#include "base/strings.h"
#include "debian/architecture.h"
#include "debian/release.h"
#include "debian/resolver.h"
#include "distrobuilder/recipe_filter.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

struct VariantName {
    std::string_view name;
    DebootstrapVariant variant;
};
constexpr std::array kVariants{
    VariantName{"", DebootstrapVariant::Default},
    VariantName{"-", DebootstrapVariant::Default},
    VariantName{"minbase", DebootstrapVariant::Minbase},
    VariantName{"buildd", DebootstrapVariant::Buildd},
};

// Releases of Debian, and of Ubuntu, before /usr was merged; and those where only build machines were left out.
constexpr std::array<std::string_view, 33> kSplit{
    "etch",   "lenny",   "squeeze", "wheezy",  "jessie", "stretch", "gutsy", "hardy", "intrepid", "jaunty", "karmic", "lucid",
    "maverick", "natty", "oneiric", "precise", "quantal", "raring", "saucy", "trusty", "utopic",  "vivid",  "wily",   "xenial",
    "yakkety", "zesty",  "artful",  "bionic",  "cosmic", "ascii", "breezy", "dapper", "edgy"};
constexpr std::array<std::string_view, 8> kSplitForBuildd{"buster", "bullseye", "bookworm", "disco", "eoan", "focal", "groovy", "hirsute"};

constexpr std::string_view kMerger = "usrmerge";
constexpr std::string_view kMerged = "usr-is-merged";

bool has(const auto& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

DebootstrapVariant parse_variant(const std::string& name) {
    const auto row = std::ranges::find(kVariants, name, &VariantName::name);
    if (row == kVariants.end()) throw Error(fmt::format("source.variant: {}: minbase, buildd or none at all are possible", printable(name)));
    return row->variant;
}

std::string parse_architecture(const std::string& name) {
    const auto known = debian::parse_architecture(name);
    if (!known) throw Error(fmt::format("image.architecture: {} is none that packages are for; {} are", printable(name), debian::known_architectures()));
    return std::string(*known);
}

void add(std::vector<const debian::Package*>& wanted, const std::vector<const debian::Package*>& more) {
    wanted.insert(wanted.end(), more.begin(), more.end());
}

} // namespace

std::string_view debootstrap_variant_name(DebootstrapVariant variant) noexcept { return std::ranges::find(kVariants, variant, &VariantName::variant)->name; }

DebootstrapChoice debootstrap_choice(const Recipe& recipe) {
    const SourceSection& source = recipe.source;
    DebootstrapChoice choice{.suite = source.suite.empty() ? recipe.image.release : source.suite,
                             .architecture = parse_architecture(recipe.image.architecture_mapped),
                             .variant = parse_variant(source.variant),
                             .components = source.components,
                             .include = {},
                             .exclude = {}};
    if (choice.suite.empty()) throw Error("image.release: debootstrap needs one; give -o image.release=RELEASE (or source.suite)");
    if (!debian::valid_suite_name(choice.suite)) throw Error(fmt::format("image.release: {} is no name of a release", printable(choice.suite)));
    if (choice.components.empty()) choice.components = {"main"};
    for (const PackageSet& set : recipe.packages.sets) {
        if (!is_early(set)) continue;
        auto& names = set.action == "remove" ? choice.exclude : choice.include;
        names.insert(names.end(), set.packages.begin(), set.packages.end());
    }
    return choice;
}

debian::Selection choose_packages(const debian::PackageIndex& index, const DebootstrapChoice& choice, bool tls) {
    const bool small = choice.variant != DebootstrapVariant::Default;
    auto wanted = index.essential();
    add(wanted, index.with_priority(small ? debian::Priority::Required : debian::Priority::Important));
    std::vector<std::string> names;
    if (small) names.emplace_back("apt");
    if (choice.variant == DebootstrapVariant::Buildd) names.emplace_back("build-essential");
    if (tls) names.emplace_back("ca-certificates");
    names.insert(names.end(), choice.include.begin(), choice.include.end());
    add(wanted, debian::find_wanted(index, names));
    std::erase_if(wanted, [&](const debian::Package* package) { return has(choice.exclude, package->name); });
    auto selection = debian::select_with_dependencies(index, wanted);
    // What would merge /usr in a running system is not needed in a new one, where a package says so.
    const bool merger = std::ranges::any_of(selection.packages, [](const debian::Package* package) { return package->name == kMerger; });
    const debian::Package* merged = index.newest(kMerged);
    if (!merger || merged == nullptr || has(choice.include, kMerger) || has(choice.exclude, kMerged)) return selection;
    wanted.push_back(merged);
    return debian::select_with_dependencies(index, wanted);
}

bool has_merged_usr(std::string_view codename, DebootstrapVariant variant) noexcept {
    if (has(kSplit, codename)) return false;
    return variant != DebootstrapVariant::Buildd || !has(kSplitForBuildd, codename);
}

} // namespace lxcpp::distro
