// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container/impl.h"

#include <filesystem>

namespace lxcpp {

// A container under construction in a hidden directory beside its place; it vanishes unless published.
class Construction {
public:
    explicit Construction(const Container::Impl& impl);
    Construction(const Construction&) = delete;
    Construction& operator=(const Construction&) = delete;
    ~Construction();

    [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_; }
    // What is in it is on disk already; publish() has only the rest to sync.
    void all_synced() noexcept { synced_ = true; }
    // The container appears, whole and synced, under its name. StateError Exists when somebody else was faster.
    void publish();

private:
    const Container::Impl& impl_;
    std::filesystem::path directory_;
    bool synced_ = false;
    bool published_ = false;
};

} // namespace lxcpp
