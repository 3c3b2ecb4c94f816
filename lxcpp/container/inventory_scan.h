// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "inventory/inventory.h"

#include <filesystem>
#include <string>
#include <vector>

// What the container directories say: the truth of which the inventory is the index.
namespace lxcpp {

struct Scan {
    std::vector<ContainerRecord> containers;
    std::vector<std::string> problems; // a configuration that cannot be read, one line each
};

// Every container of a directory, from its configuration: the ids it maps, whether it is
// privileged, by which template it was made. A broken configuration still gives what its good lines
// say; its container is taken to need the image that it was made of, and every tree when not even that can be read.
[[nodiscard]] Scan scan_containers(const std::filesystem::path& lxcpath, const Paths& paths);

// The directories to look in: the given ones, or else the default one and all that the inventory
// knows already.
[[nodiscard]] std::vector<std::string> lxcpaths_to_scan(const Inventory& inventory,
                                                        const Paths& paths,
                                                        const std::vector<std::string>& given = {});

// Makes the inventory what scan_containers finds; what it could not read is added to problems.
RebuildReport rebuild_inventory(Inventory& inventory, const Paths& paths,
                                const std::vector<std::string>& lxcpaths,
                                std::vector<std::string>& problems);

// For whoever gives out ids: a new inventory (the first, or after a damaged one was moved aside) is
// filled from the default directory and lxcpath first.
[[nodiscard]] Inventory open_complete_inventory(const Paths& paths,
                                                const std::filesystem::path& lxcpath);

} // namespace lxcpp
