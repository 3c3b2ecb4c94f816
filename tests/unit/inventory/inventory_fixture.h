// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inventory/inventory.h"
#include "sys/temp_dir.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp::testing {

class InventoryTest : public ::testing::Test {
protected:
    [[nodiscard]] std::filesystem::path file() const { return dir_.path() / "state/inventory.db"; }
    [[nodiscard]] Inventory open() const { return Inventory::open(file()); }

private:
    sys::TempDir dir_{std::filesystem::temp_directory_path(), "lxcpp-inventory-"};
};

inline ContainerKey key(const std::string& name, const std::string& lxcpath = "/var/lib/lxcpp") {
    return {.lxcpath = lxcpath, .name = name};
}

inline ContainerRecord record(const std::string& name, std::vector<IdRange> ranges = {}) {
    ContainerRecord made;
    made.key = key(name);
    made.created = 1'700'000'000;
    made.origin = "template debian";
    made.create_args = R"(["-r","bookworm"])";
    made.ranges = std::move(ranges);
    return made;
}

inline RangeWish wish(std::uint32_t containers) {
    return {.pools = {{0x77400000, containers * 65536}}, .count = 65536};
}

// Runs body in a child; 0 when it returned true.
inline pid_t in_child(const std::function<bool()>& body) {
    const pid_t pid = ::fork();
    if (pid != 0) return pid;
    bool good = false;
    try {
        good = body();
    } catch (const std::exception& error) {
        ::fprintf(stderr, "child: %s\n", error.what());
    }
    ::_exit(good ? 0 : 1);
}

inline bool succeeded(pid_t pid) {
    int status = 0;
    return ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

} // namespace lxcpp::testing
