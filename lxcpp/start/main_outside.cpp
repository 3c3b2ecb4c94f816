// SPDX-License-Identifier: Apache-2.0
// lxcpp-outside: runs lxcpp-user-nic for a starter that is in the user's own user namespace
// (start/outside.h).
#include "start/outside.h"
#include "sys/program.h"

#include <cstdio>
#include <exception>

int main() {
    constexpr int kSocket = 3;
    try {
        lxcpp::sys::leave_terminal(); // what interrupts the tool ends its wait, not a start that
                                      // goes on
        lxcpp::serve_outside(lxcpp::FdRef(kSocket));
        return 0;
    } catch (const std::exception& error) {
        (void)std::fprintf(stderr, "lxcpp-outside: %s\n", error.what());
        return 1;
    }
}
