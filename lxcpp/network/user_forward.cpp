// SPDX-License-Identifier: Apache-2.0
#include "network/user_forward.h"

#include "base/strings.h"
#include "config/published_port.h"
#include "sys/stream_request.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <limits>

namespace lxcpp {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr const char* kAllAddresses = "0.0.0.0";

// The value of "name" in an object without objects in it; a text without its quotes.
std::string_view value_of(std::string_view object, std::string_view name) {
    const std::string quoted = fmt::format("\"{}\"", name);
    const auto at = object.find(quoted);
    if (at == object.npos) return {};
    std::string_view rest = object.substr(at + quoted.size());
    const auto colon = rest.find(':');
    if (colon == rest.npos) return {};
    rest = trim(rest.substr(colon + 1));
    if (rest.starts_with('"')) {
        rest.remove_prefix(1);
        return rest.substr(0, rest.find('"'));
    }
    return trim(rest.substr(0, rest.find_first_of(",}")));
}

[[noreturn]] void refuse_answer(std::string_view answer) {
    throw Error("slirp4netns answers what cannot be understood: " +
                printable(answer.substr(0, 200)));
}

std::uint64_t number_of(std::string_view object, std::string_view name, std::uint64_t most) {
    const auto number = parse_u64(value_of(object, name));
    if (!number || *number > most) refuse_answer(object);
    return *number;
}

UserForward parse_forward(std::string_view object) {
    constexpr std::uint64_t most_id = std::numeric_limits<int>::max();
    UserForward result{.id = static_cast<int>(number_of(object, "id", most_id))};
    result.port.listen = value_of(object, "host_addr");
    if (is_any_address(result.port.listen)) result.port.listen.clear();
    result.port.host_port = static_cast<std::uint16_t>(number_of(object, "host_port", 65535));
    result.port.port = static_cast<std::uint16_t>(number_of(object, "guest_port", 65535));
    result.port.udp = value_of(object, "proto").starts_with("udp");
    return result;
}

std::optional<std::string> ask(const std::filesystem::path& socket, const std::string& request) {
    return sys::stream_request(socket, request, kPatience);
}

std::string require(std::optional<std::string> answer) {
    if (!answer) throw Error("slirp4netns does not listen for requests");
    return std::move(*answer);
}

} // namespace

std::string add_request(const PublishedPort& port, const std::string& guest) {
    return fmt::format(
        R"({{"execute": "add_hostfwd", "arguments": {{"proto": "{}", "host_addr": "{}", )"
        R"("host_port": {}, "guest_addr": "{}", "guest_port": {}}}}})",
        port.udp ? "udp" : "tcp", port.listen.empty() ? kAllAddresses : port.listen, port.host_port,
        guest, port.port);
}

std::string remove_request(int id) {
    return fmt::format(R"({{"execute": "remove_hostfwd", "arguments": {{"id": {}}}}})", id);
}

void check_answer(std::string_view answer, const std::string& what) {
    if (answer.find("\"error\"") != answer.npos)
        throw Error(fmt::format("{}: slirp4netns: {}", what, printable(value_of(answer, "desc"))));
    if (answer.find("\"return\"") == answer.npos) refuse_answer(answer);
}

// {"entries": […]}, in "return" of which the manual speaks or, as it is, without it.
std::vector<UserForward> parse_forwards(std::string_view answer) {
    if (answer.find("\"error\"") != answer.npos) check_answer(answer, "list the published ports");
    const auto list = answer.find('[');
    if (answer.find("\"entries\"") == answer.npos || list == answer.npos) refuse_answer(answer);
    std::vector<UserForward> result;
    std::string_view rest = answer.substr(list);
    for (auto begin = rest.find('{'); begin != rest.npos; begin = rest.find('{')) {
        const auto end = rest.find('}', begin);
        if (end == rest.npos) refuse_answer(answer);
        result.push_back(parse_forward(rest.substr(begin, end - begin + 1)));
        rest.remove_prefix(end + 1);
    }
    return result;
}

std::optional<std::vector<UserForward>> user_forwards(const std::filesystem::path& socket) {
    const auto answer = ask(socket, R"({"execute": "list_hostfwd"})");
    if (!answer) return std::nullopt;
    return parse_forwards(*answer);
}

void add_user_forward(const std::filesystem::path& socket, const PublishedPort& port,
                      const std::string& guest) {
    check_answer(require(ask(socket, add_request(port, guest))),
                 "publish " + published_port_text(port));
}

void remove_user_forward(const std::filesystem::path& socket, int id) {
    check_answer(require(ask(socket, remove_request(id))), "publish a port no more");
}

bool change_user_forwards(const std::filesystem::path& socket,
                          const std::vector<PublishedPort>& wanted, const std::string& guest) {
    const auto before = user_forwards(socket);
    if (!before) return false;
    std::vector<PublishedPort> missing = wanted;
    std::vector<int> gone;
    for (const UserForward& one : *before) {
        if (std::ranges::find(wanted, one.port) == wanted.end())
            gone.push_back(one.id);
        else
            std::erase(missing, one.port);
    }
    std::vector<PublishedPort> added;
    try {
        for (const PublishedPort& port : missing) {
            add_user_forward(socket, port, guest);
            added.push_back(port);
        }
    } catch (const Error&) {
        const auto now = user_forwards(socket).value_or(std::vector<UserForward>());
        for (const UserForward& one : now) {
            if (std::ranges::find(added, one.port) != added.end())
                remove_user_forward(socket, one.id);
        }
        throw;
    }
    for (const int id : gone) remove_user_forward(socket, id);
    return true;
}

} // namespace lxcpp
