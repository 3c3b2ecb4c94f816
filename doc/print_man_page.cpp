// SPDX-License-Identifier: Apache-2.0
// Build-time program: prints the manual page that follows from a table of the library.
#include "config/man_page.h"

#include <cstdio>
#include <string>
#include <string_view>

int main(int argc, char** argv) {
    const std::string_view name = argc == 2 ? argv[1] : "";
    std::string page;
    if (name == "lxcpp.container.conf.5") page = lxcpp::container_conf_man_page();
    if (name == "lxcpp.conf.5") page = lxcpp::system_conf_man_page();
    if (name == "lxcpp-net.conf.5") page = lxcpp::net_conf_man_page();
    if (page.empty()) return 1;
    return std::fwrite(page.data(), 1, page.size(), stdout) == page.size() ? 0 : 1;
}
