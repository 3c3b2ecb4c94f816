// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/file.h"

#include "support/temp_dir.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <string>

namespace lxcpp::test {

// A root file system that holds a static busybox and nothing else.
class SmallRoot {
public:
    SmallRoot() {
        std::filesystem::create_directories(path() / "bin");
        std::filesystem::copy_file("/bin/busybox", path() / "bin/busybox");
    }
    [[nodiscard]] static bool possible() { return std::filesystem::exists("/bin/busybox"); }
    [[nodiscard]] std::filesystem::path path() const { return dir_ / "rootfs"; }
    [[nodiscard]] std::filesystem::path beside(const std::string& name) const { return dir_ / name; }

private:
    TempDir dir_;
};

inline constexpr const char* kNoBusybox = "there is no static /bin/busybox (busybox-static)";

// Processes that this one has not reaped.
inline std::string children() {
    const std::string task = "/proc/self/task/" + std::to_string(::gettid());
    return sys::read_file(task + "/children");
}

} // namespace lxcpp::test
