// SPDX-License-Identifier: Apache-2.0
#include "start/user_nic.h"

#include "base/error.h"
#include "base/strings.h"
#include "host/own_ids.h"
#include "host/subid.h"
#include "start/outside.h"
#include "sys/file.h"
#include "sys/own_file.h"
#include "sys/pidfd.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <sys/socket.h>

namespace lxcpp {
namespace {

constexpr const char* kNote = "user-nics";
constexpr const char* kUsernet = "/etc/lxcpp/lxcpp-usernet";
constexpr const char* kNoBridge = "none";
constexpr std::size_t kLargestNote = 1 << 16;
constexpr int kNotPermitted = 3;

std::string or_dash(const std::string& text) {
    return text.empty() ? "-" : text;
}
std::string from_dash(std::string_view text) {
    return text == "-" ? "" : std::string(text);
}

// HOST INDEX MAC IPV4 GATEWAY IPV6 GATEWAY, as lxcpp-user-nic prints it.
std::optional<UserNic> parse_made(std::string_view line) {
    const auto words = split_words(line);
    if (words.size() != 7) return std::nullopt;
    const auto index = parse_u64(words[1]);
    if (!index || *index == 0 || *index > 0x7fffffff) return std::nullopt;
    UserNic made{.peer = std::string(words[0]), .index = static_cast<int>(*index)};
    if (words[2] != "-") {
        made.managed = PortAddresses{.mac = std::string(words[2]),
                                     .ipv4 = from_dash(words[3]),
                                     .ipv4_gateway = from_dash(words[4]),
                                     .ipv6 = from_dash(words[5]),
                                     .ipv6_gateway = from_dash(words[6])};
    }
    return made;
}

std::vector<UserNic> load_notes(const std::filesystem::path& runtime) {
    std::vector<UserNic> notes;
    const std::string text =
        sys::read_own_file_if_exists(runtime / kNote, kLargestNote).value_or("");
    for (const std::string_view line : split_lines(text)) {
        if (auto nic = parse_user_nic(line)) notes.push_back(std::move(*nic));
    }
    return notes;
}

void note(const std::filesystem::path& runtime, const UserNic& made) {
    std::vector<UserNic> all = load_notes(runtime);
    std::erase_if(all, [&](const UserNic& old) { return old.nic == made.nic; });
    all.push_back(made);
    std::string text;
    for (const UserNic& nic : all) text += print_user_nic(nic) + '\n';
    sys::write_file_atomic(runtime / kNote, text, 0600);
}

std::string bare(const std::string& address) {
    return address.substr(0, address.find('/'));
}

std::vector<std::string> words_for(const NicPlan& nic, const UserNicWish& wish) {
    std::vector<std::string> words{(wish.paths.libexec / "lxcpp-user-nic").string(),
                                   "create",
                                   nic.link.empty() ? kNoBridge : nic.link,
                                   nic.name,
                                   wish.container,
                                   std::to_string(nic.index)};
    const auto ipv4 = std::ranges::find(nic.addresses, AF_INET, &NicAddress::family);
    if (ipv4 != nic.addresses.end()) words.push_back(ipv4->address);
    return words;
}

UserNicAnswer ask_for(const NicPlan& nic, const UserNicWish& wish) {
    const auto pidfd = sys::open_pidfd(wish.init);
    if (!pidfd) throw Error("the container's first process died during set-up");
    const std::array<FdRef, 2> fds{*pidfd, wish.work.network_namespace};
    const std::vector<std::string> words = words_for(nic, wish);
    if (!sys::exists(words.front())) return {.why = words.front() + " is not there"};
    const OutsideResult result = run_outside(wish.outside, words, fds);
    const std::string said = printable(trim(result.output));
    if (result.code == kNotPermitted) return {.why = said};
    auto made = parse_made(result.output);
    if (result.code != 0 || !made)
        refuse(nic, "link",
               said.empty() ? fmt::format("lxcpp-user-nic ended with {}", result.code) : said);
    made->nic = nic.index;
    made->bridge = nic.link;
    return {.made = std::move(made)};
}

// The end inside is in the namespace of the last run, under whatever name the container has given
// it.
std::optional<UserNic> take_along(const NicPlan& nic, const UserNicWish& wish) {
    const std::vector<UserNic> notes = load_notes(wish.runtime);
    const auto old = std::ranges::find(notes, nic.index, &UserNic::nic);
    if (old == notes.end() || old->bridge != nic.link || !wish.old_network.valid())
        return std::nullopt;
    const auto port = sys::find_link(wish.work.host, old->index);
    if (!port || port->name != old->peer || port->kind != "veth") return std::nullopt;
    sys::Netlink before = sys::Netlink::fetched_from(wish.old_network);
    const auto end = sys::find_link(before, port->parent);
    if (!end || end->kind != "veth" || end->parent != old->index) return std::nullopt;
    sys::change_link(before, *end, {.up = false});
    sys::move_link(before, *end, wish.work.network_namespace, {.name = nic.name});
    if (old->managed)
        sys::change_link(wish.work.inside, link_inside(nic, wish.work.inside),
                         {.mac = old->managed->mac});
    return *old;
}

// On the managed bridge what others than these send is thrown away.
void check_managed(const NicPlan& nic, const PortAddresses& managed) {
    for (const NicAddress& one : nic.addresses) {
        const bool ipv4 = one.family == AF_INET;
        const std::string given = bare(ipv4 ? managed.ipv4 : managed.ipv6);
        if (one.address == given) continue;
        refuse(
            nic, ipv4 ? "ipv4.address" : "ipv6.address",
            fmt::format("{} is not this container's on the bridge {}: {}", one.address, nic.link,
                        given.empty() ? "it gives none" : "a user's container has one, " + given));
    }
    const bool any = nic.hwaddr.empty() || nic.hwaddr.find_first_of("xX") != nic.hwaddr.npos;
    if (!any && nic.hwaddr != managed.mac)
        refuse(
            nic, "hwaddr",
            fmt::format(
                "on the bridge {} a user's container has the hardware address that it is given, {}",
                nic.link, managed.mac));
}

void check_it_is_ours(const NicPlan& nic, const UserNic& made, const UserNicWish& wish) {
    const sys::NetLink inside = link_inside(nic, wish.work.inside);
    if (inside.kind != "veth" || inside.parent != made.index)
        throw Error(fmt::format("{} is not the other end of {}", printable(nic.name),
                                printable(made.peer)));
}

} // namespace

std::string print_user_nic(const UserNic& nic) {
    const PortAddresses managed = nic.managed.value_or(PortAddresses());
    return fmt::format("{} {} {} {} {} {} {} {} {}", nic.nic, or_dash(nic.bridge), nic.peer,
                       nic.index, or_dash(managed.mac), or_dash(managed.ipv4),
                       or_dash(managed.ipv4_gateway), or_dash(managed.ipv6),
                       or_dash(managed.ipv6_gateway));
}

std::optional<UserNic> parse_user_nic(std::string_view line) {
    const auto words = split_words(line);
    const auto number = words.size() == 9 ? parse_u64(words[0]) : std::nullopt;
    if (!number || *number > 0xffffffffu) return std::nullopt;
    auto nic = parse_made(line.substr(static_cast<std::size_t>(words[2].data() - line.data())));
    if (!nic) return std::nullopt;
    nic->nic = static_cast<unsigned>(*number);
    nic->bridge = from_dash(words[1]);
    return nic;
}

UserNicAnswer ask_user_nic(const NicPlan& nic, const UserNicWish& wish) {
    UserNicAnswer answer;
    if (wish.outside.valid())
        answer = ask_for(nic, wish);
    else
        answer.made = take_along(nic, wish);
    if (!answer.made) {
        if (answer.why.empty())
            answer.why = "a container that reboots keeps its interface, and this one is not there "
                         "any more: stop it and start it again";
        return answer;
    }
    check_it_is_ours(nic, *answer.made, wish);
    if (answer.made->managed) check_managed(nic, *answer.made->managed);
    note(wish.runtime, *answer.made);
    return answer;
}

std::string how_root_allows(const NicPlan& nic) {
    const std::string user = printable(probe_id_sources(our_uid_outside()).user);
    return fmt::format("root lets {} have interfaces on {} by a line in {}: {} veth {} 10", user,
                       nic.link.empty() ? "no bridge" : nic.link, kUsernet, user,
                       nic.link.empty() ? kNoBridge : nic.link);
}

} // namespace lxcpp
