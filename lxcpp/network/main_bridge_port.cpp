// SPDX-License-Identifier: Apache-2.0
// lxcpp-bridge-port: what lxcpp-user-nic, which is setuid and small, runs as root for a place on
// the managed bridge:
//   attach BRIDGE UID CONTAINER INDEX ADDRESS|- PORT SUBJECT MOST [USER]
// Prints what the interface inside must have. 0 = done, 3 = no bridge that lxcpp-net manages, 1 =
// failed.
#include "network/user_port.h"

#include "base/strings.h"
#include "sys/cred.h"

#include <lxcpp/error.h>

#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <unistd.h>

using namespace lxcpp;

namespace {

constexpr int kFailed = 1;
constexpr int kUnmanaged = 3;

unsigned number(const char* text) {
    const auto value = parse_u64(text);
    if (!value || *value > 0xffffffffu) throw Error("a number is wrong");
    return static_cast<unsigned>(*value);
}

UserPortRequest request_of(std::span<const char* const> words) {
    if (words.size() < 9 || words.size() > 10 || std::string_view(words[0]) != "attach")
        throw Error("lxcpp-user-nic runs it");
    UserPortRequest request;
    request.bridge = words[1];
    request.uid = number(words[2]);
    request.container = words[3];
    request.nic = number(words[4]);
    if (std::string_view(words[5]) != "-") request.ipv4 = words[5];
    request.port = words[6];
    request.charged = words[7];
    request.most = number(words[8]);
    if (words.size() == 10) request.user = words[9];
    return request;
}

const char* or_none(const std::string& text) {
    return text.empty() ? "-" : text.c_str();
}

int run(std::span<const char* const> words) {
    if (::getuid() != 0 || ::geteuid() != 0) throw Error("only root can run it");
    const sys::ScopedUmask readable(022); // dnsmasq is another user, who reads some of the files
    const auto got = attach_user_port(default_paths(), request_of(words));
    if (!got) return kUnmanaged;
    (void)std::printf("%s %s %s %s %s\n", got->mac.c_str(), or_none(got->ipv4),
                      or_none(got->ipv4_gateway), or_none(got->ipv6), or_none(got->ipv6_gateway));
    return std::fflush(stdout) == 0 ? 0 : kFailed;
}

} // namespace

int main(int argc, char** argv) {
    try {
        return run({argv + (argc > 0 ? 1 : 0), argv + (argc > 0 ? argc : 0)});
    } catch (const std::exception& error) {
        (void)std::fprintf(stderr, "%s\n", error.what());
        return kFailed;
    }
}
