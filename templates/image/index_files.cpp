// SPDX-License-Identifier: Apache-2.0
#include "image/index_files.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/core.h>
#include <optional>

namespace lxcpp::image {
namespace {

constexpr std::uint64_t kLargest = 32u << 20;
constexpr std::time_t kFresh = 3600;
constexpr std::string_view kEndOfHead = "\n\n";

// An index as it lies on the disk: lines of a head, an empty one, and the text.
struct Kept {
    IndexFile file;
    std::string etag;
    std::string last_modified;
};

std::string format_kept(const Kept& kept) {
    return fmt::format("asked {}\nfound {}\netag {}\nmodified {}\nsha256 {}{}{}", kept.file.asked, kept.file.found ? 1 : 0,
                       printable(kept.etag), printable(kept.last_modified), sha256_hex(kept.file.text), kEndOfHead,
                       kept.file.text);
}

std::string value_of(std::string_view head, std::string_view key) {
    for (const std::string_view line : split_lines(head))
        if (line.starts_with(key) && line.substr(key.size()).starts_with(' '))
            return std::string(line.substr(key.size() + 1));
    return {};
}

std::optional<Kept> read_kept(const std::filesystem::path& path) {
    const auto text = sys::read_file_if_exists(path, kLargest + 4096);
    const auto end = text ? text->find(kEndOfHead) : std::string::npos;
    if (end == std::string::npos) return std::nullopt;
    const std::string_view head = std::string_view(*text).substr(0, end);
    Kept kept;
    kept.file.text = text->substr(end + kEndOfHead.size());
    kept.file.asked = static_cast<std::time_t>(parse_u64(value_of(head, "asked")).value_or(0));
    kept.file.found = value_of(head, "found") == "1";
    kept.file.from_disk = true;
    kept.etag = value_of(head, "etag");
    kept.last_modified = value_of(head, "modified");
    if (value_of(head, "sha256") != sha256_hex(kept.file.text)) return std::nullopt;
    return kept;
}

std::filesystem::path place_of(const std::filesystem::path& directory, const std::string& url) {
    return directory / sha256_hex(url);
}

std::optional<std::vector<IndexFile>> read_all(const std::filesystem::path& directory, std::span<const std::string> urls) {
    std::vector<IndexFile> files;
    for (const std::string& url : urls) {
        auto kept = read_kept(place_of(directory, url));
        if (!kept) return std::nullopt;
        files.push_back(std::move(kept->file));
    }
    return files;
}

Fetch fetch_of(const std::string& url, const std::optional<Kept>& kept) {
    Fetch fetch{.url = url, .destination = {}, .max_bytes = kLargest, .missing_ok = true, .etag = {}, .last_modified = {}};
    if (!kept || !kept->file.found) return fetch;
    fetch.etag = kept->etag;
    if (fetch.etag.empty()) fetch.last_modified = kept->last_modified;
    return fetch;
}

} // namespace

IndexFiles::IndexFiles(const ImageCache& cache, HttpClient& http, ProgressSink& progress)
    : directory_(cache.directory() / "indexes"), http_(http), progress_(progress) {
    sys::make_private_dirs(directory_);
}

std::vector<IndexFile> IndexFiles::get(std::span<const std::string> urls, IndexAge age, bool shown) {
    ProgressSink& progress = shown ? progress_ : silent_;
    if (age == IndexAge::Ask) return ask(urls, age, progress);
    auto here = read_all(directory_, urls);
    const std::time_t now = std::time(nullptr);
    const auto fresh = [&](const IndexFile& file) { return file.asked <= now && now - file.asked < kFresh; };
    if (here && std::ranges::all_of(*here, fresh)) return *std::move(here);
    try {
        return ask(urls, age, progress);
    } catch (const Error& error) {
        if (!here || !here->front().found) throw;
        progress_.message(fmt::format("warning: {}; the index of {:%Y-%m-%d %H:%M} UTC is used", error.what(),
                                      fmt::gmtime(here->front().asked)));
        return *std::move(here);
    }
}

std::vector<IndexFile> IndexFiles::ask(std::span<const std::string> urls, IndexAge age, ProgressSink& progress) {
    std::vector<std::optional<Kept>> kept;
    std::vector<Fetch> fetches;
    for (const std::string& url : urls) {
        // An ETag may be made of a time in seconds, which two versions can share.
        kept.push_back(age == IndexAge::Hour ? read_kept(place_of(directory_, url)) : std::nullopt);
        fetches.push_back(fetch_of(url, kept.back()));
    }
    const std::time_t now = std::time(nullptr);
    auto fetched = http_.fetch_all(fetches, progress, "Downloading the index of images");
    std::vector<IndexFile> files;
    for (std::size_t i = 0; i < urls.size(); ++i) {
        Kept fresh;
        if (fetched[i].unchanged) fresh = *std::move(kept[i]);
        else fresh = {{.found = fetched[i].found, .text = std::move(fetched[i].body)}, fetched[i].etag, fetched[i].last_modified};
        fresh.file.asked = now;
        fresh.file.from_disk = false;
        sys::write_file_atomic(place_of(directory_, urls[i]), format_kept(fresh), 0600);
        files.push_back(std::move(fresh.file));
    }
    return files;
}

} // namespace lxcpp::image
