// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_archive.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "distrobuilder/host_programs.h"
#include "distrobuilder/runnable.h"
#include "distrobuilder/source.h"
#include "distrobuilder/source_fetch.h"
#include "image/http_url.h"
#include "image/unpack.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr int kFormat = 2; // raise when the same archives would give another tree

class ArchiveSource final : public RootSource {
public:
    explicit ArchiveSource(const SourceWork& work)
        : work_(work), fetch_(work), plan_(plan_source(work.recipe, [this](const std::string& url) { return fetch_.text(url); })) {
        std::string what = fmt::format("archives {}\n", kFormat);
        for (const SourceArchive& archive : plan_.archives) {
            files_.push_back(fetch_.locate(archive));
            what += fmt::format("{} {} {}\n", files_.back().digest(), ansi_quote(archive.root), ansi_quote(archive.target));
        }
        if (!plan_.scripts.empty()) require_runnable(work.recipe.image, work.scratch);
        for (const std::string& script : plan_.scripts) what += fmt::format("{}\n", sha256_hex(script));
        if (uses_network())
            for (const std::string& variable : build_environment(work.recipe)) what += ansi_quote(variable) + '\n';
        identity_ = sha256_hex(what);
    }

    [[nodiscard]] const std::string& identity() const noexcept override { return identity_; }
    [[nodiscard]] bool uses_network() const noexcept override { return !plan_.scripts.empty(); }
    [[nodiscard]] const std::vector<Verification>& verification() const noexcept override { return fetch_.verification(); }

    void unpack(const std::filesystem::path& root) override {
        const auto tree = sys::RootedDir::open(root);
        for (std::size_t i = 0; i < files_.size(); ++i) unpack_one(plan_.archives[i], files_[i], tree);
        tree.chmod("", 0755); // some archives have the mode of a directory of whoever packed them
        const Sandbox sandbox({.root = root, .env = with_proxies(build_environment(work_.recipe)), .log = work_.log});
        for (const std::string& script : plan_.scripts) run(sandbox, script);
    }

private:
    void unpack_one(const SourceArchive& archive, const SourceFile& file, const sys::RootedDir& tree) {
        const OpenedFile opened = fetch_.open(file);
        if (!archive.target.empty()) tree.make_dirs(archive.target, 0755, sys::Links::InRoot);
        const auto to = tree.sub_dir(archive.target, sys::Links::InRoot);
        const std::string name = printable(image::file_name(archive.url));
        image::UnpackOptions options;
        options.below = archive.root;
        const auto unpacked = image::unpack_archive(opened.file, name, to, options, work_.progress);
        if (unpacked.sha256 != opened.sha256) throw Error(fmt::format("{}: somebody changed it while it was unpacked", name));
        if (unpacked.entries == 0) throw Error(fmt::format("{}: has nothing{}", name, archive.root.empty() ? "" : " below " + archive.root));
        if (unpacked.skipped_devices != 0)
            work_.progress.message(fmt::format("{}: {} device nodes were left out; a container gets its own", name, unpacked.skipped_devices));
    }

    void run(const Sandbox& sandbox, const std::string& script) const {
        const int status = sandbox.run_script(script);
        if (status != 0) throw Error(fmt::format("{}: its script failed with exit status {}:\n{}", work_.recipe.source.downloader, status, script));
    }

    const SourceWork& work_;
    SourceFetch fetch_;
    SourcePlan plan_;
    std::vector<SourceFile> files_;
    std::string identity_;
};

} // namespace

std::unique_ptr<RootSource> open_archive_source(const SourceWork& work) { return std::make_unique<ArchiveSource>(work); }

} // namespace lxcpp::distro
