// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/private_mounts.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/spawn.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lxcpp::test {

// A fresh file system of some type in a file, mounted in a mount namespace of the test's own.
class LoopDisk {
public:
    // options: further ones of mkfs.TYPE
    explicit LoopDisk(const std::string& type, const std::vector<std::string>& options = {}) {
        const std::string image = temp_ / "disk";
        sys::truncate_file(sys::open_file(image, {.access = sys::Access::ReadWrite, .create = true}), 400u << 20, image);
        sys::make_dir(mount_point(), 0755);
        std::vector<std::string> make{"/sbin/mkfs." + type, "-q"};
        make.insert(make.end(), options.begin(), options.end());
        make.push_back(image);
        made_ = succeeds(make) && succeeds({"/bin/mount", "-o", "loop", "-t", type, image, mount_point().string()});
    }
    LoopDisk(const LoopDisk&) = delete;
    LoopDisk& operator=(const LoopDisk&) = delete;
    ~LoopDisk() {
        if (made_) sys::unmount(mount_point(), true);
    }

    [[nodiscard]] bool made() const noexcept { return made_; } // false: this machine has no such file system
    [[nodiscard]] std::filesystem::path mount_point() const { return temp_ / "mnt"; }

private:
    static bool succeeds(const std::vector<std::string>& argv) {
        if (!sys::exists(argv.front())) return false;
        return sys::run_and_capture({.argv = argv}, std::chrono::seconds(60)).status == sys::ExitStatus{};
    }

    TempDir temp_;
    bool made_ = false;
};

} // namespace lxcpp::test
