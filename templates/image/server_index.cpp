// SPDX-License-Identifier: Apache-2.0
#include "image/image_server.h"

#include "base/error.h"
#include "image/classic_index.h"
#include "image/http_url.h"
#include "image/index_files.h"
#include "image/offer_cache.h"
#include "image/seen.h"
#include "image/simplestreams.h"
#include "image/verify.h"
#include "image/verify_cleartext.h"

#include <fmt/core.h>
#include <optional>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::string_view kJson = ".json";
constexpr std::string_view kSignedJson = ".sjson"; // the same within a clear-signed message; some servers have nothing else

bool needs_signature(const ServerAccess& access) noexcept {
    return access.validate && !access.server.keyrings.empty();
}

void check_policy(const ServerAccess& access) {
    if (!access.validate || !access.server.keyrings.empty()) return;
    if (parse_server_url(access.server.url).scheme == "https") return;
    throw Error(fmt::format("{}: plain http, and no key for this server: anybody on the way could send another image. Give "
                            "its key (--keyring), use https, or give --no-validate",
                            access.server.url));
}

// "streams/v1/images.json" -> "streams/v1/images.sjson"; that of one that is so named already. Empty: there can be none.
std::string clear_signed_name(const std::string& path) {
    if (path.ends_with(kSignedJson)) return path;
    if (!path.ends_with(kJson)) return {};
    return path.substr(0, path.size() - kJson.size()) + std::string(kSignedJson);
}

// Reads the index of one server once, by one protocol after the other.
class Reader {
public:
    Reader(const ServerAccess& access, const ImageCache& cache, IndexFiles& files, IndexAge age)
        : access_(access), seen_(cache, access.allow_rollback), known_(cache), scratch_(cache.scratch()), files_(files), age_(age) {}

    ServerIndex read() {
        const auto protocol = access_.server.protocol;
        std::optional<ServerIndex> index;
        if (protocol != ServerProtocol::Classic) index = read_streams();
        if (!index && protocol != ServerProtocol::Simplestreams) index = read_classic();
        if (index) return *std::move(index);
        throw Error(fmt::format("{}: this is no image server: it has neither {} nor {}", access_.server.url,
                                kStreamsIndexPath, classic_index_paths(access_.unprivileged).back()));
    }
    // Something was taken without asking the server.
    [[nodiscard]] bool from_disk() const noexcept { return from_disk_; }

private:
    std::optional<ServerIndex> read_streams() {
        const auto index = document(std::string(kStreamsIndexPath), ".gpg", false);
        if (!index) return std::nullopt;
        ServerIndex result{.protocol = ServerProtocol::Simplestreams, .offers = {}, .signer = {}, .how = {}};
        for (const std::string& path : parse_streams_index(*index, url(std::string(kStreamsIndexPath)))) {
            const auto products = document(path, ".gpg", true);
            if (!products) throw Error(fmt::format("{}: the server's index names it, but it is not there", url(path)));
            auto offers = offers_of(*products, url(path));
            std::move(offers.begin(), offers.end(), std::back_inserter(result.offers));
        }
        return finished(std::move(result));
    }

    std::vector<Offer> offers_of(const std::string& products, const std::string& from) const {
        if (auto known = known_.find(from, products)) return *std::move(known);
        auto offers = parse_streams_products(products, from);
        known_.keep(from, products, offers);
        return offers;
    }

    std::optional<ServerIndex> read_classic() {
        for (const std::string& path : classic_index_paths(access_.unprivileged)) {
            const auto index = document(path, ".asc", false);
            if (!index) continue;
            return finished({.protocol = ServerProtocol::Classic,
                             .offers = parse_classic_index(*index, url(path)),
                             .signer = {},
                             .how = {}});
        }
        return std::nullopt;
    }

    ServerIndex finished(ServerIndex index) {
        index.signer = signer_;
        index.from_disk = from_disk_;
        const bool secure = access_.server.url.starts_with("https:");
        if (!signer_.empty()) index.how = "index signed by " + signer_;
        else index.how = secure ? "index over TLS" : "index over plain http";
        return index;
    }

    // What stands at that path, once its signature was checked where one is needed; or else what was clear-signed.
    std::optional<std::string> document(const std::string& path, std::string_view suffix, bool shown) {
        const std::string whole = clear_signed_name(path);
        if (whole == path) return clear_signed(path, shown);
        const bool needed = needs_signature(access_);
        const std::string signature = url(path) + std::string(suffix);
        auto files = get(needed ? std::vector{url(path), signature} : std::vector{url(path)}, shown);
        if (!needed && files[0].found) return std::move(files[0].text);
        if (needed && files[0].found && files[1].found)
            return checked(url(path), [&] { return verify_detached(files[0].text, files[1].text, options()); });
        if (!whole.empty()) {
            if (auto text = clear_signed(whole, shown)) return text;
        }
        if (!files[0].found) return std::nullopt;
        throw Error(fmt::format("{}: there are keys for this server ({}), but it has no signature: {} is missing", url(path),
                                access_.server.keyrings.front().string(), signature));
    }

    std::optional<std::string> clear_signed(const std::string& path, bool shown) {
        const auto file = std::move(get({url(path)}, shown).front());
        if (!file.found) return std::nullopt;
        if (needs_signature(access_)) return checked(url(path), [&] { return verify_inline(file.text, options()); });
        return with_context(url(path), [&] { return unverified_cleartext(file.text); });
    }

    template <typename Verify>
    std::string checked(const std::string& what, Verify&& verify) {
        Verified verified = with_context(what, verify);
        seen_.check_signature(what, verified.signed_at);
        signer_ = verified.fingerprint;
        return std::move(verified.text);
    }

    std::vector<IndexFile> get(const std::vector<std::string>& urls, bool shown) {
        auto files = files_.get(urls, age_, shown);
        for (const IndexFile& file : files) from_disk_ = from_disk_ || file.from_disk;
        return files;
    }

    [[nodiscard]] std::string url(const std::string& path) const { return access_.server.url + '/' + path; }
    [[nodiscard]] VerifyOptions options() const {
        return {.keyrings = access_.server.keyrings, .fingerprints = access_.server.fingerprints, .scratch = scratch_};
    }

    const ServerAccess& access_;
    Seen seen_;
    OfferCache known_;
    std::filesystem::path scratch_;
    IndexFiles& files_;
    IndexAge age_;
    bool from_disk_ = false;
    std::string signer_;
};

} // namespace

ServerIndex read_server_index(const ServerAccess& access, const ImageCache& cache, HttpClient& http,
                              ProgressSink& progress) {
    check_policy(access);
    IndexFiles files(cache, http, progress);
    Reader first(access, cache, files, access.flush_cache ? IndexAge::Ask : IndexAge::Hour);
    try {
        return first.read();
    } catch (const Error&) {
        if (!first.from_disk()) throw;
    }
    // What was kept may be damaged, of two versions, or unsigned when it was asked for.
    return Reader(access, cache, files, IndexAge::Ask).read();
}

} // namespace lxcpp::image
