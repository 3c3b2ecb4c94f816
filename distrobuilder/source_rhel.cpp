// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_rhel.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "distrobuilder/ext4_tree.h"
#include "distrobuilder/host_programs.h"
#include "distrobuilder/iso_reader.h"
#include "distrobuilder/runnable.h"
#include "distrobuilder/source_download.h"
#include "distrobuilder/source_fetch.h"
#include "distrobuilder/source_iso.h"
#include "distrobuilder/source_rhel_install.h"
#include "distrobuilder/tree_move.h"
#include "image/http_url.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <map>
#include <optional>
#include <utility>

namespace lxcpp::distro {
namespace {

constexpr int kFormat = 2; // raise when the same image would give another tree
constexpr std::size_t kLargestKey = 1u << 20;
constexpr std::uint64_t kProbe = 4096; // an image is larger

// A file of a server that lists nothing: too large to be had counts as there, and what else goes wrong is told by who fetches it.
bool exists(const SourceWork& work, const std::string& url) {
    image::SilentProgress silent;
    try {
        return work.http.fetch({.url = url, .max_bytes = kProbe, .missing_ok = true}, silent).found;
    } catch (const Error&) {
        return true;
    }
}

RhelPlan plan_of(const SourceWork& work) {
    require_runnable(work.recipe.image, work.cache.scratch());
    const FetchText fetch = [&work](const std::string& url) {
        auto text = fetch_small(work, url);
        if (!text) throw Error(fmt::format("{}: there is no such file", printable(image::display_url(url))));
        return *std::move(text);
    };
    return plan_rhel({.source = {work.recipe.image, work.recipe.source, fetch}, .exists = [&work](const std::string& url) { return exists(work, url); }});
}

Recipe without_keys(Recipe recipe) {
    recipe.source.keys.clear();
    recipe.source.key_files.clear();
    return recipe;
}

// Where a medium has its packages: directories of packages and of what describes them.
struct MediumPackages {
    std::string packages;
    std::string repodata;
};

std::optional<MediumPackages> find_packages(const IsoImage& iso, const std::string& media) {
    std::vector<std::string> places{"", "BaseOS/"};
    if (!media.empty()) places.push_back(media + "/");
    for (const std::string& place : places) {
        const MediumPackages found{place + "Packages", place + "repodata"};
        if (!iso.below(found.packages).empty() && !iso.below(found.repodata).empty()) return found;
    }
    return std::nullopt;
}

void add_files(const IsoImage& iso, const std::string& directory, const std::string& target, std::map<std::string, std::string>& wanted) {
    for (const std::string& path : iso.below(directory)) wanted.emplace(path, target + path.substr(directory.size()));
}

// Whether a medium brings its packages is known when one was looked into, for which all of it is needed: it is remembered.
std::filesystem::path medium_record(const SourceWork& work, const SourceFile& file, const std::string& media) {
    return work.cache.directory() / "media" / sha256_hex(fmt::format("{} {}", file.digest(), media));
}

class RhelSource final : public RootSource {
public:
    explicit RhelSource(const SourceWork& work)
        : work_(work), plan_(plan_of(work)), stripped_(without_keys(work.recipe)),
          stripped_work_{stripped_, work.http, work.cache, work.scratch, work.progress, work.directory, work.log, work.now},
          fetch_(plan_.signature ? work_ : stripped_work_), file_(fetch_.locate(plan_.image)), verification_(fetch_.verification()) {
        if (!plan_.signature) package_keys_.emplace(work_);
        verification_.push_back(of_packages());
        from_medium_ = sys::exists(medium_record(work_, file_, plan_.media));
        identity_ = sha256_hex(describe());
    }

    [[nodiscard]] const std::string& identity() const noexcept override { return identity_; }
    [[nodiscard]] bool uses_network() const noexcept override { return !from_medium_; }
    [[nodiscard]] const std::vector<Verification>& verification() const noexcept override { return verification_; }

    void unpack(const std::filesystem::path& root) override {
        const sys::TempDir scratch(work_.scratch, "install-");
        sys::make_dir(scratch.path() / "base", 0755);
        const auto tree = sys::RootedDir::open(scratch.path() / "base");
        const OpenedFile opened = fetch_.open(file_);
        const std::string name = printable(image::file_name(plan_.image.url));
        const RpmOrigin origin = name.ends_with(".iso") ? unpack_medium(opened.file, name, scratch.path(), tree) : unpack_disk(opened.file, name, scratch.path(), tree);
        const auto install = rpm_install(origin, plan_.signature, keys().declared(), work_.recipe.source.skip_verification);
        with_context(name, [&] { prepare_install(tree, plan_, install, keys()); });
        run(tree, scratch.path() / "base", install);
        take(tree, root, name);
        if (origin == RpmOrigin::Medium) remember_medium();
    }

private:
    // The recipe's, which are those of packages alone where nobody signs the image.
    [[nodiscard]] const SourceKeys& keys() const noexcept { return package_keys_ ? *package_keys_ : fetch_.keys(); }

    // All that decides what the tree is, but what servers have.
    [[nodiscard]] std::string describe() const {
        std::string what = fmt::format("rhel {} {}\n", kFormat, file_.digest());
        const auto add = [&what](const std::string& text) { what += ansi_quote(text) + '\n'; };
        for (const std::string& part : install_arguments(plan_, {})) add(part);
        for (const RpmRepository& one : plan_.repositories) add(fmt::format("{} {}", one.name, one.url));
        add(plan_.media);
        add(plan_.raw_repository);
        for (const auto& keyring : keys().keyrings()) add(sha256_hex(sys::read_file(keyring, kLargestKey)));
        for (const Verification& one : verification_) add(one.text);
        for (const std::string& variable : build_environment(work_.recipe)) add(variable);
        return what + std::string(install_script());
    }

    void remember_medium() {
        const auto record = medium_record(work_, file_, plan_.media);
        sys::make_private_dirs(record.parent_path());
        sys::write_file_atomic(record, "it brings its packages\n", 0600);
        from_medium_ = true;
    }

    [[nodiscard]] Verification of_packages() const {
        if (keys().declared())
            return {fmt::format("packages: signed by source.keys{}",
                                plan_.signature ? ", or of that image" : "")};
        if (work_.recipe.source.skip_verification)
            return {"packages: not verified at all: the recipe has source.skip_verification", true};
        return {"packages: of that image, or signed by a key that it brings"};
    }

    RpmOrigin unpack_medium(FdRef file, const std::string& name, const std::filesystem::path& scratch, const sys::RootedDir& tree) {
        const IsoImage iso(file, name);
        const std::string live = iso.has("LiveOS/squashfs.img") ? "LiveOS/squashfs.img" : "images/install.img";
        if (!iso.has(live)) throw Error(fmt::format("{}: has neither LiveOS/squashfs.img nor images/install.img", name));
        const Fd image = sys::open_file(scratch / "image", {.access = sys::Access::ReadWrite, .create = true, .exclusive = true, .mode = 0600});
        image::ProgressPhase reading(work_.progress, "Reading " + name, 0);
        iso.copy(live, image);
        reading.end();
        unpack_live_image(image, fmt::format("{}: {}", name, live), scratch, tree, work_.progress);
        const auto packages = find_packages(iso, plan_.media);
        if (!packages) return RpmOrigin::Server;
        tree.make_dirs("mnt/cdrom", 0755, sys::Links::InRoot);
        std::map<std::string, std::string> wanted;
        add_files(iso, packages->packages, "Packages", wanted);
        add_files(iso, packages->repodata, "repodata", wanted);
        image::ProgressPhase copying(work_.progress, "Copying the packages of " + name, 0);
        iso.copy(wanted, tree.sub_dir("mnt/cdrom", sys::Links::InRoot));
        copying.end(image::format_amount(wanted.size(), image::ProgressUnit::Items) + " files");
        return RpmOrigin::Medium;
    }

    // The last partition is the root file system.
    RpmOrigin unpack_disk(FdRef file, const std::string& name, const std::filesystem::path& scratch, const sys::RootedDir& tree) {
        const Fd disk = sys::open_file(scratch / "disk", {.access = sys::Access::ReadWrite, .create = true, .exclusive = true, .mode = 0600});
        expand_disk_image(file, name, disk);
        (void)unpack_ext4(disk, read_partitions(disk, name).back().range, name, tree);
        return RpmOrigin::Own;
    }

    void run(const sys::RootedDir& tree, const std::filesystem::path& base, const RpmInstall& install) {
        if (tree.exists("rootfs")) throw Error("the installation image has a /rootfs already");
        const Sandbox sandbox({.root = base, .env = with_proxies(build_environment(work_.recipe)), .log = work_.log});
        image::ProgressPhase phase(work_.progress, "Installing the base system", 0);
        const int code = sandbox.run_script(install_script(), install_arguments(plan_, install));
        if (code != 0) throw Error(fmt::format("installing the base system in a sandbox of the installation image failed (exit code {})", code));
        phase.end();
    }

    void take(const sys::RootedDir& tree, const std::filesystem::path& root, const std::string& name) {
        const auto made = tree.sub_dir("rootfs");
        if (!made.exists("etc/os-release", sys::Links::InRoot) && !made.exists("usr/lib/os-release", sys::Links::InRoot))
            throw Error(fmt::format("{}: its installation ended well, but made no system (there is no os-release)", name));
        move_tree(made, sys::RootedDir::open(root), work_.progress);
    }

    const SourceWork& work_;
    RhelPlan plan_;
    Recipe stripped_;
    SourceWork stripped_work_;
    SourceFetch fetch_;
    SourceFile file_;
    std::optional<SourceKeys> package_keys_; // when those of fetch_ are not the recipe's
    bool from_medium_ = false;
    std::vector<Verification> verification_;
    std::string identity_;
};

} // namespace

std::unique_ptr<RootSource> open_rhel_source(const SourceWork& work) { return std::make_unique<RhelSource>(work); }

} // namespace lxcpp::distro
