// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "inventory/records.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::tools::images {

// Which containers, running or not, came of which image, and cannot do without which tree: by the inventory, or, while
// that is not complete, by the directories of containers.
class ImageUsers {
public:
    explicit ImageUsers(const Paths& paths);

    // What could not be read, one line each: what needs an image is known even so, but of those that require_decided() names.
    [[nodiscard]] const std::vector<std::string>& problems() const noexcept { return problems_; }
    void require_decided() const; // before anything is taken away: throws Error

    [[nodiscard]] std::vector<std::string> of_image(std::string_view fingerprint) const;
    [[nodiscard]] std::vector<std::string> of_tree(std::string_view tree) const;

private:
    void add(const ContainerRecord& container);

    std::map<std::string, std::vector<std::string>, std::less<>> images_;
    std::map<std::string, std::vector<std::string>, std::less<>> trees_;
    std::vector<std::string> problems_;
    std::vector<std::string> undecided_; // names
};

// Those of one tree at this moment. Throws Error while there is a container of which nobody knows.
[[nodiscard]] std::vector<std::string> users_of_tree(const Paths& paths, std::string_view tree);

} // namespace lxcpp::tools::images
