// SPDX-License-Identifier: Apache-2.0
#include "debian/archive.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "image/decompress.h"
#include "image/verify.h"
#include "sys/file.h"
#include "sys/file_meta.h"

#include <array>
#include <fmt/core.h>
#include <memory>
#include <optional>

namespace lxcpp::debian {
namespace {

constexpr std::string_view kInRelease = "InRelease";
constexpr std::uint64_t kMaxInRelease = 16u << 20;
constexpr std::uint64_t kMaxPackages = 1u << 30; // decompressed; sid has 60 MB
constexpr std::array<std::string_view, 3> kCompressions{".xz", ".gz", ""};

std::string suite_url(std::string_view mirror, std::string_view suite) {
    return fmt::format("{}/dists/{}", mirror, suite);
}

std::string index_url(const SuiteRequest& request, std::string_view name) {
    return fmt::format("{}/{}", suite_url(request.mirror, request.release.suite), name);
}

struct PackagesFile {
    std::string path; // below the suite
    IndexedFile file;
};

PackagesFile find_packages_file(const Suite& suite, std::string_view component,
                                std::string_view architecture) {
    const auto stem = fmt::format("{}/binary-{}/Packages", component, architecture);
    for (const std::string_view compression : kCompressions) {
        const auto found = suite.release.files.find(fmt::format("{}{}", stem, compression));
        if (found != suite.release.files.end()) return {found->first, found->second};
    }
    throw Error(fmt::format("{}: its index lists no {} that we can read", suite_url(suite.mirror, suite.name),
                            stem));
}

std::string plain_url(const Suite& suite, const PackagesFile& file) {
    return fmt::format("{}/{}", suite_url(suite.mirror, suite.name), file.path);
}

// By its hash the file stays available while the mirror takes up a new version.
std::string packages_url(const Suite& suite, const PackagesFile& file) {
    const std::string plain = plain_url(suite, file);
    if (!suite.release.by_hash) return plain;
    return fmt::format("{}/by-hash/SHA256/{}", plain.substr(0, plain.rfind('/')), file.file.sha256);
}

std::string decompress_file(Fd file, const std::string& what) {
    auto shared = std::make_shared<Fd>(std::move(file));
    image::ByteSource source = [shared, what, offset = std::uint64_t{0}](std::span<char> into) mutable {
        const auto count = sys::read_at(*shared, into, offset, what);
        offset += count;
        return count;
    };
    return image::decompress_all(std::move(source), what, {.max_bytes = kMaxPackages});
}

Fd open_cached(const image::ImageCache& cache, const std::string& sha256, std::string_view what) {
    auto file = cache.open_file(sha256);
    if (!file) throw Error(fmt::format("{}: it vanished from the cache", what));
    return std::move(*file);
}

// What is in a suite according to its index, if that is what was asked for.
Suite read_suite(const SuiteRequest& request, const image::Verified& index, const std::string& url, const image::ImageCache& cache) {
    Suite suite{request.mirror, request.release.suite, parse_release(index.text, url), sha256_hex(index.text), index.fingerprint};
    check_release(suite.release, request.release, url);
    check_rollback(cache.directory() / "debian-dates", request, suite.release.date, url);
    return suite;
}

Suite verify_suite(const SuiteRequest& request, const std::string& text, const image::ImageCache& cache) {
    const auto url = index_url(request, kInRelease);
    const auto verified = with_context(
        url, [&] { return image::verify_inline(text, {.keyrings = request.keyrings, .scratch = cache.scratch()}); });
    return read_suite(request, verified, url, cache);
}

std::string deb_name(const Package& package) {
    return std::string(package.filename.substr(package.filename.rfind('/') + 1));
}

} // namespace

void check_rollback(const std::filesystem::path& directory, const SuiteRequest& request,
                    std::time_t date, std::string_view what) {
    const auto key = sha256_hex(fmt::format("{} {}", request.mirror, request.release.suite));
    const auto file = directory / key;
    std::optional<std::uint64_t> seen;
    if (const auto text = sys::read_file_if_exists(file)) seen = parse_u64(trim(*text));
    const auto now_seen = static_cast<std::uint64_t>(date);
    if (seen && now_seen < *seen && !request.allow_rollback) {
        throw Error(fmt::format("{}: it is of {}, but one of {} was seen from this mirror before: somebody "
                                "may replay an old index; {} accepts it",
                                what, format_release_date(date),
                                format_release_date(static_cast<std::time_t>(*seen)), request.rollback_option));
    }
    if (!seen || now_seen != *seen) {
        sys::make_private_dirs(directory);
        sys::write_file_atomic(file, fmt::format("{}\n", now_seen), 0600);
    }
}

std::vector<std::optional<Suite>> Archive::fetch_suites(std::span<const SuiteRequest> requests) {
    std::vector<image::Fetch> fetches;
    for (const SuiteRequest& request : requests) {
        fetches.push_back({.url = index_url(request, kInRelease), .max_bytes = kMaxInRelease, .missing_ok = true});
    }
    image::SilentProgress silent; // small files
    const auto fetched = http_.fetch_all(fetches, silent);
    std::vector<std::optional<Suite>> suites;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        const bool inline_signed = fetched[i].found && !requests[i].unverified;
        suites.push_back(inline_signed ? verify_suite(requests[i], fetched[i].body, cache_) : fetch_two_files(requests[i]));
        if (!suites.back() && !requests[i].optional) {
            throw Error(fmt::format("{}: there is no release '{}' on this mirror", fetches[i].url,
                                    requests[i].release.suite));
        }
    }
    return suites;
}

// As it was before there was InRelease; also what is not to be verified is in Release as it is.
std::optional<Suite> Archive::fetch_two_files(const SuiteRequest& request) {
    const std::string url = index_url(request, "Release");
    const std::array<image::Fetch, 2> fetches{image::Fetch{.url = url, .max_bytes = kMaxInRelease, .missing_ok = true},
                                              image::Fetch{.url = url + ".gpg", .max_bytes = kMaxInRelease, .missing_ok = true}};
    image::SilentProgress silent;
    const auto fetched = http_.fetch_all(fetches, silent);
    if (!fetched[0].found) return std::nullopt;
    if (request.unverified) return read_suite(request, {.text = fetched[0].body, .fingerprint = {}, .user_id = {}}, url, cache_);
    if (!fetched[1].found) throw Error(url + ": it is not signed: there is neither InRelease nor Release.gpg beside it");
    const auto verified = with_context(url, [&] {
        return image::verify_detached(fetched[0].body, fetched[1].body, {.keyrings = request.keyrings, .scratch = cache_.scratch()});
    });
    return read_suite(request, verified, url, cache_);
}

PackageIndex Archive::fetch_packages(std::span<const Suite> suites, const std::string& architecture,
                                     const std::vector<std::string>& components) {
    struct Part {
        std::uint16_t source;
        PackagesFile file;
    };
    std::vector<Part> parts;
    std::vector<image::Fetch> fetches;
    for (std::size_t i = 0; i < suites.size(); ++i) {
        for (const std::string& component : components) {
            const auto file = find_packages_file(suites[i], component, architecture);
            parts.push_back({static_cast<std::uint16_t>(i), file});
            fetches.push_back({.url = packages_url(suites[i], file),
                               .destination = cache_.file_path(file.file.sha256),
                               .size = file.file.size,
                               .sha256 = file.file.sha256,
                               .max_bytes = file.file.size,
                               .missing_ok = suites[i].release.by_hash});
        }
    }
    const auto fetched = http_.fetch_all(fetches, progress_, "Downloading package lists");
    // A copy of an archive may lack what its index promises: the files by hash.
    std::vector<image::Fetch> again;
    for (std::size_t i = 0; i < fetched.size(); ++i) {
        if (fetched[i].found) continue;
        fetches[i].url = plain_url(suites[parts[i].source], parts[i].file);
        fetches[i].missing_ok = false;
        again.push_back(fetches[i]);
    }
    if (!again.empty()) (void)http_.fetch_all(again, progress_, "Downloading package lists by name");
    PackageIndex packages;
    for (const auto& [source, file] : parts) {
        const Suite& suite = suites[source];
        const auto what = plain_url(suite, file);
        packages.add(decompress_file(open_cached(cache_, file.file.sha256, what), what), architecture,
                     source, what);
    }
    return packages;
}

void Archive::fetch_debs(std::span<const Suite> suites, std::span<const Package* const> packages) {
    std::vector<image::Fetch> fetches;
    for (const Package* package : packages) {
        fetches.push_back({.url = fmt::format("{}/{}", suites[package->source].mirror, package->filename),
                           .destination = cache_.file_path(package->sha256),
                           .size = package->size,
                           .sha256 = std::string(package->sha256),
                           .max_bytes = package->size});
    }
    (void)http_.fetch_all(fetches, progress_, "Downloading packages");
}

OpenDeb Archive::deb_opener() const {
    return [&cache = cache_](const Package& package) {
        const std::string name = deb_name(package);
        return image::DebArchive::open(open_cached(cache, std::string(package.sha256), name), name);
    };
}

} // namespace lxcpp::debian
