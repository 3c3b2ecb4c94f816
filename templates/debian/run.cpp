// SPDX-License-Identifier: Apache-2.0
#include "debian/run.h"

#include "base/strings.h"
#include "debian/archive.h"
#include "debian/guest.h"
#include "debian/sources.h"
#include "debian/template_config.h"
#include "sys/file.h"
#include "sys/spawn.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <chrono>
#include <ctime>
#include <fmt/core.h>
#include <utility>

namespace lxcpp::debian {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kKeyringName = "debian-archive-keyring";
constexpr std::string_view kGuestKeyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
constexpr std::string_view kGuestOwnKeyring = "/etc/apt/keyrings/archive.gpg";
constexpr std::string_view kAptConfig = "/usr/bin/apt-config";
constexpr std::size_t kMaxKeyFile = 1u << 20;

Mirror choose_mirror(const Options& options) {
    Mirror mirror{std::string(kDefaultMirror), std::string(kDefaultSecurityMirror), false};
    if (options.mirror) {
        mirror = parse_mirror(*options.mirror);
    } else if (auto host = host_mirror()) {
        mirror = std::move(*host);
    }
    if (options.security_mirror) mirror.security = *options.security_mirror;
    return mirror;
}

// The host's Debian keys if it has them, and ours: either may know newer keys than the other.
std::vector<std::filesystem::path> choose_keyrings(const Options& options, const Paths& paths) {
    if (options.keyring) {
        if (!sys::exists(*options.keyring)) {
            throw Error(fmt::format("--keyring {}: no such file", options.keyring->string()));
        }
        return {*options.keyring};
    }
    std::vector<std::filesystem::path> result;
    const auto add = [&](const std::filesystem::path& directory, std::string_view suffix) {
        auto file = directory / fmt::format("{}{}", kKeyringName, suffix);
        if (sys::exists(file)) result.push_back(std::move(file));
    };
    add("/usr/share/keyrings", ".pgp");
    if (result.empty()) add("/usr/share/keyrings", ".gpg");
    add(paths.data / "config/keyrings", ".gpg");
    if (result.empty()) {
        throw Error("there are no keys to verify Debian's archive with: install debian-archive-keyring, "
                    "or give --keyring FILE");
    }
    return result;
}

// Whether the administrator told the host's apt to accept expired indexes of its mirrors, as is done
// where the mirror is a frozen copy.
bool host_accepts_expired() {
    if (!sys::exists(kAptConfig)) return false;
    const auto result = sys::run_and_capture(
        {.argv = {std::string(kAptConfig), "dump", "--format", "%v%n", "Acquire::Check-Valid-Until"}}, 10s);
    const auto value = trim(result.output);
    return value == "false" || value == "no" || value == "0" || value == "off";
}

std::vector<std::string> wanted_components(const Options& options) {
    if (!options.non_free) return {"main"};
    std::vector<std::string> result{"main", "contrib", "non-free"};
    if (options.release != "bullseye" && options.release != "oldoldstable") {
        result.emplace_back("non-free-firmware");
    }
    return result;
}

BaseRequest make_request(const Options& options, const Paths& paths, const Mirror& mirror) {
    BaseRequest request;
    request.archive.mirror = mirror.url;
    request.archive.release = {.suite = options.release,
                               .architecture = options.architecture,
                               .components = wanted_components(options),
                               .now = std::time(nullptr),
                               .allow_expired = options.allow_expired};
    request.archive.keyrings = choose_keyrings(options, paths);
    request.archive.allow_rollback = options.allow_rollback;
    request.variant = options.variant;
    request.packages = options.packages;
    request.rebuild = options.flush_cache;
    return request;
}

// An expired index is refused, unless it is the host's own mirror and its apt would take it too.
SignedIndex fetch_index(Archive& archive, BaseRequest& request, const Mirror& mirror,
                        image::ProgressSink& progress) {
    const bool ask_host = mirror.from_host && !request.archive.release.allow_expired;
    if (ask_host) request.archive.release.allow_expired = host_accepts_expired();
    SignedIndex index = archive.fetch_index(request.archive);
    const auto& until = index.release.valid_until;
    if (until && *until < request.archive.release.now) {
        progress.message(fmt::format("warning: the index of {} expired on {}; it is accepted because {}",
                                     index.release.codename, format_release_date(*until),
                                     ask_host ? "this host's apt is told to (Acquire::Check-Valid-Until)"
                                              : "of --allow-expired"));
    }
    return index;
}

bool has_suite(image::HttpClient& http, const std::string& mirror, const std::string& suite,
               image::ProgressSink& progress) {
    const auto url = fmt::format("{}/dists/{}/InRelease", mirror, suite);
    return http.fetch({.url = url, .max_bytes = 16u << 20, .missing_ok = true}, progress).found;
}

GuestSources guest_sources(const Options& options, const Mirror& mirror, const SignedIndex& index,
                           image::HttpClient& http, image::ProgressSink& progress) {
    GuestSources sources;
    sources.mirror = mirror.url;
    sources.codename = index.release.codename;
    sources.components = wanted_components(options);
    sources.signed_by = options.keyring ? kGuestOwnKeyring : kGuestKeyring;
    if (index.release.suite == "unstable") return sources; // it has neither
    sources.updates = has_suite(http, mirror.url, sources.codename + "-updates", progress);
    if (mirror.security) {
        sources.security = mirror.security;
    } else if (index.release.origin == "Debian") {
        sources.security = kDefaultSecurityMirror;
    }
    return sources;
}

std::optional<std::string> read_key(const std::optional<std::filesystem::path>& file) {
    if (!file) return std::nullopt;
    return sys::read_file(*file, kMaxKeyFile);
}

} // namespace

void run_template(const Options& options, const Paths& paths, const RunContained& run,
                  image::ProgressSink& progress) {
    const Mirror mirror = choose_mirror(options);
    BaseRequest request = make_request(options, paths, mirror);
    const auto cache = image::ImageCache::open(paths.cache);
    const sys::TempDir temp(cache.directory(), "debian-log-");
    const auto log = temp.path() / "log";
    image::HttpClient http;
    Archive archive(http, cache, progress);

    const SignedIndex index = fetch_index(archive, request, mirror, progress);
    const GuestSources sources = guest_sources(options, mirror, index, http, progress);
    provide_base(request, index, archive, cache, options.rootfs, run, progress, log);
    const auto root = sys::RootedDir::open(options.rootfs);
    personalize(root, {.name = options.name,
                       .sources = sources,
                       .keyring = read_key(options.keyring),
                       .auth_key = read_key(options.auth_key)});
    make_ssh_keys(options.rootfs, root, run, log);
    extend_config(sys::RootedDir::open(options.path), {.name = options.name,
                                                       .architecture = options.architecture,
                                                       .config_dir = paths.data / "config",
                                                       .mapped = options.mapped});
    progress.message(fmt::format("Debian {} ({}) is ready. root has no password: enter with lxcpp-attach -n {}",
                                 index.release.codename, options.architecture, options.name));
}

} // namespace lxcpp::debian
