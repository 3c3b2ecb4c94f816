// SPDX-License-Identifier: Apache-2.0
#include "debian/run.h"

#include "base/strings.h"
#include "debian/architecture.h"
#include "debian/archive.h"
#include "debian/guest.h"
#include "debian/keys.h"
#include "debian/sources.h"
#include "debian/template_config.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <ctime>
#include <fmt/core.h>
#include <utility>

namespace lxcpp::debian {
namespace {

constexpr std::string_view kGuestKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
constexpr std::string_view kGuestOwnKeyring = "/etc/apt/keyrings/archive.gpg";

Mirror choose_mirror(const Options& options) {
    Mirror mirror{std::string(kDefaultMirror), std::string(kDefaultSecurityMirror), false};
    if (options.mirror) {
        mirror = parse_mirror(*options.mirror);
        // The usual place beside a mirror of the whole archive.
        if (mirror.url.ends_with("/debian")) mirror.security = mirror.url + "-security";
    } else if (auto host = host_mirror()) {
        mirror = std::move(*host);
    }
    if (options.security_mirror) mirror.security = *options.security_mirror;
    return mirror;
}

void refuse_architecture(const Options& options, const std::filesystem::path& scratch) {
    if (can_run(options.architecture, scratch)) return;
    throw Error(fmt::format(
        "--arch {}: this {} machine cannot run programs of that architecture, and the packages' "
        "scripts have to be run; with the package qemu-user-static it can",
        options.architecture, native_architecture()));
}

std::vector<std::filesystem::path> choose_keyrings(const Options& options, const Paths& paths, const Keys& keys) {
    auto result = options.keyring ? std::vector{*options.keyring} : host_keyrings(paths);
    if (keys.auth_key && keys.auth_kind == KeyKind::OpenPgp) result.push_back(*options.auth_key);
    return result;
}

std::vector<std::string> wanted_components(const Options& options) {
    if (!options.non_free) return {"main"};
    std::vector<std::string> result{"main", "contrib", "non-free"};
    if (options.release != "bullseye" && options.release != "oldoldstable") {
        result.emplace_back("non-free-firmware");
    }
    return result;
}

SuiteRequest main_request(const Options& options, const Paths& paths, const Mirror& mirror, const Keys& keys) {
    return {.mirror = mirror.url,
            .release = {.suite = options.release,
                        .architecture = options.architecture,
                        .components = wanted_components(options),
                        .now = std::time(nullptr),
                        .allow_expired = true}, // see accept_expired()
            .keyrings = choose_keyrings(options, paths, keys),
            .allow_rollback = options.allow_rollback};
}

// An expired index is refused, unless the user accepts it, or it is from the host's own mirror and
// its apt would take it too. True when there was one: then apt in the container has to accept it, too.
bool accept_expired(const Options& options, const Mirror& mirror, const std::vector<Suite>& suites,
                    image::ProgressSink& progress) {
    const std::time_t now = std::time(nullptr);
    bool expired = false;
    for (const Suite& suite : suites) {
        const auto& until = suite.release.valid_until;
        if (!until || *until >= now) continue;
        const bool by_host = !options.allow_expired && mirror.from_host && host_accepts_expired();
        if (!options.allow_expired && !by_host) {
            refuse_expired(suite.release, fmt::format("{}/dists/{}/InRelease", suite.mirror, suite.name));
        }
        expired = true;
        progress.message(fmt::format("warning: the index of {} expired on {}; it is accepted, also by apt in the "
                                     "container, because {}",
                                     suite.release.codename, format_release_date(*until),
                                     by_host ? "this host's apt is told to (Acquire::Check-Valid-Until)"
                                             : "of --allow-expired"));
    }
    return expired;
}

// The release, and where they exist its updates and security updates.
std::vector<Suite> fetch_suites(SuiteRequest request, const Mirror& mirror, Archive& archive) {
    std::vector<Suite> suites{*archive.fetch_suites({&request, 1}).front()};
    if (suites.front().release.suite == "unstable") return suites; // it is its own update
    const std::string codename = suites.front().release.codename;
    request.optional = true;
    request.release.suite = codename + "-updates";
    std::vector<SuiteRequest> further{request};
    if (mirror.security) {
        request.mirror = *mirror.security;
        request.release.suite = codename + "-security";
        further.push_back(request);
    }
    for (auto& suite : archive.fetch_suites(further)) {
        if (suite) suites.push_back(std::move(*suite));
    }
    return suites;
}

GuestSources guest_sources(const Options& options, const std::vector<Suite>& suites, bool expired) {
    const Suite& release = suites.front();
    GuestSources sources;
    sources.mirror = release.mirror;
    sources.codename = release.release.codename;
    sources.components = wanted_components(options);
    sources.allow_expired = expired;
    sources.signed_by = options.keyring ? kGuestOwnKeyring : kGuestKeyring;
    for (const Suite& suite : suites) {
        if (suite.name.ends_with("-updates")) sources.updates = true;
        if (suite.name.ends_with("-security")) sources.security = suite.mirror;
    }
    const bool debian = release.release.origin == "Debian" && release.release.suite != "unstable";
    if (debian && !sources.security) sources.security = kDefaultSecurityMirror;
    return sources;
}

} // namespace

void run_template(const Options& options, const Paths& paths, const RunContained& run,
                  image::ProgressSink& progress) {
    const Mirror mirror = choose_mirror(options);
    const Keys keys = read_keys(options);
    auto cache = image::ImageCache::open(paths.cache);
    cache.remove_leftovers();
    const sys::TempDir temp(cache.scratch(), "debian-");
    const auto log = temp.path() / "log";
    refuse_architecture(options, temp.path());
    image::HttpClient http;
    Archive archive(http, cache, progress);

    const auto suites = fetch_suites(main_request(options, paths, mirror, keys), mirror, archive);
    const bool expired = accept_expired(options, mirror, suites, progress);
    provide_base({.suites = suites,
                  .architecture = options.architecture,
                  .components = wanted_components(options),
                  .variant = options.variant,
                  .packages = options.packages,
                  .rebuild = options.flush_cache},
                 archive, cache, options.rootfs, run, progress, log);
    const auto root = sys::RootedDir::open(options.rootfs);
    personalize(root, {.name = options.name,
                       .sources = guest_sources(options, suites, expired),
                       .keyring = keys.keyring,
                       .auth_key = keys.auth_key,
                       .auth_kind = keys.auth_kind});
    make_ssh_keys(options.rootfs, root, run, log);
    extend_config(sys::RootedDir::open(options.path), {.name = options.name,
                                                       .architecture = options.architecture,
                                                       .config_dir = paths.data / "config",
                                                       .mapped = options.mapped});
    progress.message(fmt::format("Debian {} ({}) is ready. root has no password: enter with lxcpp-attach -n {}",
                                 suites.front().release.codename, options.architecture, options.name));
}

} // namespace lxcpp::debian
