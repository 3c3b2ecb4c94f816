// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container/impl.h"
#include "sys/signal.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lxcpp {

// One call of a template program: it sees the directory under construction at its final place, alone in
// the lxcpath, and works with the ids of the container.
struct TemplateRun {
    std::filesystem::path program;
    std::vector<std::string> arguments;
    std::vector<IdMapEntry> idmap; // empty: real root
    bool idmapped = false;         // container ids are disk ids through an idmapped mount
    bool own = false;              // ours: may use our cache
    bool brings_images = false;    // ours that do nothing but that
    bool as_user = false;          // idmap is inside of our own user namespace, and ids on the disk are those
    bool quiet = false;
    std::filesystem::path rootfs;  // --dir; empty = in the container's directory
    FdRef rootfs_fd;               // that directory
    std::filesystem::path image;   // that the arguments name, on this machine; empty = none
};

// An absolute path, ours in <data>/templates/lxcpp-NAME, or LXC's /usr/share/lxc/templates/lxc-NAME.
// Throws Error that lists what there is.
[[nodiscard]] std::filesystem::path find_template(const Paths& paths, const std::string& name);

// Runs it; Error when it failed or was interrupted (then nothing of it runs any more).
// signals: those that interrupt a create.
void run_template(const Container::Impl& impl, const std::filesystem::path& construction, const TemplateRun& run,
                  sys::SignalFd& signals);

} // namespace lxcpp
