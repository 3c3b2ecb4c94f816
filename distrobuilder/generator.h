// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/image_files.h"
#include "distrobuilder/recipe.h"
#include "sys/rooted_dir.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lxcpp::distro {

enum class Output { Directory, Lxc, Incus, Oci };

// For whom files are generated. A tree that is packed later gets only what is the same for all: dump, copy, remove.
struct GeneratorTarget {
    Output output = Output::Directory;
    TargetType type = TargetType::Container;
    std::string filesystem; // of a virtual machine: ext4 or btrfs
};

// Does what one entry of "files" says, on a root file system that nobody runs: all paths are taken within it, links
// in it as if it were "/". What the image's metadata has to say is added to files. sources is where relative paths of
// copy begin. Throws Error or SystemError naming the generator and the path.
void run_generator(const FileEntry& entry, const GeneratorTarget& target, const sys::RootedDir& root,
                   const std::filesystem::path& sources, ImageFiles& files);

// The files and directories that an entry of copy names; a pattern may be the last part of its source. Throws Error when
// there is none.
[[nodiscard]] std::vector<std::filesystem::path> copied_paths(const FileEntry& entry, const std::filesystem::path& sources);

// One generator, for those that implement it.
struct GeneratorCall {
    const FileEntry& entry;
    const GeneratorTarget& target;
    const sys::RootedDir& root;
    const std::filesystem::path& sources;
    ImageFiles& files;
};
void generate_dump(const GeneratorCall& call);
void generate_copy(const GeneratorCall& call);
void generate_remove(const GeneratorCall& call);
void generate_hostname(const GeneratorCall& call);
void generate_hosts(const GeneratorCall& call);
void generate_template(const GeneratorCall& call);
void generate_cloud_init(const GeneratorCall& call);
void generate_fstab(const GeneratorCall& call);
void generate_incus_agent(const GeneratorCall& call);

} // namespace lxcpp::distro
