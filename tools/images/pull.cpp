// SPDX-License-Identifier: Apache-2.0
#include "common/harmless.h"
#include "common/say.h"
#include "images/mend.h"
#include "images/store.h"

#include "base/error.h"
#include "base/strings.h"
#include "image/http.h"
#include "image/image_server.h"
#include "image/oci_alias.h"
#include "image/oci_image.h"
#include "sys/namespace.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fmt/core.h>
#include <sched.h>
#include <string_view>

// pull, refresh: images from where others keep them.
namespace lxcpp::tools::images {
namespace {

constexpr std::array<std::string_view, 6> kOciSources{"docker://", "docker:", "oci:", "oci-archive:", "docker-archive:", "dir:"};

constexpr std::string_view kTemplate = "download";

bool is_oci(std::string_view source) {
    return std::ranges::any_of(kOciSources, [&](std::string_view prefix) { return source.starts_with(prefix); });
}

// What fetching needs, open for the length of one command.
struct Fetching {
    // Before the store is opened: a user has another number from then on, and files of credentials go by it.
    image::OciRegistryOptions registry = image::default_registry_options(default_paths().config);
    OpenStore open = open_store();
    image::HttpClient http;
};

// "images:debian/12", "download:debian/12", "debian/12".
image::ServerImageRequest server_request(const Options& options, const std::string& source) {
    auto name = image::split_server_image_name(source);
    if (name.server == kTemplate) name.server.clear(); // it takes its images from the usual server
    if (!options.server.empty() && !name.server.empty()) throw Error("--server and a server before the name: give one of them");
    const std::string server = !options.server.empty() ? options.server : name.server.empty() ? std::string(image::kDefaultImageServer) : name.server;
    if (name.image.empty()) throw Error(printable(source) + ": names no image, e.g. images:debian/12");
    image::ServerImageRequest request;
    request.access.server = image::ImageServers::load(default_paths()).find(server);
    request.access.validate = !options.no_validate;
    request.access.flush_cache = true;
    request.name = name.image;
    return request;
}

template <typename Fetch>
ImageRecord whole(const Fetching& fetching, image::ProgressSink& progress, const Fetch& fetch) {
    return mended(fetching.open, fetch(), progress, fetch);
}

ImageRecord fetch_oci(Fetching& fetching, const image::OciReference& reference, image::ProgressSink& progress) {
    sys::unshare_namespaces(CLONE_NEWNS); // layers are stacked by mounts that nobody else sees
    return image::fetch_oci_image({.reference = reference, .registry = fetching.registry}, fetching.open.store, fetching.open.trees, fetching.http, progress);
}

// A path is remembered as one that means the same from everywhere.
image::OciReference oci_reference(const std::string& source) {
    auto reference = image::parse_oci_reference(source);
    if (!reference.path.empty()) reference.path = std::filesystem::absolute(reference.path).lexically_normal().string();
    return reference;
}

void set_aliases(const Cli& cli, const ImageStore& store, const ImageRecord& record, std::vector<std::string> aliases, const std::string& otherwise) {
    if (aliases.empty() && is_image_alias(otherwise)) aliases.push_back(otherwise);
    give_aliases(cli, store, record, aliases);
    if (!cli.quiet()) say("{}: {}\n", image_label(record), aliases.empty() ? "has no alias: 'lxcpp-image alias set' gives it one" : "is " + join(aliases, ", "));
    fmt::print("{}\n", record.fingerprint);
}

// "ubuntu:22.04" is an image called 22.04 of a server called ubuntu, which docker's users do not mean.
ImageRecord fetch_from_server(const image::ServerImageRequest& request, const std::string& source, Fetching& fetching, image::ProgressSink& progress) {
    try {
        return image::fetch_server_image(request, fetching.open.store, fetching.open.trees, fetching.http, progress);
    } catch (const SystemError&) {
        throw;
    } catch (const Error& error) {
        const std::string server = image::split_server_image_name(source).server;
        const auto known = image::ImageServers::load(default_paths()).all();
        const bool guessed = !server.empty() && server != kTemplate && server.find_first_of(".:") == server.npos && std::ranges::find(known, server, &image::ImageServer::name) == known.end();
        if (!guessed) throw;
        throw Error(fmt::format("{}; there is no server {} in image-servers.conf: an OCI image is docker://{}", error.what(), printable(server), printable(source)));
    }
}

int pull(const Cli& cli, const Options& options, std::span<const std::string> words) {
    if (words.size() != 1) throw Error("pull: give one source, e.g. images:debian/12");
    check_aliases(options.aliases);
    const auto progress = progress_of(cli);
    if (is_oci(words[0])) {
        if (!options.server.empty() || options.no_validate) throw Error("--server and --no-validate are for image servers");
        const auto reference = oci_reference(words[0]);
        Fetching fetching;
        const ImageRecord record = whole(fetching, *progress, [&] { return fetch_oci(fetching, reference, *progress); });
        set_aliases(cli, fetching.open.store, record, options.aliases, image::alias_of(reference));
        return 0;
    }
    const auto request = server_request(options, words[0]);
    Fetching fetching;
    const ImageRecord record = whole(fetching, *progress, [&] { return fetch_from_server(request, words[0], fetching, *progress); });
    set_aliases(cli, fetching.open.store, record, options.aliases, request.name);
    return 0;
}

void move_aliases(const ImageStore& store, const std::string& from, const std::string& to) {
    for (const auto& [alias, fingerprint] : store.aliases()) {
        if (fingerprint == from) store.set_alias(alias, to);
    }
}

// The newest build of what the image is; itself when there is none that is newer.
ImageRecord newest(const ImageRecord& record, Fetching& fetching, image::ProgressSink& progress) {
    if (is_oci(record.refresh)) return fetch_oci(fetching, image::parse_oci_reference(record.refresh), progress);
    auto request = image::refresh_request(record, image::ImageServers::load(default_paths()));
    request.access.flush_cache = true;
    return image::fetch_server_image(request, fetching.open.store, fetching.open.trees, fetching.http, progress);
}

void refresh_one(const Cli& cli, const ImageRecord& record, Fetching& fetching, image::ProgressSink& progress) {
    const ImageRecord fresh = newest(record, fetching, progress);
    if (fresh.fingerprint == record.fingerprint) {
        if (!cli.quiet()) fmt::print("{}: is the newest\n", image_label(record));
        return;
    }
    move_aliases(fetching.open.store, record.fingerprint, fresh.fingerprint);
    if (!cli.quiet()) fmt::print("{}: is now {}\n", image_label(record), image_label(fresh));
}

// Of several builds of one image only the one that has the aliases, or the newest.
bool is_superseded(const std::vector<StoredImage>& images, const StoredImage& image) {
    if (!image.aliases.empty()) return false;
    for (const StoredImage& other : images) {
        const bool same = other.record.refresh == image.record.refresh && other.record.source == image.record.source;
        if (same && other.record.fingerprint != image.record.fingerprint && (!other.aliases.empty() || other.record.added > image.record.added)) return true;
    }
    return false;
}

std::vector<ImageRecord> refreshable(const ImageStore& store) {
    const std::vector<StoredImage> images = store.list();
    std::vector<ImageRecord> chosen;
    for (const StoredImage& image : images) {
        if (!image.record.refresh.empty() && !is_superseded(images, image)) chosen.push_back(image.record);
    }
    return chosen;
}

int refresh(const Cli& cli, const Options& options, std::span<const std::string> words) {
    Fetching fetching;
    const auto progress = progress_of(cli);
    const bool all = options.all && words.empty();
    int code = 0;
    for (const ImageRecord& record : all ? refreshable(fetching.open.store) : chosen_images(fetching.open.store, words, options.all)) {
        try {
            with_context(image_label(record), [&] { refresh_one(cli, record, fetching, *progress); });
        } catch (const Error& error) { // the others may still be had
            if (words.size() == 1) throw;
            if (!cli.quiet()) say("lxcpp-image: {}\n", harmless(error.what()));
            code = 1;
        }
    }
    return code;
}

void add_pull_options(Cli& cli, Options& options) {
    add_alias_option(cli, options);
    cli.option("--server", options.server, "the image server: a name of image-servers.conf, a host or a URL");
    cli.flag("--no-validate", options.no_validate, "do not look at signatures; the image is recorded as not verified");
}

void add_refresh_options(Cli& cli, Options& options) { cli.flag("--all", options.all, "all"); }

} // namespace

const Verb kPull{"pull", "SOURCE [--alias=ALIAS]...", "fetch an image without making a container", add_pull_options, pull};
const Verb kRefresh{"refresh", "IMAGE... | --all", "fetch newer builds from where images came from", add_refresh_options, refresh};

} // namespace lxcpp::tools::images
