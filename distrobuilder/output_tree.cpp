// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/output_tree.h"

#include "distrobuilder/output_compression.h"

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

void add_devices(const sys::RootedDir& directory, const std::string& path, std::vector<std::string>& devices) {
    for (const sys::DirEntry& entry : directory.list()) {
        const auto info = directory.stat(entry.name);
        if (!info) continue;
        const std::string name = path + "/" + entry.name;
        if (S_ISDIR(info->st_mode)) add_devices(directory.sub_dir(entry.name), name, devices);
        if (S_ISCHR(info->st_mode) || S_ISBLK(info->st_mode)) devices.push_back(name);
    }
}

} // namespace

std::vector<std::string> tree_devices(const sys::RootedDir& root) {
    std::vector<std::string> devices;
    const auto info = root.stat("dev");
    if (info && S_ISDIR(info->st_mode)) add_devices(root.sub_dir("dev"), "./dev", devices);
    std::sort(devices.begin(), devices.end());
    return devices;
}

image::PackOptions tree_options(const OutputWork& work) {
    image::PackOptions pack{.newest = work.now, .devices = true};
    set_compression(pack, work.options.compression);
    return pack;
}

image::Packed pack_root(OutputFiles& files, const std::string& name, const OutputWork& work, const image::PackOptions& pack) {
    return files.add(name, [&](FdRef to) {
        image::Packed packed = image::pack_tree(work.root, to, pack, work.progress);
        if (packed.changed != 0)
            work.progress.message(fmt::format("{}: {} files became shorter while they were read", name, packed.changed));
        return packed;
    });
}

} // namespace lxcpp::distro
