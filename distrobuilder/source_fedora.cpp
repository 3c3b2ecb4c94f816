// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_fedora.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "distrobuilder/oci_platform.h"
#include "distrobuilder/source_fetch.h"
#include "distrobuilder/source_oci.h"
#include "image/http_url.h"
#include "image/oci_local.h"
#include "image/unpack.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr int kFormat = 1; // raise when the same archive would give another tree

class FedoraSource final : public RootSource {
public:
    explicit FedoraSource(const SourceWork& work) : work_(work), fetch_(work), platform_(platform_of(work.recipe.image)) {
        const FetchText text = [this](const std::string& url) { return fetch_.text(url); };
        file_ = fetch_.locate(plan_fedora({work.recipe.image, work.recipe.source, text}));
        identity_ = sha256_hex(fmt::format("oci archive {} {} {}\n", kFormat, file_.digest(), platform_.text()));
    }

    [[nodiscard]] const std::string& identity() const noexcept override { return identity_; }
    [[nodiscard]] const std::vector<Verification>& verification() const noexcept override {
        return fetch_.verification();
    }

    void unpack(const std::filesystem::path& root) override {
        const std::string name = printable(image::file_name(file_.url));
        const sys::TempDir layout(work_.scratch, "layout-");
        const OpenedFile opened = fetch_.open(file_);
        const auto unpacked = image::unpack_archive(opened.file, name, sys::RootedDir::open(layout.path()), {}, work_.progress);
        if (unpacked.sha256 != opened.sha256) throw Error(fmt::format("{}: somebody changed it while it was unpacked", name));
        with_context(name, [&] {
            const image::OciReference reference{.transport = image::OciTransport::Layout, .path = layout.path().string()};
            const auto source = image::open_local_image(reference, work_.scratch);
            unpack_oci_image(*source, image::resolve_oci_image(*source, platform_), sys::RootedDir::open(root), work_.progress);
        });
    }

private:
    const SourceWork& work_;
    SourceFetch fetch_;
    image::OciPlatform platform_;
    SourceFile file_;
    std::string identity_;
};

} // namespace

SourceArchive plan_fedora(const SourceRequest& request) {
    const std::string& release = request.release();
    const std::string builds = fmt::format("{}/packages/Fedora-Container-Base-Generic/{}/", request.base(), release);
    std::string build = newest_name(request, builds, "[0-9]*/");
    build.pop_back();
    return {.url = fmt::format("{}{}/images/Fedora-Container-Base-Generic-{}-{}.{}.oci.tar.xz", builds, build, release, build, request.architecture())};
}

std::unique_ptr<RootSource> open_fedora_source(const SourceWork& work) {
    return with_context("fedora-http", [&] { return std::make_unique<FedoraSource>(work); });
}

} // namespace lxcpp::distro
