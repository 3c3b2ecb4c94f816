// SPDX-License-Identifier: Apache-2.0
#include "debian/archive.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "image/decompress.h"
#include "image/verify.h"
#include "sys/file.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <array>
#include <fmt/core.h>
#include <memory>
#include <optional>

namespace lxcpp::debian {
namespace {

constexpr std::uint64_t kMaxInRelease = 16u << 20;
constexpr std::uint64_t kMaxPackages = 1u << 30; // decompressed; sid has 60 MB
constexpr std::array<std::string_view, 3> kCompressions{".xz", ".gz", ""};

std::string suite_url(const ArchiveRequest& request) {
    return fmt::format("{}/dists/{}", request.mirror, request.release.suite);
}

struct PackagesFile {
    std::string path; // below the suite
    IndexedFile file;
};

PackagesFile find_packages_file(const Release& release, std::string_view component,
                                std::string_view architecture, std::string_view what) {
    const auto stem = fmt::format("{}/binary-{}/Packages", component, architecture);
    for (const std::string_view compression : kCompressions) {
        const auto found = release.files.find(fmt::format("{}{}", stem, compression));
        if (found != release.files.end()) return {found->first, found->second};
    }
    throw Error(fmt::format("{}: it lists no {} that we can read", what, stem));
}

// By its hash the file stays available while the mirror takes up a new version.
std::string packages_url(const ArchiveRequest& request, const Release& release, const PackagesFile& file) {
    if (!release.by_hash) return fmt::format("{}/{}", suite_url(request), file.path);
    const auto directory = file.path.substr(0, file.path.rfind('/'));
    return fmt::format("{}/{}/by-hash/SHA256/{}", suite_url(request), directory, file.file.sha256);
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

std::string deb_name(const Package& package) {
    return std::string(package.filename.substr(package.filename.rfind('/') + 1));
}

} // namespace

void check_rollback(const std::filesystem::path& directory, const ArchiveRequest& request,
                    std::time_t date, std::string_view what) {
    const auto key = sha256_hex(fmt::format("{} {}", request.mirror, request.release.suite));
    const auto file = directory / key;
    std::optional<std::uint64_t> seen;
    if (const auto text = sys::read_file_if_exists(file)) seen = parse_u64(trim(*text));
    const auto now_seen = static_cast<std::uint64_t>(date);
    if (seen && now_seen < *seen && !request.allow_rollback) {
        throw Error(fmt::format("{}: it is of {}, but one of {} was seen from this mirror before: somebody "
                                "may replay an old index; --allow-rollback accepts it",
                                what, format_release_date(date),
                                format_release_date(static_cast<std::time_t>(*seen))));
    }
    if (!seen || now_seen != *seen) {
        sys::make_private_dirs(directory);
        sys::write_file_atomic(file, fmt::format("{}\n", now_seen), 0600);
    }
}

SignedIndex Archive::fetch_index(const ArchiveRequest& request) {
    const auto url = suite_url(request) + "/InRelease";
    const auto fetched =
        http_.fetch({.url = url, .max_bytes = kMaxInRelease, .missing_ok = true}, progress_);
    if (!fetched.found) {
        throw Error(fmt::format("{}: there is no release '{}' on this mirror", url, request.release.suite));
    }
    try {
        const auto verified = image::verify_inline(fetched.body, {.keyrings = request.keyrings});
        SignedIndex index{parse_release(verified.text, url), sha256_hex(verified.text),
                          verified.fingerprint};
        check_release(index.release, request.release, url);
        check_rollback(cache_.directory() / "debian-dates", request, index.release.date, url);
        return index;
    } catch (Error& error) {
        if (std::string_view(error.what()).find(url) == std::string_view::npos) error.add_context(url);
        throw;
    }
}

PackageIndex Archive::fetch_packages(const ArchiveRequest& request, const SignedIndex& index) {
    std::vector<PackagesFile> files;
    std::vector<image::Fetch> fetches;
    for (const std::string& component : request.release.components) {
        files.push_back(find_packages_file(index.release, component, request.release.architecture,
                                           suite_url(request)));
        const IndexedFile& file = files.back().file;
        fetches.push_back({.url = packages_url(request, index.release, files.back()),
                           .destination = cache_.file_path(file.sha256),
                           .size = file.size,
                           .sha256 = file.sha256,
                           .max_bytes = file.size});
    }
    (void)http_.fetch_all(fetches, progress_);
    PackageIndex packages;
    for (const PackagesFile& file : files) {
        const auto what = fmt::format("{}/{}", suite_url(request), file.path);
        packages.add(decompress_file(open_cached(cache_, file.file.sha256, what), what),
                     request.release.architecture, 0, what);
    }
    return packages;
}

void Archive::fetch_debs(const ArchiveRequest& request, std::span<const Package* const> packages) {
    std::vector<image::Fetch> fetches;
    for (const Package* package : packages) {
        fetches.push_back({.url = fmt::format("{}/{}", request.mirror, package->filename),
                           .destination = cache_.file_path(package->sha256),
                           .size = package->size,
                           .sha256 = std::string(package->sha256),
                           .max_bytes = package->size});
    }
    (void)http_.fetch_all(fetches, progress_);
}

OpenDeb Archive::deb_opener() const {
    return [&cache = cache_](const Package& package) {
        const std::string name = deb_name(package);
        return image::DebArchive::open(open_cached(cache, std::string(package.sha256), name), name);
    };
}

} // namespace lxcpp::debian
