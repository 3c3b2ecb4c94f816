// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_fetch.h"

#include "base/error.h"
#include "base/strings.h"
#include "distrobuilder/source_download.h"
#include "distrobuilder/source_sums.h"
#include "image/digest.h"
#include "image/http_url.h"
#include "image/seen.h"
#include "sys/file.h"
#include "sys/file_io.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <utility>

namespace lxcpp::distro {
namespace {

constexpr std::string_view kHttps = "https://";

std::string shown(const std::string& url) { return printable(image::display_url(url)); }
std::string name_of(const std::string& url) { return printable(image::file_name(url)); }
std::string base_name(const std::string& url) { return url.substr(url.rfind('/') + 1); }

std::string require(std::optional<std::string> text, const std::string& url) {
    if (!text) throw Error(shown(url) + ": there is no such file");
    return *std::move(text);
}

template <typename Body>
image::Verified explained(const std::string& url, Body&& body) {
    try {
        return body();
    } catch (const Error& error) {
        throw Error(fmt::format("{}: {}{}", shown(url), error.what(), key_advice(error.what())));
    }
}

// A digest that the recipe gives and one that a list gives are both meant.
void require_pin(const SourceFile& file, const std::string& pin) {
    if (pin.empty() || file.sha256.empty() || file.sha256 == pin) return;
    throw Error(fmt::format("{}: sha256 is {}, source.sha256 says {}", shown(file.url), file.sha256, pin));
}

SourceFile listed_file(const SourceArchive& archive, std::string_view list) {
    SourceFile file{.url = archive.url, .sha256 = {}, .sha512 = {}};
    auto digest = with_context(shown(archive.list_url), [&] { return listed_digest(list, base_name(archive.url), archive.list_digest, archive.list_of_one); });
    (archive.list_digest == Digest::Sha512 ? file.sha512 : file.sha256) = std::move(digest);
    return file;
}

} // namespace

std::string SourceFile::digest() const { return sha256.empty() ? "sha512:" + sha512 : "sha256:" + sha256; }

std::string SourceFetch::text(const std::string& url) const { return require(fetch_small(work_, url), url); }

void SourceFetch::say(const SourceArchive& archive, std::string_view how, bool doubtful) {
    verification_.push_back({fmt::format("{}: {}", name_of(archive.url), how), doubtful});
}

SourceFile SourceFetch::locate(const SourceArchive& archive) {
    const std::string pin = std::exchange(pin_, {});
    if (keys_.declared()) return locate_signed(archive, pin);
    if (!pin.empty()) {
        say(archive, "sha256 of the recipe", false);
        return {.url = archive.url, .sha256 = image::check_sha256(pin, "source.sha256"), .sha512 = {}};
    }
    if (work_.recipe.source.skip_verification) {
        SourceFile file = locate_as_it_is(archive);
        say(archive, "not verified at all: the recipe has source.skip_verification", true);
        return file;
    }
    if (!archive.list_url.empty()) return locate_listed(archive);
    if (archive.from_anywhere || !archive.url.starts_with(kHttps))
        throw Error(fmt::format("{}: nothing says that it is right: give its source.sha256 (or source.keys, if it is signed)", shown(archive.url)));
    SourceFile file = locate_as_it_is(archive);
    say(archive, "nobody signed it: only TLS says that it is the server's", true);
    return file;
}

SourceFile SourceFetch::locate_as_it_is(const SourceArchive& archive) {
    SourceFile file{.url = archive.url, .sha256 = {}, .sha512 = {}};
    file.sha256 = local_path(archive.url, work_.directory) ? copy_local(work_, archive.url) : fetch_newest(work_, archive.url);
    return file;
}

SourceFile SourceFetch::locate_listed(const SourceArchive& archive) {
    if (!archive.url.starts_with(kHttps) || !archive.list_url.starts_with(kHttps))
        throw Error(fmt::format("{}: nothing says that it is right: without source.keys it takes https, or source.sha256", shown(archive.url)));
    SourceFile file = listed_file(archive, text(archive.list_url));
    say(archive, fmt::format("{} of {}, which nobody signed: only TLS says that it is the server's", digest_name(archive.list_digest), name_of(archive.list_url)), true);
    return file;
}

// The content of the signature over the archive or its list.
std::string SourceFetch::signature_of(const SourceArchive& archive) const {
    if (!archive.signature_url.empty()) {
        auto signature = fetch_small(work_, archive.signature_url);
        if (signature) return *std::move(signature);
        throw Error(fmt::format("{}: there is no such signature, and the recipe has source.keys", shown(archive.signature_url)));
    }
    if (!archive.from_anywhere) throw Error(fmt::format("{}: the recipe has source.keys, but nothing there is signed", shown(archive.url)));
    for (const std::string_view suffix : {".asc", ".sig"}) {
        if (auto signature = fetch_small(work_, fmt::format("{}{}", archive.url, suffix))) return *std::move(signature);
    }
    throw Error(fmt::format("{}: there is neither a .asc nor a .sig beside it, and the recipe has source.keys", shown(archive.url)));
}

image::Verified SourceFetch::verify_list(const SourceArchive& archive) const {
    const std::string list = text(archive.list_url);
    const std::string signature = archive.clear_signed ? std::string() : signature_of(archive);
    return explained(archive.list_url, [&] {
        return archive.clear_signed ? image::verify_inline(list, keys_.verify_options()) : image::verify_detached(list, signature, keys_.verify_options());
    });
}

// A mirror, or who stands before it, may go on showing what was right once: a listing that nobody signs leads to it.
void SourceFetch::refuse_older(const SourceArchive& archive, std::time_t signed_at) const {
    const Recipe& recipe = work_.recipe;
    const std::string which = archive.package.empty() ? fmt::format("file {}", verification_.size() + 1) : printable(archive.package);
    const std::string place = fmt::format("{} {} {} {} {} ({})", recipe.source.downloader, shown(recipe.source.url), recipe.image.release, recipe.image.architecture_mapped,
                                          recipe.source.variant.empty() ? recipe.image.variant : recipe.source.variant, which);
    image::Seen(work_.cache, recipe.source.skip_verification, "source.skip_verification").check_signature(place, signed_at);
}

SourceFile SourceFetch::locate_signed(const SourceArchive& archive, const std::string& pin) {
    SourceFile file;
    image::Verified verified;
    std::string how;
    if (archive.list_url.empty() || archive.archive_signed) {
        const std::string signature = signature_of(archive);
        file = locate_as_it_is(archive);
        const OpenedFile opened = open(file);
        verified = explained(archive.url, [&] { return image::verify_detached(opened.file, signature, keys_.verify_options()); });
    } else {
        verified = verify_list(archive);
        file = listed_file(archive, verified.text);
        how = fmt::format("{} of {}, ", digest_name(archive.list_digest), name_of(archive.list_url));
    }
    require_pin(file, pin);
    if (!pin.empty()) file.sha256 = pin;
    refuse_older(archive, verified.signed_at);
    say(archive, fmt::format("{}signed by {}", how, verified.fingerprint), false);
    return file;
}

OpenedFile SourceFetch::open(const SourceFile& file) const {
    if (file.sha256.empty()) {
        OpenedFile opened{.file = open_by_sha512(work_, file.url, file.sha512), .sha256 = {}};
        opened.sha256 = image::sha256_of(opened.file, file.url);
        sys::seek_to(opened.file, 0, file.url);
        return opened;
    }
    OpenedFile opened{.file = open_by_sha256(work_, file.url, file.sha256), .sha256 = file.sha256};
    if (!file.sha512.empty()) require_sha512(opened.file, file.sha512, shown(file.url));
    return opened;
}

} // namespace lxcpp::distro
