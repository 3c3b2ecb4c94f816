// SPDX-License-Identifier: Apache-2.0
#include "debian/base_system.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "debian/dependency_graph.h"
#include "debian/guest.h"
#include "debian/install.h"
#include "debian/resolver.h"
#include "image/tree_copy.h"
#include "image/tree_sums.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fmt/core.h>

namespace lxcpp::debian {
namespace {

using namespace std::chrono_literals;

constexpr int kFormat = 5; // raise when the same packages would give another tree
constexpr auto kBuildTimeout = 30min;

// An init, its bus, logins that pam_systemd knows of, and the means to look at the network and to
// get further packages. The tree has a merged /usr from the start: the package that says so spares the
// one that would merge it, and perl. Names that a release does not have are left out.
constexpr std::array<std::string_view, 12> kBootable{
    "init",     "systemd-sysv", "dbus",         "libpam-systemd", "apt",            "ca-certificates",
    "iproute2", "iputils-ping", "netbase",      "procps",         "debian-archive-keyring",
    "usr-is-merged"};

std::vector<const Package*> wanted_packages(const PackageIndex& index, Variant variant,
                                            const std::vector<std::string>& further) {
    auto wanted = index.essential();
    const auto lowest = variant == Variant::Minbase    ? Priority::Required
                        : variant == Variant::Standard ? Priority::Standard
                                                       : Priority::Important;
    const auto by_priority = index.with_priority(lowest);
    wanted.insert(wanted.end(), by_priority.begin(), by_priority.end());
    for (const std::string_view name : kBootable) {
        if (const Package* package = index.newest(name)) wanted.push_back(package);
    }
    // Without ifupdown it is systemd that sets the network up, and names are looked up by this.
    const Package* resolver = variant == Variant::Minbase ? index.newest("systemd-resolved") : nullptr;
    if (resolver != nullptr) wanted.push_back(resolver);
    const auto chosen = find_wanted(index, further);
    wanted.insert(wanted.end(), chosen.begin(), chosen.end());
    return wanted;
}

// Trees of the same kind are of no use once a newer one is there; one that is being copied stays for
// the next time.
void remove_older(const image::ImageCache& cache, const std::string& name) {
    const auto kind = name.substr(0, name.rfind('-') + 1);
    for (const image::CacheEntry& entry : cache.list()) {
        const bool same_kind = entry.kind == image::CacheKind::Tree && entry.name.starts_with(kind);
        if (same_kind && entry.name != name) (void)cache.remove_tree(entry.name);
    }
}

image::PendingTree begin_tree(const image::ImageCache& cache, const std::string& name,
                              image::ProgressSink& progress) {
    try {
        return cache.begin_tree(name, 0ms);
    } catch (const StateError&) {
        progress.message(fmt::format("Waiting for another create, which is building {}", name));
        return cache.begin_tree(name, kBuildTimeout);
    }
}

void build_tree(const BaseRequest& request, Archive& archive,
                const std::filesystem::path& rootfs, const RunContained& run,
                image::ProgressSink& progress, const std::filesystem::path& log) {
    const PackageIndex packages =
        archive.fetch_packages(request.suites, request.architecture, request.components);
    const Selection selection = select_packages(packages, request.variant, request.packages);
    archive.fetch_debs(request.suites, selection.packages);
    install_packages({.rootfs = rootfs,
                      .architecture = request.architecture,
                      .packages = selection.packages,
                      .core_count = selection.core_count,
                      .log = log},
                     archive.deb_opener(), run, progress);
    finish_base(sys::RootedDir::open(rootfs));
}

// Copies the finished tree; when that is not what was stored, target is empty again and the first path
// that differs is returned.
std::optional<std::string> copy_base(const image::ImageCache& cache, const std::string& name,
                                     const sys::RootedDir& target, image::ProgressSink& progress) {
    const auto tree = cache.use_tree(name);
    if (!tree) throw Error(fmt::format("the base tree {} vanished from the cache", name));
    const auto copied = image::copy_tree(sys::RootedDir::open(tree->path()), target, progress);
    if (copied.sums == tree->sums()) return std::nullopt;
    target.remove_tree("", true);
    return image::first_difference(tree->sums(), copied.sums);
}

} // namespace

std::string_view variant_name(Variant variant) noexcept {
    switch (variant) {
    case Variant::Default: return "default";
    case Variant::Minbase: return "minbase";
    case Variant::Standard: return "standard";
    }
    return "";
}

Selection select_packages(const PackageIndex& index, Variant variant, const std::vector<std::string>& further) {
    return select_with_dependencies(index, wanted_packages(index, variant, further));
}

Selection select_with_dependencies(const PackageIndex& index, std::span<const Package* const> wanted) {
    const auto members = resolve(index, wanted);
    Numbers core;
    for (std::size_t number = 0; number < members.size(); ++number) {
        if (members[number]->essential || members[number]->priority == Priority::Required) core.push_back(number);
    }
    core = closure(make_graph(members), core);
    Selection selection;
    selection.core_count = core.size();
    for (const std::size_t number : core) selection.packages.push_back(members[number]);
    for (std::size_t number = 0; number < members.size(); ++number) {
        if (!std::binary_search(core.begin(), core.end(), number)) selection.packages.push_back(members[number]);
    }
    return selection;
}

std::string base_tree_name(const BaseRequest& request) {
    auto packages = request.packages;
    std::sort(packages.begin(), packages.end());
    const auto kind = sha256_hex(fmt::format("{} {} {} {}", LXCPP_VERSION, kFormat, join(packages, ","),
                                             join(request.components, ",")));
    std::string state;
    for (const Suite& suite : request.suites) state += suite.digest;
    return fmt::format("debian-{}-{}-{}-{:.8}-{:.16}", request.suites.front().release.codename,
                       request.architecture, variant_name(request.variant), kind, sha256_hex(state));
}

void provide_base(const BaseRequest& request, Archive& archive,
                  const image::ImageCache& cache, const std::filesystem::path& rootfs,
                  const RunContained& run, image::ProgressSink& progress,
                  const std::filesystem::path& log) {
    const std::string name = base_tree_name(request);
    const auto target = sys::RootedDir::open(rootfs);
    // False when somebody else built it while we waited. The copy for this container tells what the
    // tree holds, at no further cost.
    const auto build = [&](bool again) {
        auto pending = begin_tree(cache, name, progress);
        if (!again && cache.use_tree(name)) return false;
        build_tree(request, archive, pending.path(), run, progress, log);
        const auto copied = image::copy_tree(sys::RootedDir::open(pending.path()), target, progress);
        (void)pending.publish(copied.sums);
        remove_older(cache, name);
        return true;
    };
    if ((request.rebuild || !cache.use_tree(name)) && build(request.rebuild)) return;
    const auto damage = copy_base(cache, name, target, progress);
    if (!damage) return;
    progress.message(fmt::format("warning: the cached base {} is damaged: {} is not what was stored; it is built "
                                 "anew", name, *damage));
    (void)build(true);
}

} // namespace lxcpp::debian
