// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ctime>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::debian {

struct IndexedFile {
    std::string sha256;
    std::uint64_t size = 0;
};

// What the signed Release file of a suite says. Fill it only from text a Verifier returned.
struct Release {
    std::string origin;
    std::string suite;    // "stable"
    std::string codename; // "trixie"
    std::time_t date = 0;
    std::optional<std::time_t> valid_until;
    std::vector<std::string> architectures;
    std::vector<std::string> components;
    bool by_hash = false;                               // Acquire-By-Hash
    std::map<std::string, IndexedFile, std::less<>> files; // from SHA256 only, by path below the suite
};

// Throws Error naming what and the field that is missing or malformed; weak hashes are not read.
[[nodiscard]] Release parse_release(std::string_view text, std::string_view what);

struct ReleaseRequest {
    std::string suite; // a suite or code name
    std::string architecture;
    std::vector<std::string> components;
    std::time_t now = 0;
    bool allow_expired = false;
};

// Refuses, by Error, an index for another suite, architecture or component than asked for, one whose
// Date is more than an hour ahead of now, and, unless allowed, one whose Valid-Until has passed.
void check_release(const Release& release, const ReleaseRequest& request, std::string_view what);

// Throws the Error of check_release for an index whose Valid-Until has passed.
[[noreturn]] void refuse_expired(const Release& release, std::string_view what);

// "Sat, 11 Jul 2026 10:16:37 UTC" in seconds since 1970.
[[nodiscard]] std::optional<std::time_t> parse_release_date(std::string_view text) noexcept;
[[nodiscard]] std::string format_release_date(std::time_t time);

// Suite and code names are part of URLs and file names: [a-z0-9] then [a-z0-9.+-], at most 64.
[[nodiscard]] bool valid_suite_name(std::string_view name) noexcept;

} // namespace lxcpp::debian
