// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/recipe_filter.h"

#include <algorithm>

namespace lxcpp::distro {
namespace {

bool has(const std::vector<std::string>& list, const std::string& value) {
    return list.empty() || std::ranges::find(list, value) != list.end();
}

bool accepts(const std::vector<TargetType>& wanted, const AcceptedTypes& types) {
    if (wanted.empty()) return types.untyped;
    return types.typed && std::ranges::find(wanted, *types.typed) != wanted.end();
}

} // namespace

bool applies(const Filter& filter, const ImageSection& image, const AcceptedTypes& types) {
    return has(filter.releases, image.release) && has(filter.architectures, image.architecture_mapped) &&
           has(filter.variants, image.variant) && accepts(filter.types, types);
}

} // namespace lxcpp::distro
