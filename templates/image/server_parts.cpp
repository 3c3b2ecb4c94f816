// SPDX-License-Identifier: Apache-2.0
#include "image/server_parts.h"

#include "base/error.h"
#include "base/sha256.h"
#include "image/sums_file.h"
#include "image/verify.h"
#include "sys/file.h"
#include "sys/file_io.h"

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <optional>

namespace lxcpp::image {
namespace {

constexpr std::uint64_t kLargestPart = std::uint64_t{64} << 30;
constexpr std::uint64_t kLargestSums = 1u << 20;
constexpr std::string_view kSums = "SHA256SUMS";
constexpr std::string_view kSignature = ".asc";

// One file to fetch, and what is known of it.
struct Part {
    std::string path;
    FileRole role = FileRole::RootTar;
    std::optional<std::uint64_t> size;
    std::string sha256;     // empty: unknown
    bool optional = false;  // the index does not name it
    std::string signature;  // of the file itself
    std::filesystem::path place{};
};

std::string directory_of(std::string_view path) {
    return std::string(path.substr(0, path.rfind('/') + 1));
}

std::string_view leaf_of(std::string_view path) {
    return path.substr(path.rfind('/') + 1);
}

Part part_of(const OfferedFile& file) {
    return {.path = file.path, .role = file.role, .size = file.size, .sha256 = file.sha256, .signature = {}};
}

std::vector<Part> wanted_parts(const OfferedVersion& version, const FileChoice& files) {
    std::vector<Part> parts{part_of(*files.root)};
    if (files.metadata == files.root) return parts;
    parts.push_back(part_of(*files.metadata));
    if (files.metadata->role == FileRole::LxcMetadata) return parts;
    if (const OfferedFile* listed = version.find(FileRole::LxcMetadata)) {
        parts.push_back(part_of(*listed));
    } else {
        parts.push_back({.path = directory_of(files.metadata->path) + std::string(role_name(FileRole::LxcMetadata)),
                         .role = FileRole::LxcMetadata,
                         .size = {},
                         .sha256 = {},
                         .optional = true,
                         .signature = {}});
    }
    return parts;
}

class PartsFetch {
public:
    PartsFetch(const ServerAccess& access, const ImageCache& cache, HttpClient& http, ProgressSink& progress)
        : access_(access), cache_(cache), http_(http), progress_(progress),
          needs_signature_(access.validate && !access.server.keyrings.empty()) {}

    ServerParts run(std::vector<Part> parts) {
        const auto unknown = [](const Part& part) { return part.sha256.empty(); };
        const bool by_index = std::ranges::none_of(parts, [&](const Part& part) { return unknown(part) && !part.optional; });
        if (std::ranges::any_of(parts, unknown)) take_sums(parts);
        if (needs_signature_ && std::ranges::any_of(parts, unknown)) take_signatures(parts);
        download(parts);
        ServerParts result{.parts = {}, .signer = {}, .how = {}, .downloads = {}};
        for (const Part& part : parts) open(part, result);
        result.how = by_index ? "sha256 of each part" : how_;
        if (!by_index) result.signer = signer_;
        return result;
    }

private:
    // What SHA256SUMS in the directory of a part says of the others.
    void take_sums(std::vector<Part>& parts) {
        const auto first = std::ranges::find_if(parts, [](const Part& part) { return part.sha256.empty(); });
        const std::string directory = directory_of(first->path);
        const std::string sums_url = url(directory + std::string(kSums));
        std::vector<std::string> urls{sums_url};
        if (needs_signature_) urls.push_back(sums_url + std::string(kSignature));
        const auto fetched = fetch_small(urls);
        how_ = access_.server.url.starts_with("https:") ? "nothing but TLS for the parts: the server names no digests"
                                                        : "nothing for the parts: the server names no digests";
        if (!std::ranges::all_of(fetched, &Fetched::found)) return;
        if (needs_signature_) {
            with_context(sums_url, [&] {
                signer_ = verify_detached(fetched[0].body, fetched[1].body, options()).fingerprint;
            });
        }
        how_ = needs_signature_ ? fmt::format("sha256 of each part in {} signed by {}", kSums, signer_)
                                : fmt::format("sha256 of each part in {}", kSums);
        const auto sums = parse_sums_file(fetched[0].body, sums_url);
        for (Part& part : parts) {
            const auto known = sums.find(std::string(leaf_of(part.path)));
            if (part.sha256.empty() && directory_of(part.path) == directory && known != sums.end()) part.sha256 = known->second;
        }
    }

    // A signature for each file that is still without digest.
    void take_signatures(std::vector<Part>& parts) {
        std::vector<std::string> urls;
        for (const Part& part : parts)
            if (part.sha256.empty()) urls.push_back(url(part.path) + std::string(kSignature));
        const auto fetched = fetch_small(urls);
        auto next = fetched.begin();
        for (Part& part : parts) {
            if (!part.sha256.empty()) continue;
            const Fetched& signature = *next++;
            if (signature.found) part.signature = signature.body;
            else if (!part.optional) refuse_unsigned(part);
        }
        // Its only use is LXC's configuration; who could leave its signature out could leave it out, too.
        std::erase_if(parts, [&](const Part& part) { return part.sha256.empty() && part.signature.empty(); });
    }

    [[noreturn]] void refuse_unsigned(const Part& part) const {
        throw Error(fmt::format("{}: there are keys for this server ({}), but nothing signed says what this file is: "
                                "neither {}{} beside it nor its own {}",
                                url(part.path), access_.server.keyrings.front().string(), kSums, kSignature, kSignature));
    }

    void download(std::vector<Part>& parts) {
        std::vector<Fetch> fetches;
        for (Part& part : parts) {
            Fetch fetch{.url = url(part.path), .destination = {}, .size = part.size, .sha256 = std::nullopt,
                        .max_bytes = part.size.value_or(kLargestPart), .missing_ok = part.optional, .etag = {}, .last_modified = {}};
            if (!part.sha256.empty()) fetch.sha256 = part.sha256;
            part.place = part.sha256.empty() ? place_without_digest(fetch.url) : cache_.file_path(part.sha256);
            fetch.destination = part.place;
            fetches.push_back(std::move(fetch));
        }
        const auto fetched = http_.fetch_all(fetches, progress_, "Downloading the image");
        for (std::size_t i = 0; i < parts.size(); ++i)
            if (!fetched[i].found) parts[i].place.clear();
    }

    [[nodiscard]] std::filesystem::path place_without_digest(const std::string& from) const {
        const auto directory = cache_.directory() / "unnamed";
        sys::make_private_dirs(directory);
        return directory / sha256_hex(from);
    }

    // What was hashed as it came, or was hashed where it lay, in a directory of ours.
    void open(const Part& part, ServerParts& result) {
        if (part.place.empty()) return;
        Fd file = sys::open_file(part.place, {.follow = false});
        if (!part.signature.empty()) {
            with_context(url(part.path), [&] { signer_ = verify_detached(file, part.signature, options()).fingerprint; });
            sys::seek_to(file, 0, part.place.string());
            how_ = fmt::format("parts signed by {}, which does not say of which build they are", signer_);
        }
        result.downloads.push_back(part.place);
        put(part, std::move(file), result.parts);
    }

    static void put(const Part& part, Fd file, ImageParts& parts) {
        const std::string name(leaf_of(part.path));
        const bool root = part.role == FileRole::RootTar || part.role == FileRole::RootSquashfs;
        const bool beside = part.role == FileRole::LxcMetadata && parts.metadata;
        (root ? parts.root : beside ? parts.lxc_metadata : parts.metadata) = std::move(file);
        (root ? parts.root_name : beside ? parts.lxc_metadata_name : parts.metadata_name) = name;
    }

    [[nodiscard]] std::vector<Fetched> fetch_small(const std::vector<std::string>& urls) {
        std::vector<Fetch> fetches;
        for (const std::string& one : urls)
            fetches.push_back({.url = one, .destination = {}, .max_bytes = kLargestSums, .missing_ok = true, .etag = {}, .last_modified = {}});
        SilentProgress silent;
        return http_.fetch_all(fetches, silent);
    }

    [[nodiscard]] std::string url(const std::string& path) const { return access_.server.url + '/' + path; }
    [[nodiscard]] VerifyOptions options() const {
        return {.keyrings = access_.server.keyrings, .fingerprints = access_.server.fingerprints, .scratch = cache_.scratch()};
    }

    const ServerAccess& access_;
    const ImageCache& cache_;
    HttpClient& http_;
    ProgressSink& progress_;
    bool needs_signature_;
    std::string signer_;
    std::string how_;
};

} // namespace

ServerParts fetch_server_parts(const ServerAccess& access, const OfferedVersion& version, const FileChoice& files,
                               const ImageCache& cache, HttpClient& http, ProgressSink& progress) {
    return PartsFetch(access, cache, http, progress).run(wanted_parts(version, files));
}

void forget_server_parts(const OfferedVersion& version, const FileChoice& files, const ImageCache& cache) {
    for (const Part& part : wanted_parts(version, files))
        if (!part.sha256.empty()) cache.forget_file(part.sha256);
}

} // namespace lxcpp::image
