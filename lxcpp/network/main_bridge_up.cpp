// SPDX-License-Identifier: Apache-2.0
// lxcpp-bridge-up: what a starting container runs when its bridge is not there, or not whole. As
// "lxcpp-net up", small.
#include "network/managed_bridge.h"

#include <lxcpp/error.h>

#include <cstdio>
#include <exception>
#include <string>

int main() {
    const auto say = [](const std::string& line) {
        (void)std::fprintf(stderr, "%s\n", line.c_str());
    };
    try {
        lxcpp::bring_bridge_up(lxcpp::default_paths(), lxcpp::CutOff::Put, say);
        return 0;
    } catch (const std::exception& error) {
        say(error.what());
        return 1;
    }
}
