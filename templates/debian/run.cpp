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
        // The usual place beside a mirror of the whole archive.
        if (mirror.url.ends_with("/debian")) mirror.security = mirror.url + "-security";
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

SuiteRequest main_request(const Options& options, const Paths& paths, const Mirror& mirror) {
    return {.mirror = mirror.url,
            .release = {.suite = options.release,
                        .architecture = options.architecture,
                        .components = wanted_components(options),
                        .now = std::time(nullptr),
                        .allow_expired = true}, // see accept_expired()
            .keyrings = choose_keyrings(options, paths),
            .allow_rollback = options.allow_rollback};
}

// An expired index is refused, unless the user accepts it, or it is from the host's own mirror and
// its apt would take it too.
void accept_expired(const Options& options, const Mirror& mirror, const std::vector<Suite>& suites,
                    image::ProgressSink& progress) {
    const std::time_t now = std::time(nullptr);
    for (const Suite& suite : suites) {
        const auto& until = suite.release.valid_until;
        if (!until || *until >= now) continue;
        const bool by_host = !options.allow_expired && mirror.from_host && host_accepts_expired();
        if (!options.allow_expired && !by_host) {
            refuse_expired(suite.release, fmt::format("{}/dists/{}/InRelease", suite.mirror, suite.name));
        }
        progress.message(fmt::format("warning: the index of {} expired on {}; it is accepted because {}",
                                     suite.release.codename, format_release_date(*until),
                                     by_host ? "this host's apt is told to (Acquire::Check-Valid-Until)"
                                             : "of --allow-expired"));
    }
}

// The release, and where they exist its updates and security updates.
std::vector<Suite> fetch_suites(const Options& options, const Paths& paths, const Mirror& mirror,
                                Archive& archive) {
    SuiteRequest request = main_request(options, paths, mirror);
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

GuestSources guest_sources(const Options& options, const std::vector<Suite>& suites) {
    const Suite& release = suites.front();
    GuestSources sources;
    sources.mirror = release.mirror;
    sources.codename = release.release.codename;
    sources.components = wanted_components(options);
    sources.signed_by = options.keyring ? kGuestOwnKeyring : kGuestKeyring;
    for (const Suite& suite : suites) {
        if (suite.name.ends_with("-updates")) sources.updates = true;
        if (suite.name.ends_with("-security")) sources.security = suite.mirror;
    }
    const bool debian = release.release.origin == "Debian" && release.release.suite != "unstable";
    if (debian && !sources.security) sources.security = kDefaultSecurityMirror;
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
    const auto cache = image::ImageCache::open(paths.cache);
    const sys::TempDir temp(cache.directory(), "debian-log-");
    const auto log = temp.path() / "log";
    image::HttpClient http;
    Archive archive(http, cache, progress);

    const auto suites = fetch_suites(options, paths, mirror, archive);
    accept_expired(options, mirror, suites, progress);
    provide_base({.suites = suites,
                  .architecture = options.architecture,
                  .components = wanted_components(options),
                  .variant = options.variant,
                  .packages = options.packages,
                  .rebuild = options.flush_cache},
                 archive, cache, options.rootfs, run, progress, log);
    const auto root = sys::RootedDir::open(options.rootfs);
    personalize(root, {.name = options.name,
                       .sources = guest_sources(options, suites),
                       .keyring = read_key(options.keyring),
                       .auth_key = read_key(options.auth_key)});
    make_ssh_keys(options.rootfs, root, run, log);
    extend_config(sys::RootedDir::open(options.path), {.name = options.name,
                                                       .architecture = options.architecture,
                                                       .config_dir = paths.data / "config",
                                                       .mapped = options.mapped});
    progress.message(fmt::format("Debian {} ({}) is ready. root has no password: enter with lxcpp-attach -n {}",
                                 suites.front().release.codename, options.architecture, options.name));
}

} // namespace lxcpp::debian
