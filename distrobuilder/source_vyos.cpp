// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_vyos.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "distrobuilder/iso_reader.h"
#include "distrobuilder/source_fetch.h"
#include "distrobuilder/source_iso.h"
#include "image/http_url.h"
#include "image/json_document.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr int kFormat = 1; // raise when the same image would give another tree
constexpr std::string_view kReleases = "https://api.github.com/repos/vyos/vyos-rolling-nightly-builds/releases/latest";
constexpr std::string_view kTree = "live/filesystem.squashfs";

// The last asset that is an image, as distrobuilder chooses.
std::string newest_image(const std::string& url, std::string_view text) {
    const image::JsonDocument document(text, printable(image::display_url(url)));
    std::string found;
    for (const auto& asset : document.root().at("assets").items()) {
        if (asset.at("name").text().ends_with(".iso")) found = asset.at("browser_download_url").text();
    }
    if (found.empty()) throw Error(fmt::format("{}: the release has no .iso", printable(image::display_url(url))));
    return found;
}

SourceArchive plan(const SourceSection& source, const SourceFetch& fetch) {
    const std::string url = source.url.empty() ? std::string(kReleases) : source.url;
    if (url.ends_with(".iso")) return {.url = url, .from_anywhere = true};
    const std::string image = newest_image(url, fetch.text(url));
    return {.url = image, .signature_url = image + ".asc"};
}

class VyOsSource final : public RootSource {
public:
    explicit VyOsSource(const SourceWork& work)
        : work_(work), fetch_(work), file_(fetch_.locate(plan(work.recipe.source, fetch_))), identity_(sha256_hex(fmt::format("vyos {} {}\n", kFormat, file_.digest()))) {}

    [[nodiscard]] const std::string& identity() const noexcept override { return identity_; }
    [[nodiscard]] const std::vector<Verification>& verification() const noexcept override {
        return fetch_.verification();
    }

    void unpack(const std::filesystem::path& root) override {
        const sys::TempDir scratch(work_.scratch, "vyos-");
        const OpenedFile opened = fetch_.open(file_);
        const std::string name = printable(image::file_name(file_.url));
        const Fd tree = sys::open_file(scratch.path() / "tree", {.access = sys::Access::ReadWrite, .create = true, .exclusive = true, .mode = 0600});
        IsoImage(opened.file, name).copy(std::string(kTree), tree);
        unpack_live_image(tree, fmt::format("{}: {}", name, kTree), scratch.path(), sys::RootedDir::open(root), work_.progress);
    }

private:
    const SourceWork& work_;
    SourceFetch fetch_;
    SourceFile file_;
    std::string identity_;
};

} // namespace

std::unique_ptr<RootSource> open_vyos_source(const SourceWork& work) { return std::make_unique<VyOsSource>(work); }

} // namespace lxcpp::distro
