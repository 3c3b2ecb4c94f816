// SPDX-License-Identifier: Apache-2.0
// What a Debian mirror sends before anything else is trusted: the frame of InRelease and the Release
// file in it; and the host's own lists of sources, from which a mirror is taken.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "debian/release.h"
#include "debian/sources.h"
#include "image/verify_cleartext.h"

#include <algorithm>

namespace lxcpp::fuzz {
namespace {

using namespace lxcpp::debian;

void check_release_text(std::string_view text) {
    const auto release = accepted([&] { return parse_release(text, "Release"); });
    if (!release) return;
    FUZZ_CHECK(valid_suite_name(release->codename));
    for (const auto& [path, file] : release->files) {
        FUZZ_CHECK_WITH(!path.empty() && path.find_first_of(" \t\n") == path.npos, path);
        FUZZ_CHECK(file.sha256.size() == 64 && file.sha256.find_first_not_of("0123456789abcdef") == file.sha256.npos);
    }
    ReleaseRequest request{.suite = "trixie", .architecture = "amd64", .components = {"main"}, .now = 1'800'000'000};
    if (succeeds([&] { check_release(*release, request, "Release"); })) {
        FUZZ_CHECK(release->suite == "trixie" || release->codename == "trixie");
        FUZZ_CHECK(release->date <= request.now + 3600);
        FUZZ_CHECK(!release->valid_until || *release->valid_until >= request.now);
    }
}

// Read day by day, not as the library does it.
void check_date(std::string_view text) {
    const auto date = parse_release_date(text);
    if (!date) return;
    FUZZ_CHECK(*date >= 0);
    const std::string shown = format_release_date(*date);
    FUZZ_CHECK_WITH(parse_release_date(shown) == date, shown);
    // No month is given days that it does not have: the 31st of June is a date nobody signed.
    const auto words = split_words(text);
    const auto again = split_words(shown);
    const auto day = parse_u64(words[words.size() - 5]);
    const bool leap_second = text.find(":60") != text.npos;
    if (!leap_second) FUZZ_CHECK_WITH(parse_u64(again[1]) == day, shown);
}

// One signed block, and no line outside or inside that another reader could take for its edge.
void check_frame(std::string_view text) {
    if (!succeeds([&] { image::check_cleartext_frame(text); })) return;
    std::size_t begins = 0;
    std::size_t signatures = 0;
    std::size_t ends = 0;
    bool inside = false;
    for (auto line : split_lines(text)) {
        while (!line.empty() && std::string_view(" \t\r").find(line.back()) != std::string_view::npos) line.remove_suffix(1);
        begins += line == "-----BEGIN PGP SIGNED MESSAGE-----";
        signatures += line == "-----BEGIN PGP SIGNATURE-----";
        ends += line == "-----END PGP SIGNATURE-----";
        if (!inside && begins == 0) FUZZ_CHECK_WITH(line.empty(), line);
        if (inside && line.starts_with("-----")) FUZZ_CHECK(line == "-----BEGIN PGP SIGNATURE-----" || signatures == 1);
        inside = begins == 1 && ends == 0;
        if (ends == 1 && line != "-----END PGP SIGNATURE-----") FUZZ_CHECK_WITH(line.empty(), line);
    }
    FUZZ_CHECK(begins == 1 && signatures == 1 && ends == 1);
}

void check_sources(std::string_view text) {
    for (const auto& list : {parse_list_format(text), parse_deb822_format(text)}) {
        for (const AptSource& source : list) {
            FUZZ_CHECK(!source.uri.empty() && !source.suite.empty());
            FUZZ_CHECK_WITH(source.uri.find('\n') == source.uri.npos, source.uri);
        }
    }
    const auto mirror = accepted([&] { return parse_mirror(text); });
    if (!mirror) return;
    FUZZ_CHECK_WITH(mirror->url.starts_with("http://") || mirror->url.starts_with("https://"), mirror->url);
    FUZZ_CHECK_WITH(!mirror->url.ends_with('/') && printable(mirror->url) == mirror->url, mirror->url);
    const auto authority = std::string_view(mirror->url).substr(mirror->url.find("//") + 2);
    FUZZ_CHECK_WITH(authority.substr(0, authority.find('/')).find('@') == authority.npos, mirror->url);
}

} // namespace

// The first byte chooses the reader.
void one_input(std::string_view bytes) {
    Bytes input(bytes);
    switch (input.byte()) {
    case 'd': return check_date(input.rest());
    case 'f': return check_frame(input.rest());
    case 's': return check_sources(input.rest());
    default: return check_release_text(bytes);
    }
}

std::vector<std::string> made_seeds() {
    const std::string hash(64, 'a');
    return {"Suite: stable\nCodename: trixie\nDate: Sat, 11 Jul 2026 10:16:37 UTC\nValid-Until: Sat, 18 Jul 2036 10:16:37 "
            "UTC\nArchitectures: amd64 arm64\nComponents: main updates/contrib\nAcquire-By-Hash: yes\nSHA256:\n " + hash +
            " 123 main/binary-amd64/Packages.xz\n " + hash + " 5 main/Contents\n"};
}

} // namespace lxcpp::fuzz
