// SPDX-License-Identifier: Apache-2.0
#include "common/namespace_words.h"

#include "base/strings.h"
#include "sys/namespace.h"

#include <lxcpp/error.h>

namespace lxcpp::tools {

std::uint64_t parse_namespaces(const std::string& text) {
    std::uint64_t flags = 0;
    for (const std::string_view word : split(text, '|')) {
        std::uint64_t flag = 0;
        for (const sys::NamespaceType& type : sys::kNamespaces) {
            if (type.attach_name == word || type.name == word) flag = type.flag;
        }
        if (flag == 0) {
            throw Error("-s " + text + ": expected MOUNT, PID, UTSNAME, IPC, USER, NETWORK, CGROUP or TIME, joined by |");
        }
        flags |= flag;
    }
    return flags;
}

} // namespace lxcpp::tools
