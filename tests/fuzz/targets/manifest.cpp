// SPDX-License-Identifier: Apache-2.0
// The databases of package managers in an image, and the list of packages (SPDX) that is made of them: whatever they say,
// it is a document whose parts refer to each other rightly.
#include "fuzz/fuzz.h"

#include "distrobuilder/package_manifest.h"
#include "sys/temp_dir.h"

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

namespace lxcpp::fuzz {
namespace {

using namespace lxcpp::distro;
namespace fs = std::filesystem;

// Which file an input is, by its first byte.
const char* place_of(std::uint8_t choice) {
    switch (choice) {
    case 'a': return "usr/lib/apk/db/installed";
    case 'o': return "usr/lib/opkg/status";
    case 'p': return "var/lib/pacman/local/package-1/desc";
    case 'x': return "var/db/xbps/pkgdb-0.38.plist";
    case 'g': return "var/db/pkg/category/package-1.0/LICENSE";
    case 's': return "var/lib/rpm/rpmdb.sqlite";
    default: return "var/lib/dpkg/status";
    }
}

void check_document(const PackageList& list) {
    const ImageSection image{.distribution = "debian", .release = "sid"};
    const auto document = nlohmann::json::parse(spdx_document({image, "debian", 1'767'225'600}, list));
    FUZZ_CHECK(document["packages"].size() == list.packages.size() + 1);
    std::set<std::string> ids;
    for (const auto& package : document["packages"]) {
        const auto id = package["SPDXID"].get<std::string>();
        FUZZ_CHECK_WITH(ids.insert(id).second, id);
        FUZZ_CHECK_WITH(id.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") == id.npos, id);
        FUZZ_CHECK(!package["name"].get<std::string>().empty());
    }
    for (const auto& relation : document["relationships"])
        FUZZ_CHECK(ids.contains(relation["relatedSpdxElement"].get<std::string>()));
}

void check_header(std::string_view blob) {
    const auto package = accepted([&] { return parse_rpm_header(blob); });
    if (!package) return;
    FUZZ_CHECK(package->name.size() < blob.size() || blob.empty());
    if (!package->name.empty()) check_document({{*package}, {}});
}

} // namespace

void one_input(std::string_view bytes) {
    Bytes input(bytes);
    const std::uint8_t choice = input.byte();
    if (choice == 'r') return check_header(input.rest());
    static const sys::TempDir directory("/tmp", "lxcpp-fuzz-");
    const fs::path tree = directory.path() / "tree";
    const fs::path file = tree / place_of(choice);
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << input.rest();
    const PackageList list = list_packages(sys::RootedDir::open(tree), directory.path());
    check_document(list);
    fs::remove(file);
    fs::remove(file.parent_path()); // a package of pacman and portage is a directory
}

std::vector<std::string> made_seeds() {
    const auto number = [](std::uint32_t value) {
        return std::string{static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8), static_cast<char>(value)};
    };
    std::string entries = number(1003) + number(4) + number(0) + number(1); // the epoch
    std::string data = number(1);
    for (const auto& [tag, text] : {std::pair(1000u, "bash"), {1001u, "5.2"}, {1002u, "3.fc40"}, {1014u, "GPL-3.0-or-later"}, {1044u, "bash-5.2-3.src.rpm"}}) {
        entries += number(tag) + number(6) + number(static_cast<std::uint32_t>(data.size())) + number(1);
        data += text + std::string(1, '\0');
    }
    return {"r" + number(static_cast<std::uint32_t>(entries.size() / 16)) + number(static_cast<std::uint32_t>(data.size())) + entries + data};
}

} // namespace lxcpp::fuzz
