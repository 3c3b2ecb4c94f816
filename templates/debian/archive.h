// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/package_index.h"
#include "debian/release.h"
#include "debian/unpack_stage.h"
#include "image/cache.h"
#include "image/http.h"
#include "image/progress.h"

#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace lxcpp::debian {

struct ArchiveRequest {
    std::string mirror; // URL without '/' at the end
    ReleaseRequest release;
    std::vector<std::filesystem::path> keyrings;
    bool allow_rollback = false; // accept an index older than one seen before
};

// A suite's verified index, before its packages are read.
struct SignedIndex {
    Release release;
    std::string digest; // sha256 of the signed text
    std::string signer; // fingerprint
};

// One mirror's suite. Everything it returns was bound by a hash to the signed InRelease.
class Archive {
public:
    Archive(image::HttpClient& http, const image::ImageCache& cache, image::ProgressSink& progress)
        : http_(http), cache_(cache), progress_(progress) {}

    // Fetches InRelease, verifies its signature and that it is what was asked for, and that it is no
    // older than the one seen last.
    [[nodiscard]] SignedIndex fetch_index(const ArchiveRequest& request);
    // Fetches and reads the Packages files of the components.
    [[nodiscard]] PackageIndex fetch_packages(const ArchiveRequest& request, const SignedIndex& index);
    // Fetches the .debs that the cache does not have yet.
    void fetch_debs(const ArchiveRequest& request, std::span<const Package* const> packages);
    // Opens what fetch_debs brought; every byte read through it was hashed. Thread-safe.
    [[nodiscard]] OpenDeb deb_opener() const;

private:
    image::HttpClient& http_;
    const image::ImageCache& cache_;
    image::ProgressSink& progress_;
};

// Refuses a Date older than the one recorded in directory for that mirror and suite (unless allowed)
// and records the newer one.
void check_rollback(const std::filesystem::path& directory, const ArchiveRequest& request,
                    std::time_t date, std::string_view what);

} // namespace lxcpp::debian
