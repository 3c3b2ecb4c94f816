// SPDX-License-Identifier: Apache-2.0
#include "image/image_server.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "image/architecture.h"
#include "image/image_import.h"
#include "image/seen.h"
#include "image/server_parts.h"
#include "sys/file.h"
#include "sys/host.h"
#include "sys/lock.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/core.h>

namespace lxcpp::image {
namespace {

using namespace std::chrono_literals;

constexpr std::array kRoots{FileRole::RootTar, FileRole::Combined, FileRole::RootSquashfs};
constexpr auto kPatience = 2h; // for another command that fetches the same image
constexpr std::string_view kAliases = "aliases";
constexpr std::string_view kRequirements = "requirements.";

// YYYY-MM-DD; 0 for anything else.
std::time_t parse_day(std::string_view text) {
    const auto parts = split(text, '-');
    if (parts.size() != 3) return 0;
    const auto number = [&](std::size_t i) { return static_cast<unsigned>(parse_u64(parts[i]).value_or(0)); };
    const std::chrono::year_month_day day{std::chrono::year(static_cast<int>(number(0))), std::chrono::month(number(1)),
                                          std::chrono::day(number(2))};
    if (!day.ok()) return 0;
    return std::chrono::system_clock::to_time_t(std::chrono::sys_days(day));
}

std::string machine_name(const std::string& architecture) {
    const auto known = find_architecture(architecture);
    return known ? std::string(known->machine) : architecture;
}

std::string newest_serial(const Offer& offer) {
    const auto older = [](const OfferedVersion& a, const OfferedVersion& b) { return serial_before(a.serial, b.serial); };
    return std::ranges::max_element(offer.versions, older)->serial;
}

OfferRequest resolve(const ServerImageRequest& request, std::span<const Offer> offers) {
    OfferRequest wanted = request.wanted;
    if (wanted.architecture.empty()) wanted.architecture = sys::system_name().machine;
    if (request.name.empty()) return wanted;
    auto meant = request_of_alias(offers, request.name, wanted.architecture);
    if (!meant) meant = parse_image_name(request.name, wanted.architecture);
    meant->serial = wanted.serial;
    return *std::move(meant);
}

// What is known of an image before anything of it was fetched.
ImageRecord describe(const ServerAccess& access, const ServerIndex& index, const Choice& choice) {
    const Offer& offer = *choice.offer;
    ImageRecord record;
    record.distribution = offer.distribution;
    record.release = offer.release;
    record.variant = offer.variant;
    record.architecture = machine_name(offer.architecture);
    record.serial = choice.version->serial;
    record.expires = parse_day(offer.support_eol);
    record.protocol = protocol_name(index.protocol);
    record.source = access.server.url;
    record.refresh = fmt::format("{}/{}/{}/{}", offer.distribution, offer.release, offer.variant, offer.architecture);
    record.verified = access.validate;
    record.signer = index.signer;
    for (const auto& [name, value] : offer.requirements) record.properties[std::string(kRequirements) + name] = value;
    if (!offer.aliases.empty()) record.properties[std::string(kAliases)] = join(offer.aliases, ",");
    return record;
}

bool same_build(const ImageRecord& a, const ImageRecord& b) {
    return a.source == b.source && a.refresh == b.refresh && a.serial == b.serial;
}

bool is_whole(const ImageStore& store, const ImageCache& cache, const ImageRecord& record) {
    return store.find_whole(record.fingerprint) && std::ranges::all_of(record.trees, [&](const std::string& tree) { return cache.has_tree(tree); });
}

// One that cannot be read is no answer, and does not keep others from being one.
std::vector<StoredImage> readable_images(const ImageStore& store) {
    std::vector<std::string> problems;
    return store.list(&problems);
}

// The build that is meant, as the store has it: by what it hashes to, or, where the server does not say that, by where
// it is from. One that was taken without verification is no answer to who wants it verified.
std::optional<ImageRecord> stored(const ImageStore& store, const ImageCache& cache, const ImageRecord& wanted, const std::string& fingerprint) {
    std::optional<ImageRecord> found;
    if (!fingerprint.empty()) {
        found = store.find_whole(fingerprint);
    } else {
        for (StoredImage& image : readable_images(store))
            if (!found && same_build(image.record, wanted) && (image.record.verified || !wanted.verified)) found = std::move(image.record);
    }
    if (!found || !is_whole(store, cache, *found)) return std::nullopt;
    return found;
}

void say_verification(const ImageRecord& record, ProgressSink& progress) {
    progress.message(fmt::format("{} {}: {}: {}", record.refresh, record.serial,
                                 record.verified ? "verified" : "warning: not verified", record.verification));
}

// A stored image whose digest an index names that was verified better than it was itself, when it came.
ImageRecord confirm(const ImageStore& store, ImageRecord record, const ImageRecord& wanted, const std::string& how) {
    if (!record.verified && wanted.verified) {
        for (const auto member : {&ImageRecord::protocol, &ImageRecord::source, &ImageRecord::refresh, &ImageRecord::signer})
            record.*member = wanted.*member;
        record.verified = true;
        record.verification = how;
        store.add(record, store.content(record.fingerprint));
    }
    store.touch(record.fingerprint);
    return record;
}

void warn_about(const ImageRecord& record, ProgressSink& progress) {
    if (const auto expired = expiry_text(record, std::time(nullptr)))
        progress.message(fmt::format("warning: {} {} {}", record.refresh, record.serial, *expired));
}

sys::FileLock lock_fetch(const ImageCache& cache, const std::string& key, ProgressSink& progress) {
    const auto file = cache.directory() / "locks" / fmt::format("fetch-{}.lock", sha256_hex(key));
    auto lock = sys::FileLock::acquire(file, 0ms, true);
    if (!lock) {
        progress.message("Waiting for another command that fetches the same image");
        lock = sys::FileLock::acquire(file, kPatience, true);
    }
    if (!lock) throw StateError(StateProblem::Busy, "another command is still fetching the same image");
    return *std::move(lock);
}

// The work of one fetch_server_image() with one index.
class Bringing {
public:
    Bringing(const ServerImageRequest& request, const ImageStore& store, const ImageCache& cache, HttpClient& http,
             ProgressSink& progress)
        : request_(request), store_(store), cache_(cache), http_(http), progress_(progress) {}

    ImageRecord bring(const ServerIndex& index) {
        const auto& access = request_.access;
        const Choice choice = choose_offer(index.offers, resolve(request_, index.offers), access.server.name);
        Seen(cache_, access.allow_rollback).check_serial(access.server.url, choice.offer->product, newest_serial(*choice.offer));
        const FileChoice files = choose_files(*choice.version, kRoots);
        ImageRecord wanted = describe(access, index, choice);
        const std::string how = explain(index, "sha256 of the image");
        if (auto here = stored(store_, cache_, wanted, files.fingerprint)) {
            forget_server_parts(*choice.version, files, cache_);
            return use(std::move(*here), wanted, how);
        }
        const auto lock = lock_fetch(cache_, access.server.url + wanted.refresh + wanted.serial, progress_);
        if (auto here = stored(store_, cache_, wanted, files.fingerprint)) return use(std::move(*here), wanted, how);
        wanted.fingerprint = files.fingerprint;
        return import(index, choice, files, std::move(wanted));
    }

    [[nodiscard]] bool download_failed() const noexcept { return download_failed_; }

private:
    ImageRecord use(ImageRecord here, const ImageRecord& wanted, const std::string& how) {
        auto record = confirm(store_, std::move(here), wanted, how);
        progress_.message(fmt::format("{} {} is here already", record.refresh, record.serial));
        warn_about(record, progress_);
        return record;
    }

    ImageRecord import(const ServerIndex& index, const Choice& choice, const FileChoice& files, ImageRecord wanted) {
        download_failed_ = true; // unless it goes on from here
        auto fetched = fetch_server_parts(request_.access, *choice.version, files, cache_, http_, progress_);
        download_failed_ = false;
        if (!fetched.signer.empty()) wanted.signer = fetched.signer;
        wanted.verification = explain(index, fetched.how);
        const auto record = import_image(store_, cache_, std::move(fetched.parts), {.record = std::move(wanted)}, progress_);
        for (const auto& path : fetched.downloads) sys::remove_file(path);
        say_verification(record, progress_);
        warn_about(record, progress_);
        return record;
    }

    [[nodiscard]] std::string explain(const ServerIndex& index, const std::string& parts) const {
        return fmt::format("{}{}; {}", request_.access.validate ? "" : "--no-validate: no signature was looked at; ", index.how, parts);
    }

    const ServerImageRequest& request_;
    const ImageStore& store_;
    const ImageCache& cache_;
    HttpClient& http_;
    ProgressSink& progress_;
    bool download_failed_ = false;
};

// What the store has from that server, as if that were an index.
std::vector<Offer> offers_of(const ImageStore& store, const ImageCache& cache, const std::string& source) {
    std::vector<Offer> offers;
    for (const StoredImage& image : readable_images(store)) {
        const ImageRecord& record = image.record;
        if (record.source != source || !is_whole(store, cache, record)) continue;
        Offer offer{.product = record.fingerprint, .distribution = record.distribution, .release = record.release,
                    .release_names = {}, .variant = record.variant, .architecture = debian_architecture(record.architecture),
                    .aliases = {}, .requirements = {}, .support_eol = {}, .versions = {}};
        const auto aliases = record.properties.find(std::string(kAliases));
        if (aliases != record.properties.end())
            for (const auto alias : split(aliases->second, ',')) offer.aliases.emplace_back(alias);
        add_release_names_of_aliases(offer);
        offer.versions.push_back({.serial = record.serial, .files = {OfferedFile{}}});
        offers.push_back(std::move(offer));
    }
    return offers;
}

std::optional<ImageRecord> newest_stored(const ServerImageRequest& request, const ImageStore& store, const ImageCache& cache) {
    const auto offers = offers_of(store, cache, request.access.server.url);
    try {
        return store.find(choose_offer(offers, resolve(request, offers), "the store").offer->product);
    } catch (const Error&) {
        return std::nullopt; // it has none that is meant
    }
}

} // namespace

ImageRecord fetch_server_image(const ServerImageRequest& request, const ImageStore& store, const ImageCache& cache,
                               HttpClient& http, ProgressSink& progress) {
    if (request.force_cache) {
        if (const auto here = newest_stored(request, store, cache)) {
            warn_about(*here, progress);
            store.touch(here->fingerprint);
            say_verification(*here, progress);
            return *here;
        }
    }
    Bringing bringing(request, store, cache, http, progress);
    const auto index = read_server_index(request.access, cache, http, progress);
    try {
        return bringing.bring(index);
    } catch (const Error&) {
        if (!index.from_disk || !bringing.download_failed()) throw;
    }
    // The server may have taken the build away since.
    ServerAccess access = request.access;
    access.flush_cache = true;
    return bringing.bring(read_server_index(access, cache, http, progress));
}

ServerImageRequest refresh_request(const ImageRecord& record, const ImageServers& servers) {
    const bool ours = record.protocol == protocol_name(ServerProtocol::Simplestreams) ||
                      record.protocol == protocol_name(ServerProtocol::Classic);
    if (!ours || record.refresh.empty())
        throw Error(fmt::format("it came by {} from {}, which cannot be asked for a newer one", record.protocol, record.source));
    ServerImageRequest request;
    request.access.server = servers.find(record.source);
    request.name = record.refresh;
    return request;
}

} // namespace lxcpp::image
