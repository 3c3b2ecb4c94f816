// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/id_maps.h"

#include "host/own_ids.h"
#include "start/unshared.h"

#include <optional>
#include <unistd.h>

using namespace lxcpp;

namespace {

struct Options {
    std::vector<std::string> maps;
    bool map_self = false;
    std::optional<std::uint32_t> uid;
    std::optional<std::uint32_t> gid;
};

[[noreturn]] void run(const Options& options, const std::vector<std::string>& words) {
    tools::MapWish wish = tools::parse_maps(options.maps);
    if (options.maps.empty()) wish = tools::first_ranges(probe_id_sources(::geteuid()));
    if (options.map_self) tools::add_self(wish, ::geteuid(), ::getegid());
    const IdMap uids(wish.uids);
    const IdMap gids(wish.gids);
    const Fd user_namespace = make_mapped_namespace(uids, gids);
    const std::vector<std::string> shell{"/bin/sh"};
    exec_in_namespace(user_namespace, options.uid.value_or(0), options.gid.value_or(0), words.empty() ? shell : words);
}

} // namespace

int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-usernsexec", "run a command as root of a new user namespace with subordinate ids",
                   "[-m [u|g|b:]INSIDE:HOST:COUNT]... [-s] [-u UID] [-g GID] [-- COMMAND]", tools::Cli::Name::None);
    Options options;
    cli.option("-m,--map", options.maps, "ids to map: of users (u), groups (g) or both (b, default); may be repeated. "
                                         "Without any, the first ranges of /etc/subuid and /etc/subgid from 0 on");
    cli.flag("-s,--map-self", options.map_self, "map the caller's own ids onto themselves, too");
    cli.option("-u,--uid", options.uid, "user id inside (default 0)");
    cli.option("-g,--gid", options.gid, "group id inside (default 0)");
    return tools::run_tool(cli, argc, argv, [&](tools::Cli& parsed) -> int { run(options, parsed.words()); });
}
