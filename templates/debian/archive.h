// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/package_index.h"
#include "debian/release.h"
#include "debian/unpack_stage.h"
#include "image/cache.h"
#include "image/http.h"
#include "image/progress.h"

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace lxcpp::debian {

struct SuiteRequest {
    std::string mirror; // URL without '/' at the end
    ReleaseRequest release;
    std::vector<std::filesystem::path> keyrings;
    bool allow_rollback = false; // accept an index older than one seen before
    bool optional = false;       // a mirror without this suite is no error
    bool unverified = false;     // whoever signed it: its Release file is believed
    std::string rollback_option = "--allow-rollback"; // for messages
};

// A suite of a mirror whose index was verified.
struct Suite {
    std::string mirror;
    std::string name; // in URLs
    Release release;
    std::string digest; // sha256 of the signed text
    std::string signer; // the fingerprint; empty when it was not looked at
};

// Fetches from mirrors. Everything it returns was bound by a hash to a signed InRelease (of older mirrors: Release with
// Release.gpg).
class Archive {
public:
    Archive(image::HttpClient& http, const image::ImageCache& cache, image::ProgressSink& progress)
        : http_(http), cache_(cache), progress_(progress) {}

    // Fetches each index of a suite, verifies its signature and that it is what was asked for, and that it is
    // no older than the one seen last. nullopt for an optional suite that is not there.
    [[nodiscard]] std::vector<std::optional<Suite>> fetch_suites(std::span<const SuiteRequest> requests);
    // Fetches and reads the Packages files; the source of each package is its suite's position.
    [[nodiscard]] PackageIndex fetch_packages(std::span<const Suite> suites, const std::string& architecture,
                                              const std::vector<std::string>& components);
    // Fetches the .debs that the cache does not have yet.
    void fetch_debs(std::span<const Suite> suites, std::span<const Package* const> packages);
    // Opens what fetch_debs brought; every byte read through it was hashed. Thread-safe.
    [[nodiscard]] OpenDeb deb_opener() const;

private:
    [[nodiscard]] std::optional<Suite> fetch_two_files(const SuiteRequest& request);

    image::HttpClient& http_;
    const image::ImageCache& cache_;
    image::ProgressSink& progress_;
};

// Refuses a Date older than the one recorded in directory for that mirror and suite (unless allowed)
// and records the newer one.
void check_rollback(const std::filesystem::path& directory, const SuiteRequest& request,
                    std::time_t date, std::string_view what);

} // namespace lxcpp::debian
