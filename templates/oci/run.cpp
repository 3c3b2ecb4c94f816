// SPDX-License-Identifier: Apache-2.0
#include "oci/run.h"

#include "base/strings.h"
#include "image/http.h"
#include "image/oci_image.h"
#include "sys/namespace.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fmt/core.h>
#include <sched.h>

namespace lxcpp::oci {
namespace {

constexpr auto kPasswordVariable = "LXCPP_REGISTRY_PASSWORD";

image::OciRegistryOptions registry_options(const Options& options, const Paths& paths) {
    auto registry = image::default_registry_options(paths.config);
    if (!options.user) return registry;
    registry.user = options.user;
    const char* word = std::getenv(kPasswordVariable);
    if (options.password) registry.password = *options.password;
    else if (word != nullptr) registry.password = word;
    else throw Error(fmt::format("--username without --password: set {} in the environment", kPasswordVariable));
    return registry;
}

// Runs body; what it may not read gets an explanation, if it is because of who we are.
template <typename Body>
ImageRecord explained(const Options& options, Body&& body) {
    try {
        return body();
    } catch (const SystemError& error) {
        if (error.code() != EACCES || !options.mapped) throw;
        throw Error(fmt::format("{}; the template is root of the container only: let everybody read it, or bring the image "
                                "into the store with lxcpp-image pull", error.what()));
    }
}

} // namespace

void run_template(const Options& options, const Paths& paths, image::ProgressSink& progress) {
    // Overlays are mounted in a namespace that the container's root owns; nobody else gets to see them.
    sys::unshare_namespaces(CLONE_NEWNS);
    const auto store = ImageStore::open(paths.cache);
    auto trees = image::ImageCache::open(store.directory());
    trees.remove_leftovers();
    image::HttpClient http({.retries = 4, .first_backoff = std::chrono::seconds(1)});
    const image::OciImageRequest request{.reference = options.reference,
                                         .image_at = options.image_at,
                                         .platform = options.platform,
                                         .registry = registry_options(options, paths),
                                         .keep_downloads = !options.no_cache};
    const ImageRecord record = explained(options, [&] { return image::fetch_oci_image(request, store, trees, http, progress); });
    sys::RootedDir::open(options.path).write_file("image", record.fingerprint + "\n", 0644);
    progress.message(fmt::format("{} is ready ({})", printable(options.reference.text()), short_fingerprint(record.fingerprint)));
}

} // namespace lxcpp::oci
