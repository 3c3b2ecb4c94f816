// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_openwrt.h"

#include "base/ascii.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "distrobuilder/ext4_tree.h"
#include "distrobuilder/source_fetch.h"
#include "distrobuilder/source_iso.h"
#include "distrobuilder/source_rhel_names.h"
#include "image/http_url.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <fnmatch.h>

namespace lxcpp::distro {
namespace {

constexpr int kFormat = 1; // raise when the same image would give another tree
constexpr unsigned kRootPartition = 2;
constexpr std::uint64_t kTable = 1u << 20; // as far as the table of partitions goes

bool matches(const char* pattern, const std::string& text) { return ::fnmatch(pattern, text.c_str(), FNM_EXTMATCH) == 0; }

// "24.10" is the newest of 24.10.0, 24.10.1, …; a release candidate only where there is nothing else.
std::string service_release(const SourceRequest& request, const std::string& release) {
    if (!matches("+([0-9]).+([0-9])", release)) return release;
    const std::string series = literal(release) + ".+([0-9])";
    std::string found = newest_of(request, request.base() + "/releases/", {series + "/", series + "-rc+([0-9])/"});
    found.pop_back();
    return found;
}

// Targets have a folder for each part of their name, files do not.
std::string target_path(std::string architecture) {
    if (const auto dash = architecture.find('-'); dash != std::string::npos) architecture[dash] = '/';
    return architecture;
}

// Bytes after the compressed data are a signature of OpenWrt's own: only as far as the partition reaches is looked at.
Fd expand_until_root(FdRef file, const std::string& name, const std::filesystem::path& scratch, ByteRange& root) {
    const auto expanded = [&](const char* as, std::uint64_t end) {
        Fd disk = sys::open_file(scratch / as, {.access = sys::Access::ReadWrite, .create = true, .exclusive = true, .mode = 0600});
        expand_disk_image(file, name, disk, end);
        return disk;
    };
    root = find_partition(expanded("table", kTable), name, kRootPartition);
    return expanded("disk", root.offset + root.size);
}

class OpenWrtSource final : public RootSource {
public:
    explicit OpenWrtSource(const SourceWork& work) : work_(work), fetch_(work) {
        const SourceSection& source = work.recipe.source;
        if (!fetch_.keys().declared() && source.sha256.empty() && !source.skip_verification)
            throw Error("openwrt-http: its lists are signed, so it takes source.keys (or source.sha256, or source.skip_verification)");
        const FetchText text = [this](const std::string& url) { return fetch_.text(url); };
        file_ = fetch_.locate(plan_openwrt({work.recipe.image, source, text}));
        identity_ = sha256_hex(fmt::format("openwrt {} {}\n", kFormat, file_.digest()));
    }

    [[nodiscard]] const std::string& identity() const noexcept override { return identity_; }
    [[nodiscard]] const std::vector<Verification>& verification() const noexcept override {
        return fetch_.verification();
    }

    void unpack(const std::filesystem::path& root) override {
        const sys::TempDir scratch(work_.scratch, "openwrt-");
        const OpenedFile opened = fetch_.open(file_);
        const std::string name = printable(image::file_name(file_.url));
        image::ProgressPhase phase(work_.progress, "Unpacking " + name, 0);
        ByteRange range;
        const Fd disk = expand_until_root(opened.file, name, scratch.path(), range);
        (void)unpack_ext4(disk, range, name, sys::RootedDir::open(root));
        phase.end();
    }

private:
    const SourceWork& work_;
    SourceFetch fetch_;
    SourceFile file_;
    std::string identity_;
};

} // namespace

SourceArchive plan_openwrt(const SourceRequest& request) {
    const std::string& wanted = request.release();
    const bool snapshot = wanted == "snapshot";
    const std::string release = snapshot ? "" : service_release(request, wanted);
    const std::string place = snapshot ? "snapshots" : "releases/" + release;
    const std::string directory = fmt::format("{}/{}/targets/{}/", request.base(), place, target_path(request.architecture()));
    return {.url = fmt::format("{}openwrt-{}{}-generic-ext4-combined-efi.img.gz", directory, snapshot ? "" : ascii_lower(release) + "-", request.architecture()),
            .list_url = directory + "sha256sums",
            .list_digest = Digest::Sha256,
            .signature_url = directory + "sha256sums.asc"};
}

std::unique_ptr<RootSource> open_openwrt_source(const SourceWork& work) { return std::make_unique<OpenWrtSource>(work); }

} // namespace lxcpp::distro
