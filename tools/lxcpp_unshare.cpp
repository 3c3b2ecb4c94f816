// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/namespace_words.h"

#include "base/strings.h"
#include "start/unshared.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <limits>
#include <sched.h>

using namespace lxcpp;

namespace {

// A number, or a name of passwd(5); the name service is the affair of whoever wrote that file.
uid_t parse_user(const std::string& text) {
    if (const auto number = parse_u64(text); number && *number < std::numeric_limits<uid_t>::max()) return static_cast<uid_t>(*number);
    const std::string passwd = sys::read_file_if_exists("/etc/passwd").value_or("");
    for (const std::string_view line : split_lines(passwd)) {
        const auto fields = split(line, ':');
        if (fields.size() < 3 || fields[0] != text) continue;
        if (const auto number = parse_u64(fields[2])) return static_cast<uid_t>(*number);
    }
    throw Error(fmt::format("-u {}: neither a number nor a user of /etc/passwd", printable(text)));
}

void check(const Unshared& wish) {
    const auto needs = [&wish](bool asked, std::uint64_t flag, std::string_view what) {
        if (asked && (wish.namespaces & flag) == 0) throw Error(std::string(what));
    };
    if (wish.namespaces == 0) throw Error("-s is missing: at least one namespace to run the command in");
    if (wish.command.empty()) throw Error("no command to run in the namespaces");
    needs(!wish.hostname.empty(), CLONE_NEWUTS, "-H needs UTSNAME among the namespaces (-s)");
    needs(!wish.interfaces.empty(), CLONE_NEWNET, "-i needs NETWORK among the namespaces (-s)");
    needs(wish.remount, CLONE_NEWNS, "-M needs MOUNT among the namespaces (-s)");
}

} // namespace

int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-unshare", "run a command in new namespaces", "-s NAMESPACES [OPTION...] [--] COMMAND", tools::Cli::Name::None);
    Unshared wish;
    std::string namespaces;
    std::string user;
    bool daemon = false;
    cli.option("-s,--namespaces", namespaces, "new ones: MOUNT|PID|UTSNAME|IPC|USER|NETWORK|CGROUP|TIME");
    cli.option("-u,--user", user, "user that the command becomes; with USER, what the caller is called inside");
    cli.option("-H,--hostname", wish.hostname, "host name inside; needs UTSNAME");
    cli.option("-i,--ifname", wish.interfaces, "network interface that goes along; needs NETWORK; may be repeated");
    cli.flag("-d,--daemon", daemon, "do not wait for the command's end");
    cli.flag("-M,--remount", wish.remount, "fresh /proc, /dev/shm and /dev/mqueue; needs MOUNT");
    return tools::run_tool(cli, argc, argv, [&](tools::Cli& parsed) {
        if (!namespaces.empty()) wish.namespaces = tools::parse_namespaces(namespaces);
        if (!user.empty()) wish.uid = parse_user(user);
        wish.wait = !daemon;
        wish.command = parsed.words();
        check(wish);
        return run_unshared(wish);
    });
}
