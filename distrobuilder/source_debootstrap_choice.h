// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/base_system.h"
#include "distrobuilder/recipe.h"

#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::distro {

// As debootstrap's --variant: required and important packages; required ones and apt; those and build-essential.
enum class DebootstrapVariant { Default, Minbase, Buildd };

// What a recipe asks debootstrap for.
struct DebootstrapChoice {
    std::string suite;
    std::string architecture; // Debian's name
    DebootstrapVariant variant = DebootstrapVariant::Default;
    std::vector<std::string> components;
    std::vector<std::string> include; // of sets that are early
    std::vector<std::string> exclude; // which stay all the same when others depend on them

    bool operator==(const DebootstrapChoice&) const = default;
};

// Throws Error naming the key that is missing or not known.
[[nodiscard]] DebootstrapChoice debootstrap_choice(const Recipe& recipe);

[[nodiscard]] std::string_view debootstrap_variant_name(DebootstrapVariant variant) noexcept; // "", "minbase", "buildd"

// All packages to install. tls: apt will need certificates. Throws Error for what cannot be had.
[[nodiscard]] debian::Selection choose_packages(const debian::PackageIndex& index, const DebootstrapChoice& choice, bool tls);

// Whether debootstrap makes /bin, /sbin and /lib links for that release, or one that is like it.
[[nodiscard]] bool has_merged_usr(std::string_view codename, DebootstrapVariant variant) noexcept;

} // namespace lxcpp::distro
