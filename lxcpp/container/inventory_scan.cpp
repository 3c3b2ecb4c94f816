// SPDX-License-Identifier: Apache-2.0
#include "container/inventory_scan.h"

#include "base/strings.h"
#include "config/load.h"
#include "config/overlay_root.h"
#include "container/image_origin.h"
#include "container/impl.h"
#include "container/record.h"
#include "container/template_words.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"

#include <lxcpp/manager.h>

#include <fmt/core.h>

#include <algorithm>
#include <unistd.h>

namespace lxcpp {
namespace {

// Create writes these above the configuration.
constexpr std::string_view kTemplateLine = "# Template used to create this container: ";
constexpr std::string_view kUnverified = "--no-validate";
constexpr std::size_t kMaxConfig = 1u << 20;

void read_header(ContainerRecord& record, std::string_view text) {
    for (const std::string_view line : split_lines(text)) {
        if (!line.starts_with('#')) return;
        if (line.starts_with(kTemplateLine)) {
            const std::filesystem::path program = line.substr(kTemplateLine.size());
            record.origin = "template " + program.filename().string();
        } else if (line.starts_with(kTemplateWords)) {
            const auto words = split_words(line.substr(kTemplateWords.size()));
            record.verified = std::find(words.begin(), words.end(), kUnverified) == words.end();
        }
    }
}

void read_root(ContainerRecord& record, const Config& config) {
    const std::string path = own_root_directory(config.rootfs);
    if (!path.starts_with('/')) return;
    const auto info = sys::stat_path(path, false);
    if (!info) return;
    record.rootfs_device = info->st_dev;
    record.rootfs_inode = info->st_ino;
}

// What the root lies on is what the container needs, whatever its record says.
std::vector<std::string> trees_below(const OverlayRoot& overlay) {
    std::vector<std::string> trees;
    for (const std::filesystem::path lower : overlay.lowers) {
        if (is_fingerprint(lower.filename().string())) trees.push_back(lower.filename().string());
    }
    std::ranges::sort(trees);
    return trees;
}

ImageOrigin needs(std::vector<std::string> trees) {
    return {.fingerprint = {}, .source = {}, .signer = {}, .verification = {}, .trees = std::move(trees)};
}

// broken: not all of the configuration could be read, perhaps not what it says of the root.
void read_image(ContainerRecord& record, const sys::RootedDir& directory, const Config& config, bool broken) {
    const auto overlay = overlay_root(config.rootfs);
    const auto below = overlay ? trees_below(*overlay) : std::vector<std::string>();
    if (!below.empty()) record.image = needs(below);
    const auto text = directory.read_file(kImageFile, kMaxConfig);
    if (!text) return;
    record.image = image_origin(parse_image_record(*text, kImageFile), broken);
    if (overlay) record.image->trees = below;
    record.verified = record.image->verified;
    record.origin = image_origin_text(*record.image);
}

Config read_config(std::string_view text, const std::filesystem::path& file, const Paths& paths, std::vector<std::string>& problems) {
    std::vector<Problem> found;
    const LoadOptions options{.data_dir = paths.data, .validate = false};
    Config config = load_config_tolerant(text, file, options, found).config;
    for (const Problem& problem : found) {
        if (problem.severity == Severity::Error) problems.push_back(problem_line(problem));
    }
    return config;
}

ContainerRecord read_container(const sys::RootedDir& directory, ContainerKey key, const Paths& paths, Scan& scan) {
    ContainerRecord record;
    record.key = std::move(key);
    const auto text = directory.read_file("config", kMaxConfig);
    if (!text) return record;
    const auto file = std::filesystem::path(record.key.lxcpath) / record.key.name / "config";
    const std::size_t known_problems = scan.problems.size();
    const Config config = read_config(*text, file, paths, scan.problems);
    const bool broken = scan.problems.size() != known_problems;
    read_header(record, *text);
    read_root(record, config);
    record.privileged = config.idmap.empty();
    for (const IdMapEntry& entry : config.idmap) {
        if (::geteuid() != 0) break; // all containers of a user may have all ids of that user
        record.ranges.push_back({entry.hostid, entry.range});
    }
    record.ranges = join_ranges(std::move(record.ranges));
    try {
        read_image(record, directory, config, broken);
    } catch (const Error& error) { // the ids that it has count all the same
        scan.problems.push_back(fmt::format("{}: {}", file.parent_path().string(), error.what()));
        if (broken && !record.image) record.image = needs({std::string(kEveryTree)});
    }
    return record;
}

} // namespace

Scan scan_containers(const std::filesystem::path& lxcpath, const Paths& paths) {
    Scan scan;
    for (const std::string& name : Manager(lxcpath).names()) {
        const ContainerKey key{.lxcpath = lxcpath.string(), .name = name};
        try {
            const auto directory = sys::RootedDir::open(lxcpath / name);
            scan.containers.push_back(read_container(directory, key, paths, scan));
        } catch (const Error& error) { // it is there, whatever it is
            scan.containers.push_back({.key = key, .image = needs({std::string(kEveryTree)})});
            scan.problems.push_back(fmt::format("{}: {}", name, error.what()));
        }
    }
    return scan;
}

std::vector<std::string> lxcpaths_to_scan(const Inventory& inventory, const Paths& paths,
                                          const std::vector<std::string>& given) {
    std::vector<std::string> lxcpaths;
    const auto add = [&](const std::filesystem::path& path) {
        const std::string normal = normal_lxcpath(path, paths).string();
        const bool known = std::find(lxcpaths.begin(), lxcpaths.end(), normal) != lxcpaths.end();
        if (!known) lxcpaths.push_back(normal);
    };
    for (const std::string& path : given) add(path);
    if (!lxcpaths.empty()) return lxcpaths;
    add({});
    for (const ListedContainer& row : inventory.list()) add(row.container.key.lxcpath);
    return lxcpaths;
}

RebuildReport rebuild_inventory(Inventory& inventory, const Paths& paths,
                                const std::vector<std::string>& lxcpaths,
                                std::vector<std::string>& problems) {
    return inventory.rebuild(lxcpaths, [&] {
        problems.clear();
        std::vector<ContainerRecord> containers;
        for (const std::string& lxcpath : lxcpaths) {
            Scan scan = scan_containers(lxcpath, paths);
            std::move(scan.containers.begin(), scan.containers.end(),
                      std::back_inserter(containers));
            std::move(scan.problems.begin(), scan.problems.end(), std::back_inserter(problems));
        }
        return containers;
    });
}

Inventory open_complete_inventory(const Paths& paths, const std::filesystem::path& lxcpath) {
    const auto open = [&] {
        try {
            return Inventory::open(inventory_file(paths));
        } catch (const InventoryError& error) {
            if (error.problem() != InventoryProblem::Corrupt) throw;
        }
        return Inventory::open(inventory_file(paths)); // the damaged one was moved aside
    };
    Inventory inventory = open();
    if (inventory.complete()) return inventory;
    std::vector<std::string> lxcpaths = lxcpaths_to_scan(inventory, paths);
    const std::string own = normal_lxcpath(lxcpath, paths).string();
    if (std::find(lxcpaths.begin(), lxcpaths.end(), own) == lxcpaths.end()) lxcpaths.push_back(own);
    std::vector<std::string> problems; // of containers that are none of the caller's business
    rebuild_inventory(inventory, paths, lxcpaths, problems);
    return inventory;
}

} // namespace lxcpp
