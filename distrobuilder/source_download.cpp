// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_download.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "image/digest.h"
#include "image/http_url.h"
#include "image/oci_hash.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"
#include "sys/lock.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <vector>

namespace lxcpp::distro {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kFile = "file://";
constexpr std::size_t kLargestText = 16u << 20;
constexpr std::uint64_t kLargestArchive = std::uint64_t{16} << 30;
constexpr auto kWaitForOthers = 24h; // it is them who give up when nothing arrives any more

// Of a directory what a server would make of it: links to what is there.
std::string local_listing(const std::filesystem::path& directory) {
    std::string links;
    for (const std::string& name : sys::list_dir(directory)) {
        const auto info = sys::stat_path(directory / name);
        const bool below = info && S_ISDIR(info->st_mode);
        if (name.find('"') == std::string::npos) links += fmt::format("<a href=\"{}{}\">\n", name, below ? "/" : "");
    }
    return links;
}

std::optional<std::string> read_local(const std::filesystem::path& path) {
    const auto info = sys::stat_path(path);
    if (info && S_ISDIR(info->st_mode)) return local_listing(path);
    return sys::read_file_if_exists(path, kLargestText);
}

image::Fetch archive_fetch(const std::string& url, std::filesystem::path destination) {
    return {.url = url, .destination = std::move(destination), .max_bytes = kLargestArchive};
}

void fetch(const SourceWork& work, const image::Fetch& wanted) {
    (void)work.http.fetch(wanted, work.progress, "Downloading " + printable(image::file_name(wanted.url)));
}

// What an earlier fetch_newest() of a URL brought.
struct Seen {
    std::string sha256;
    std::string etag;
    std::string last_modified;
};

Seen read_seen(const std::filesystem::path& path) {
    const std::string text = sys::read_file_if_exists(path).value_or("");
    const auto lines = split_lines(text);
    if (lines.size() != 3 || lines[0].size() != 64) return {};
    return {std::string(lines[0]), std::string(lines[1]), std::string(lines[2])};
}

std::string fetch_anew(const SourceWork& work, const std::string& url, const std::filesystem::path& place) {
    auto record = place;
    record += ".seen";
    image::Fetch wanted = archive_fetch(url, place);
    const Seen seen = read_seen(record);
    if (!seen.sha256.empty() && work.cache.open_file(seen.sha256)) {
        wanted.etag = seen.etag;
        wanted.last_modified = seen.last_modified;
    }
    const auto fetched = work.http.fetch(wanted, work.progress, "Downloading " + printable(image::file_name(url)));
    if (fetched.unchanged) return seen.sha256;
    const auto sha256 = fetched.sha256;
    sys::rename(place, work.cache.file_path(sha256));
    sys::write_file_atomic(record, fmt::format("{}\n{}\n{}\n", sha256, fetched.etag, fetched.last_modified), 0600);
    return sha256;
}

// A local file in the cache: a copy that only we write, so that what is verified stays what it was. Its owner may change
// the file itself at any time.
std::string copy_into_cache(const SourceWork& work, const std::string& url, const std::string& expected) {
    const auto from = *local_path(url, work.directory);
    const sys::TempDir temp(work.cache.scratch(), "copy-");
    const auto place = temp.path() / "file";
    const Fd source = sys::open_file(from, {.nonblock = true});
    const Fd copy = sys::open_file(place, {.access = sys::Access::ReadWrite, .create = true, .exclusive = true, .mode = 0600});
    const auto info = sys::stat_fd(source);
    if (!S_ISREG(info.st_mode)) throw Error(from.string() + ": is no regular file");
    sys::copy_content(source, copy, static_cast<std::uint64_t>(info.st_size), from.string());
    sys::seek_to(copy, 0, place.string());
    const std::string sha256 = image::sha256_of(copy, from.string());
    if (!expected.empty() && sha256 != expected) throw Error(fmt::format("{}: sha256 is {}, expected {}", from.string(), sha256, expected));
    sys::rename(place, work.cache.file_path(sha256));
    return sha256;
}

Fd open_cached(const SourceWork& work, const std::string& url, const std::string& sha256) {
    auto file = work.cache.open_file(sha256);
    if (!file) throw Error(fmt::format("{}: it vanished from the cache", image::display_url(url)));
    return *std::move(file);
}

} // namespace

std::optional<std::filesystem::path> local_path(const std::string& url, const std::filesystem::path& directory) {
    if (!url.starts_with(kFile)) return std::nullopt;
    return directory / url.substr(kFile.size());
}

std::optional<std::string> fetch_small(const SourceWork& work, const std::string& url) {
    if (const auto path = local_path(url, work.directory)) return read_local(*path);
    image::SilentProgress silent;
    auto fetched = work.http.fetch({.url = url, .max_bytes = kLargestText, .missing_ok = true}, silent);
    if (!fetched.found) return std::nullopt;
    return std::move(fetched.body);
}

void require_sha512(FdRef file, const std::string& sha512, const std::string& what) {
    const image::OciDigest expected{.algorithm = "sha512", .hex = sha512};
    image::OciHash hash(expected);
    std::vector<std::uint8_t> buffer(256u << 10);
    while (const std::size_t got = sys::read_some(file, buffer, what)) hash.update(std::span(buffer).first(got));
    image::require_oci_digest(expected, hash.finish(), what);
    sys::seek_to(file, 0, what);
}

Fd open_by_sha256(const SourceWork& work, const std::string& url, const std::string& sha256) {
    if (auto cached = work.cache.open_file(sha256)) return *std::move(cached);
    if (local_path(url, work.directory)) {
        (void)copy_into_cache(work, url, sha256);
    } else {
        auto wanted = archive_fetch(url, work.cache.file_path(sha256));
        wanted.sha256 = sha256;
        fetch(work, wanted);
    }
    return open_cached(work, url, sha256);
}

Fd open_by_sha512(const SourceWork& work, const std::string& url, const std::string& sha512) {
    Fd file;
    if (local_path(url, work.directory)) {
        file = open_cached(work, url, copy_local(work, url));
    } else {
        auto wanted = archive_fetch(url, work.cache.file_path(sha256_hex("sha512:" + sha512)));
        wanted.sha512 = sha512;
        fetch(work, wanted);
        file = sys::open_file(wanted.destination);
    }
    require_sha512(file, sha512, image::display_url(url));
    return file;
}

std::string fetch_newest(const SourceWork& work, const std::string& url) {
    const auto directory = work.cache.directory() / "unnamed";
    sys::make_private_dirs(directory);
    const auto place = directory / sha256_hex(url);
    auto lock = place;
    lock += ".lock";
    const auto alone = sys::FileLock::acquire(lock, kWaitForOthers, true);
    if (!alone) throw Error(fmt::format("{}: another build does not get done with it", image::display_url(url)));
    return fetch_anew(work, url, place);
}

std::string copy_local(const SourceWork& work, const std::string& url) { return copy_into_cache(work, url, {}); }

} // namespace lxcpp::distro
