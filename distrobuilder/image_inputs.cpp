// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/image_inputs.h"

#include "base/sha256.h"
#include "distrobuilder/build_steps.h"
#include "distrobuilder/recipe_resolve.h"
#include "distrobuilder/step_cache.h"
#include "image/digest.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <sys/stat.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;

// Names, kinds, modes and contents below a path, in order.
void add_tree(Sha256& hash, const fs::path& path, const std::string& name) {
    const auto found = sys::stat_path(path, false);
    hash.update(fmt::format("{}:{}{:o}", name.size(), name, found ? found->st_mode : 0));
    if (!found) return;
    if (S_ISLNK(found->st_mode)) hash.update(sys::read_link(path).value_or(""));
    if (S_ISREG(found->st_mode)) hash.update(image::sha256_of(sys::open_file(path, {.follow = false}), path.string()));
    if (!S_ISDIR(found->st_mode)) return;
    std::vector<std::string> names = sys::list_dir(path);
    std::ranges::sort(names);
    for (const std::string& entry : names) add_tree(hash, path / entry, name + "/" + entry);
}

std::string copied(const FileEntry& entry, const fs::path& directory) {
    Sha256 hash;
    try {
        for (const fs::path& path : copied_paths(entry, directory)) add_tree(hash, path, path.filename().string());
    } catch (const Error&) {
        return new_instance(); // the generator has told why; what it has copied till then is not found again
    }
    return hash.finish_hex();
}

} // namespace

std::string image_key(std::string_view before, const Recipe& recipe, Output output, const fs::path& directory) {
    Recipe part; // what decides the files
    part.files = recipe.files;
    part.build.skip_systemd_generator = recipe.build.skip_systemd_generator;
    std::vector<std::string> texts{"files", std::to_string(static_cast<int>(output)), recipe_yaml(part)};
    for (const FileEntry& entry : recipe.files)
        if (entry.generator == "copy") texts.push_back(copied(entry, directory));
    return next_key(before, texts);
}

} // namespace lxcpp::distro
