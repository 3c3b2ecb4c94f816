// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/build_namespace.h"

#include "base/paths.h"
#include "distrobuilder/build_ids.h"
#include "distrobuilder/place_mounts.h"
#include "host/id_map.h"
#include "host/own_ids.h"
#include "inventory/inventory.h"
#include "store/image_store.h"
#include "sys/cred.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/namespace.h"
#include "sys/working_directory.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <cstdlib>
#include <fmt/core.h>
#include <sched.h>
#include <unistd.h>

namespace lxcpp::distro {
namespace {

IdRange ids_of_root() {
    std::vector<IdRange> taken;
    if (const auto inventory = Inventory::open_read_only(default_paths().state / "inventory.db")) taken = inventory->all_ranges();
    return choose_build_ids(choose_range_pool(probe_id_sources(0)), taken);
}

Fd make_namespace(const IdRange& ids) {
    const std::string map = IdMap({{0, ids.first, ids.count}}).text();
    try {
        return sys::make_user_namespace(map, map);
    } catch (const SystemError& error) {
        if (error.code() != EPERM && error.code() != ENOSPC) throw;
        throw Error(fmt::format("{} (the root of a container has no ids for builds of its own; sysctl user.max_user_namespaces bounds how many "
                                "namespaces there are)", error.what()));
    }
}

BuildIdentity enter_as_root(const BuildPlaces& places) {
    const Fd ids = make_namespace(ids_of_root());
    sys::make_dirs(places.cache, 0700);
    if (!places.sources.empty()) sys::make_dirs(places.sources, 0700);
    sys::unshare_namespaces(CLONE_NEWNS);
    sys::make_mounts_private();
    const std::vector<PlaceMount> mounts = clone_places(places, ids);
    sys::enter_namespace(ids, CLONE_NEWUSER);
    sys::become_root_inside();
    // One that belongs to the user namespace, in which we may mount.
    sys::unshare_namespaces(CLONE_NEWNS);
    for (const PlaceMount& mount : mounts) attach_place(mount);
    return {0, 0};
}

// What a user has made is given to the builder's root as long as there is nothing in it.
void give_cache(const std::filesystem::path& cache, std::string_view option) {
    sys::make_dirs(cache, 0700);
    const auto info = sys::stat_path(cache, false);
    if (!info || info->st_uid != kOwnUserInside) return; // ImageCache looks at the rest
    if (!sys::list_dir(cache).empty()) {
        throw Error(fmt::format("{} is not empty, and what is in it is not the builder's: choose another {}", cache.string(), option));
    }
    sys::chown(cache, 0, 0);
}

BuildIdentity enter_as_user(const BuildPlaces& places) {
    const IdRange ids = own_ids_of(ImageStore::open(default_paths().cache).directory());
    enter_own_namespace(ids);
    if (!places.target.empty()) (void)sys::open_file(places.target, {.access = sys::Access::Path, .directory = true});
    give_cache(places.cache, "--cache-dir");
    if (!places.sources.empty()) give_cache(places.sources, "--sources-dir");
    sys::become_root_inside();
    return {kOwnUserInside, kOwnUserInside};
}

} // namespace

BuildIdentity enter_build_namespace(const BuildPlaces& given) {
    const std::filesystem::path here = std::filesystem::current_path();
    const sys::DeathSignal death_signal;
    BuildPlaces places = given;
    places.cache = here / given.cache;
    const BuildIdentity identity = ::geteuid() == 0 ? enter_as_root(places) : enter_as_user(places);
    death_signal.renew();
    // By its path, for it may be in one of the places now.
    if (sys::try_change_directory(here) < 0 && sys::try_change_directory("/") < 0) throw Error("there is no working directory");
    // Root's and our user's are not ours any more.
    ::setenv("LXCPP_CACHE_DIR", places.cache.c_str(), 1);
    return identity;
}

} // namespace lxcpp::distro
