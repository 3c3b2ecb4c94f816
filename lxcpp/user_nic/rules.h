// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

// lxcpp-usernet(5): who may have how many interfaces on which bridge. Pure; no name service is
// asked.
namespace lxcpp::user_nic {

struct Group {
    gid_t gid = 0;
    std::string name; // empty: none in group(5)
};

struct Caller {
    uid_t uid = 0;
    std::string name;          // empty: none in passwd(5)
    std::vector<Group> groups; // the real one and the supplementary ones
};

// What one line gives. All members of a group share what it has.
struct Allotment {
    std::string subject; // "u1000" or "g100", by whom the interfaces are counted
    unsigned most = 0;
    bool operator==(const Allotment&) const = default;
};

// The lines for veth on that bridge that are about the caller, in their order.
[[nodiscard]] std::vector<Allotment> allotments(std::string_view usernet, const Caller& caller,
                                                std::string_view bridge);

// The first name that passwd(5) has for it; "" for none.
[[nodiscard]] std::string user_name(std::string_view passwd, uid_t uid);
[[nodiscard]] std::vector<Group> named_groups(std::string_view group_file,
                                              std::span<const gid_t> groups);

} // namespace lxcpp::user_nic
