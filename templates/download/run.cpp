// SPDX-License-Identifier: Apache-2.0
#include "download/run.h"

#include "base/error.h"
#include "base/strings.h"
#include "image/architecture.h"
#include "image/cache.h"
#include "image/image_server.h"
#include "store/image_store.h"
#include "sys/file.h"
#include "sys/host.h"
#include "sys/rooted_dir.h"

#include <cerrno>
#include <fmt/core.h>

namespace lxcpp::download {
namespace {

constexpr std::string_view kImageFile = "image";

// A key that the container's ids may not read must not count as none.
template <typename Body>
auto with_readable_keys(bool mapped, Body&& body) {
    try {
        return body();
    } catch (const SystemError& error) {
        if (error.code() != EACCES || !mapped) throw;
        throw Error(fmt::format("{}: the template works with the container's ids and may not read it: make the file, and the "
                                "directories above it, readable for all",
                                error.what()));
    }
}

image::ImageServer server_of(const Options& options, const Paths& paths) {
    const auto servers = image::ImageServers::load(paths);
    auto server = servers.find(options.server.empty() ? image::kDefaultImageServer : options.server);
    if (options.keyring) {
        server.keyrings = {*options.keyring};
        server.fingerprints.clear();
    }
    if (options.validate)
        for (const auto& keyring : server.keyrings) (void)sys::open_file(keyring);
    return server;
}

image::ServerAccess access_of(const Options& options, const Paths& paths) {
    image::ServerAccess access;
    access.server = with_readable_keys(options.mapped, [&] { return server_of(options, paths); });
    access.unprivileged = options.mapped;
    access.validate = options.validate;
    access.flush_cache = options.flush_cache;
    access.allow_rollback = options.allow_rollback;
    return access;
}

std::string native_architecture() {
    return image::debian_architecture(sys::system_name().machine);
}

// The words that are there whatever the user says.
void fill_in(image::OfferRequest& wanted) {
    if (wanted.architecture.empty()) wanted.architecture = native_architecture();
    if (wanted.variant.empty()) wanted.variant = image::kDefaultVariant;
}

bool lacks_words(const image::OfferRequest& wanted) {
    return wanted.distribution.empty() || wanted.release.empty();
}

[[noreturn]] void refuse_missing(const image::OfferRequest& wanted) {
    const bool both = wanted.distribution.empty() && wanted.release.empty();
    throw Error(fmt::format("{} missing: say which image (-d alpine -r edge, or debian/12); --list shows what there is",
                            both ? "--dist and --release are" : wanted.release.empty() ? "--release is" : "--dist is"));
}

// Asks on a terminal for what is missing there.
void complete(image::ServerImageRequest& request, const image::ImageCache& cache, image::HttpClient& http,
              image::ProgressSink& progress, const Ask& ask) {
    if (lacks_words(request.wanted)) {
        if (!ask) refuse_missing(request.wanted);
        const auto index = image::read_server_index(request.access, cache, http, progress);
        request.access.flush_cache = false; // just asked
        request.wanted = ask_for_missing(index.offers, request.wanted, native_architecture(), ask);
    }
    fill_in(request.wanted);
}

} // namespace

std::string list_images(const Options& options, const Paths& paths, image::HttpClient& http, image::ProgressSink& progress) {
    const auto cache = image::ImageCache::open(paths.cache / "images");
    const auto access = access_of(options, paths);
    const auto index = image::read_server_index(access, cache, http, progress);
    auto wanted = options.wanted;
    if (!options.image.empty()) {
        const auto meant = image::request_of_alias(index.offers, options.image, native_architecture());
        wanted = meant ? *meant : image::parse_image_name(options.image, native_architecture());
    }
    return format_listing(index.offers, wanted);
}

void run_template(const Options& options, const Paths& paths, image::HttpClient& http, image::ProgressSink& progress,
                  const Ask& ask) {
    image::ServerImageRequest request{.access = access_of(options, paths), .name = options.image, .wanted = options.wanted,
                                      .force_cache = options.force_cache};
    const auto store = ImageStore::open(paths.cache);
    auto cache = image::ImageCache::open(store.directory());
    cache.remove_leftovers();
    if (request.name.empty()) complete(request, cache, http, progress, ask);
    const auto record = image::fetch_server_image(request, store, cache, http, progress);
    sys::RootedDir::open(options.path).write_file(kImageFile, record.fingerprint + '\n', 0644);
}

} // namespace lxcpp::download
