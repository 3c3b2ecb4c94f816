// SPDX-License-Identifier: Apache-2.0
// fstab and incus-agent: for virtual machines.
#include "distrobuilder/generator.h"
#include "distrobuilder/tree_files.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::distro {

void generate_fstab(const GeneratorCall& call) {
    if (call.target.output != Output::Incus) throw Error("only images for Incus have one; give the entry types: [vm]");
    const bool btrfs = call.target.filesystem == "btrfs";
    write_file(call.root, "/etc/fstab",
               fmt::format("LABEL=rootfs / {}\nLABEL=UEFI /boot/efi vfat defaults 0 0\n", btrfs ? "btrfs defaults,subvol=@ 0 0" : "ext4 defaults 0 0"));
}

void generate_incus_agent(const GeneratorCall&) {
    throw Error("the agent runs in virtual machines, of which no images are built here; give the entry types: [vm]");
}

} // namespace lxcpp::distro
