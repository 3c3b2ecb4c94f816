// SPDX-License-Identifier: Apache-2.0
#include "storage/copy.h"

#include "sys/own_namespace.h"

namespace lxcpp {

sys::Child copy_tree(FdRef from, FdRef to, const CopyWish& wish) {
    constexpr int kFrom = 3; // lxcpp-copy-tree's
    constexpr int kTo = 4;
    sys::SpawnOptions options;
    options.argv = {(wish.libexec / "lxcpp-copy-tree").string(), "--phase=" + wish.phase,
                    "--uid-shift=" + std::to_string(wish.uid_shift), "--gid-shift=" + std::to_string(wish.gid_shift)};
    if (wish.quiet) options.argv.emplace_back("--quiet");
    options.extra_fds = {{from, kFrom}, {to, kTo}};
    options.new_process_group = true; // a signal from the terminal is for us to answer
    options.die_with_parent = true;
    options.keep_rights = sys::in_own_namespace(); // it gives files away, as we do
    return sys::spawn(options);
}

} // namespace lxcpp
