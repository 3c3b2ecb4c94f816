// SPDX-License-Identifier: Apache-2.0
// The files that the setuid lxcpp-user-nic reads: lxcpp-usernet, passwd and group, one behind the
// other.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "user_nic/request.h"
#include "user_nic/rules.h"

#include <algorithm>
#include <array>

namespace lxcpp::fuzz {
namespace {

using namespace user_nic;

// What a line gives is in the line: said again by words that stand alone.
void check_lines(std::string_view text, const Caller& caller) {
    std::vector<Allotment> expected;
    for (const std::string_view line : split_lines(text)) {
        for (const Allotment& one : allotments(line, caller, "br0")) expected.push_back(one);
    }
    const auto found = allotments(text, caller, "br0");
    FUZZ_CHECK_WITH(found == expected, text);
    for (const Allotment& one : found) {
        FUZZ_CHECK(one.most <= 1000000);
        const bool user = one.subject == "u1000";
        const bool group = one.subject == "g27" || one.subject == "g100";
        FUZZ_CHECK_WITH(user || group, one.subject);
        FUZZ_CHECK(text.find("veth") != text.npos && text.find("br0") != text.npos);
        if (group) FUZZ_CHECK(text.find('@') != text.npos);
    }
    // Who is nobody gets nothing by a name.
    for (const Allotment& one : allotments(text, {4294967294u, "", {}}, "br0"))
        FUZZ_CHECK_WITH(text.find("4294967294") != text.npos, one.subject);
}

void check_accounts(std::string_view text) {
    const std::string name = user_name(text, 1000);
    FUZZ_CHECK(name.find_first_of(":\n") == name.npos);
    FUZZ_CHECK(text.find(name) != text.npos);
    const std::array<gid_t, 3> gids{27, 100, 4294967295u};
    const auto groups = named_groups(text, gids);
    FUZZ_CHECK(groups.size() == gids.size());
    for (std::size_t i = 0; i < gids.size(); ++i) {
        FUZZ_CHECK(groups[i].gid == gids[i]);
        FUZZ_CHECK(groups[i].name ==
                   user_name(text, gids[i])); // the two files have these fields alike
    }
}

void check_request(std::string_view text) {
    const std::string copy(text);
    std::vector<std::string> words;
    for (const std::string_view word : split(std::string_view(copy), '\n'))
        words.emplace_back(word.substr(0, word.find('\0')));
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    try {
        const Request request = parse_request(pointers);
        for (const std::string* name : {&request.bridge, &request.name}) {
            FUZZ_CHECK(!name->empty() && name->size() <= 15);
            FUZZ_CHECK_WITH(name->find_first_of("/% \t\n:") == name->npos, *name);
        }
        FUZZ_CHECK(request.container.find_first_of("/ \n") == std::string::npos &&
                   request.index <= 9999);
        FUZZ_CHECK(request.address.find_first_not_of("0123456789.") == std::string::npos);
    } catch (const Misuse&) {
    }
}

} // namespace

void one_input(std::string_view bytes) {
    Bytes input(bytes);
    switch (input.byte()) {
    case 'r':
        return check_request(input.rest());
    case 'a':
        return check_accounts(input.rest());
    default:
        return check_lines(bytes, {1000, "anna", {{27, "sudo"}, {100, ""}}});
    }
}

std::vector<std::string> made_seeds() {
    return {};
}

} // namespace lxcpp::fuzz
