// SPDX-License-Identifier: Apache-2.0
#include "user_nic/rules.h"

#include "base/strings.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace lxcpp::user_nic {
namespace {

constexpr std::uint64_t kMost = 1000000;

// A whole word: the name or, as in /etc/subuid, the number of an account.
bool is_called(std::string_view word, std::string_view name, std::uint32_t number) {
    return (!name.empty() && word == name) || word == std::to_string(number);
}

std::optional<std::string> subject_of(std::string_view word, const Caller& caller) {
    if (word.starts_with('@')) {
        word.remove_prefix(1);
        for (const Group& group : caller.groups) {
            if (is_called(word, group.name, group.gid)) return 'g' + std::to_string(group.gid);
        }
        return std::nullopt;
    }
    if (is_called(word, caller.name, caller.uid)) return 'u' + std::to_string(caller.uid);
    return std::nullopt;
}

struct Account {
    std::string_view name;
    std::uint64_t number = std::numeric_limits<std::uint64_t>::max();
};

// name:password:number:… of passwd(5) and group(5)
Account account_of(std::string_view line) {
    const auto fields = split(line, ':');
    if (fields.size() < 3 || fields[0].empty()) return {};
    const auto number = parse_u64(fields[2]);
    return number ? Account{fields[0], *number} : Account{};
}

} // namespace

std::vector<Allotment> allotments(std::string_view usernet, const Caller& caller,
                                  std::string_view bridge) {
    std::vector<Allotment> found;
    for (const std::string_view line : split_lines(usernet)) {
        const auto words = split_words(line);
        if (words.size() < 4 || words[0].starts_with('#')) continue;
        if (words[1] != "veth" || words[2] != bridge) continue;
        const auto count = parse_u64(trim(words[3]));
        if (!count) continue;
        if (auto subject = subject_of(words[0], caller))
            found.push_back({std::move(*subject), static_cast<unsigned>(std::min(*count, kMost))});
    }
    return found;
}

std::string user_name(std::string_view passwd, uid_t uid) {
    for (const std::string_view line : split_lines(passwd)) {
        const Account account = account_of(line);
        if (account.number == uid) return std::string(account.name);
    }
    return "";
}

std::vector<Group> named_groups(std::string_view group_file, std::span<const gid_t> groups) {
    std::vector<Group> named;
    for (const gid_t gid : groups) named.push_back({gid, ""});
    for (const std::string_view line : split_lines(group_file)) {
        const Account account = account_of(line);
        const auto group = std::ranges::find_if(
            named, [&](const Group& one) { return one.gid == account.number && one.name.empty(); });
        if (group != named.end()) group->name = account.name;
    }
    return named;
}

} // namespace lxcpp::user_nic
