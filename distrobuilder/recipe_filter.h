// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe.h"

#include <optional>

namespace lxcpp::distro {

// Which entries a phase of a command takes, going by their types. A tree that several images are packed of is built
// without those for one type; packing does only what was left out.
struct AcceptedTypes {
    bool untyped = true;
    std::optional<TargetType> typed;

    bool operator==(const AcceptedTypes&) const = default;
};

// Whether a set comes with the base system. One with types does not, whatever it says: the base is for all types.
[[nodiscard]] inline bool is_early(const PackageSet& set) noexcept { return set.early && set.filter.types.empty(); }

// Whether an entry is for this image, in this phase: each list that is not empty has the image's value (the
// architecture by its mapped name), letter by letter.
[[nodiscard]] bool applies(const Filter& filter, const ImageSection& image, const AcceptedTypes& types);

} // namespace lxcpp::distro
