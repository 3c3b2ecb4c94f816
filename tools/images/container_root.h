// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/rooted_dir.h"

#include <lxcpp/container.h>

#include <memory>
#include <string>

namespace lxcpp::tools::images {

// The root file system of a container, as one tree; a running container stands still as long as this lives.
class ContainerRoot {
public:
    // Throws Error for a kind of root that this machine cannot show, and when the container is not there.
    ContainerRoot(const std::string& name, const std::string& lxcpath);
    ContainerRoot(const ContainerRoot&) = delete;
    ContainerRoot& operator=(const ContainerRoot&) = delete;
    ~ContainerRoot();

    [[nodiscard]] const sys::RootedDir& tree() const { return *tree_; }
    [[nodiscard]] const Container& container() const { return container_; }
    [[nodiscard]] bool was_running() const noexcept { return frozen_ != nullptr; }

private:
    class ThawOnSignal;

    Container container_;
    std::unique_ptr<sys::RootedDir> tree_;
    std::unique_ptr<ThawOnSignal> frozen_; // none: it did not run
};

} // namespace lxcpp::tools::images
