// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/package_manifest.h"

#include "base/ascii.h"
#include "base/strings.h"
#include "distrobuilder/output_files.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr auto kName = "manifest.spdx.json";

// ID=debian, ID="opensuse-leap"
std::string distribution_of(const sys::RootedDir& root, const Recipe& recipe) {
    for (const char* place : {"etc/os-release", "usr/lib/os-release"}) {
        const std::string text = root.read_file(place, 64u << 10, sys::Links::InRoot).value_or("");
        for (std::string_view line : split_lines(text)) {
            if (!line.starts_with("ID=")) continue;
            line = trim(line.substr(3));
            if (line.size() > 1 && (line.front() == '"' || line.front() == '\'')) line = line.substr(1, line.size() - 2);
            return std::string(line);
        }
    }
    return ascii_lower(recipe.image.distribution); // as os-release would have it
}

// Nothing of the tree can bring these about.
bool is_of_the_machine(int error) noexcept {
    constexpr std::array kErrors{ENOMEM, EMFILE, ENFILE, ENOSPC, EDQUOT, EIO, EINTR, EAGAIN};
    return std::ranges::find(kErrors, error) != kErrors.end();
}

// A database that makes no sense is one that is not read; the others are. What a machine in need does not give would make
// a list that lacks packages look whole: that is an error.
template <typename Read>
void attempt(PackageList& list, std::string_view manager, const Read& read) {
    const std::size_t before = list.packages.size();
    try {
        read();
    } catch (const Error& error) {
        const auto* of_system = dynamic_cast<const SystemError*>(&error);
        if (of_system != nullptr && is_of_the_machine(of_system->code())) throw;
        list.packages.resize(before);
        list.notes.push_back(fmt::format("the packages of {} are not listed: {}", manager, error.what()));
    }
}

} // namespace

PackageList list_packages(const sys::RootedDir& root, const std::filesystem::path& scratch) {
    PackageList list;
    using List = void (*)(const sys::RootedDir&, PackageList&);
    for (const auto& [name, read] : {std::pair<std::string_view, List>("dpkg", list_dpkg), {"opkg", list_opkg}, {"apk", list_apk},
                                     {"pacman", list_pacman}, {"xbps", list_xbps}, {"portage", list_portage}})
        attempt(list, name, [&, read = read] { read(root, list); });
    attempt(list, "rpm", [&] { list_rpm(root, scratch, list); });
    std::erase_if(list.packages, [](const InstalledPackage& one) { return one.name.empty(); });
    std::sort(list.packages.begin(), list.packages.end());
    list.packages.erase(std::unique(list.packages.begin(), list.packages.end()), list.packages.end());
    return list;
}

void write_package_manifest(const OutputWork& work, OutputFiles& files) {
    const PackageList list = list_packages(work.root, files.path_of(""));
    for (const std::string& note : list.notes) work.progress.message(printable(note));
    files.add_text(kName, spdx_document({work.recipe.image, distribution_of(work.root, work.recipe), work.now}, list));
}

} // namespace lxcpp::distro
