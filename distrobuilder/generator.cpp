// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/generator.h"

#include "base/error.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

struct GeneratorRow {
    std::string_view name;
    void (*run)(const GeneratorCall&);
    bool for_all = false; // the same whatever the tree becomes
};

constexpr std::array kGenerators{
    GeneratorRow{"cloud-init", generate_cloud_init}, GeneratorRow{"copy", generate_copy, true},
    GeneratorRow{"dump", generate_dump, true},       GeneratorRow{"fstab", generate_fstab},
    GeneratorRow{"hostname", generate_hostname},     GeneratorRow{"hosts", generate_hosts},
    GeneratorRow{"incus-agent", generate_incus_agent}, GeneratorRow{"remove", generate_remove, true},
    GeneratorRow{"template", generate_template},
};

} // namespace

void run_generator(const FileEntry& entry, const GeneratorTarget& target, const sys::RootedDir& root,
                   const std::filesystem::path& sources, ImageFiles& files) {
    const auto row = std::ranges::find(kGenerators, entry.generator, &GeneratorRow::name);
    if (row == kGenerators.end()) throw Error(fmt::format("there is no generator {}", printable(entry.generator)));
    if (target.output == Output::Directory && !row->for_all) return;
    const std::string what = entry.path.empty() ? entry.generator : fmt::format("{} {}", entry.generator, printable(entry.path));
    with_context(what, [&] { row->run({entry, target, root, sources, files}); });
}

} // namespace lxcpp::distro
