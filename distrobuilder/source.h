// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe.h"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Where a recipe's root file system comes from, for sources that are an archive on some server: what is fetched, how
// it is verified, and what of it is unpacked. Each source is one short function in a file of its own name.
namespace lxcpp::distro {

enum class Digest { None, Sha256, Sha512 };

// One archive, and what says that it is right.
struct SourceArchive {
    std::string url;
    // A list of checksums ("HASH  NAME", BSD's "SHA256 (NAME) = HASH", several kinds under each other), in which the
    // archive's name is looked up.
    std::string list_url = {};
    Digest list_digest = Digest::None;
    bool list_of_one = false; // it is of this archive alone: its digest counts, whatever name stands beside it
    // Over the list; over the archive when there is none, or archive_signed. clear_signed: the list itself holds it.
    std::string signature_url = {};
    bool clear_signed = false;
    bool archive_signed = false;
    // The URL is the recipe's own word: that a server of that name sent it says nothing.
    bool from_anywhere = false;
    std::string root = {};   // the directory of the archive that becomes the root; empty: all of it
    std::string target = {}; // the directory of the tree that it is unpacked to; empty: the root
    // What it is called in all its versions, where others may come before it tomorrow that are not there today.
    std::string package = {};

    bool operator==(const SourceArchive&) const = default;
};

struct SourcePlan {
    std::vector<SourceArchive> archives; // in order
    // Run inside the tree afterwards: scripts with their "#!" line.
    std::vector<std::string> scripts = {};

    bool operator==(const SourcePlan&) const = default;
};

// The text behind a URL: a listing of a directory, or an index. Throws Error.
using FetchText = std::function<std::string(const std::string& url)>;

// Throws Error naming what the recipe lacks or the server has not. recipe is filled in: source.url is what it means.
[[nodiscard]] SourcePlan plan_source(const Recipe& recipe, const FetchText& fetch);

// Whether plan_source() knows the downloader; the others (debootstrap, docker-http, ...) have ways of their own.
[[nodiscard]] bool is_archive_source(std::string_view downloader) noexcept;

// --- for those functions ---

struct SourceRequest {
    const ImageSection& image;
    const SourceSection& source;
    const FetchText& fetch;

    // source.url, or what the source has when there is none; without '/' at its end.
    [[nodiscard]] std::string base(std::string_view otherwise = {}) const;
    // image.release; Error when there is none.
    [[nodiscard]] const std::string& release() const;
    [[nodiscard]] const std::string& architecture() const { return image.architecture_mapped; }
};

// The targets of the links of a listing of a directory, as servers write them; "NAME/" for directories.
[[nodiscard]] std::vector<std::string> listed_names(std::string_view html);
// The name that matches pattern (fnmatch(3), with +([0-9]) and the like) and is the newest by its numbers. Error naming
// url when none does.
[[nodiscard]] std::string newest_name(const SourceRequest& request, const std::string& url, const std::string& pattern);
// A text as a part of such a pattern that stands for itself.
[[nodiscard]] std::string literal(std::string_view text);
// "3.9" before "3.10", letters by their bytes.
[[nodiscard]] bool version_less(std::string_view left, std::string_view right);

[[nodiscard]] SourcePlan plan_alpaquita(const SourceRequest& request);
[[nodiscard]] SourcePlan plan_alpine(const SourceRequest& request);
[[nodiscard]] SourcePlan plan_alt(const SourceRequest& request);
[[nodiscard]] SourcePlan plan_apertis(const SourceRequest& request);
[[nodiscard]] SourcePlan plan_arch(const SourceRequest& request);
[[nodiscard]] SourcePlan plan_funtoo(const SourceRequest& request);
[[nodiscard]] SourcePlan plan_gentoo(const SourceRequest& request);
[[nodiscard]] SourcePlan plan_nixos(const SourceRequest& request);
[[nodiscard]] SourcePlan plan_opensuse(const SourceRequest& request);
[[nodiscard]] SourcePlan plan_rootfs(const SourceRequest& request);
[[nodiscard]] SourcePlan plan_ubuntu(const SourceRequest& request);
[[nodiscard]] SourcePlan plan_void(const SourceRequest& request);

} // namespace lxcpp::distro
