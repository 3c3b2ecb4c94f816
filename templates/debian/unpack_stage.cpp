// SPDX-License-Identifier: Apache-2.0
#include "debian/unpack_stage.h"

#include "base/strings.h"
#include "image/tree_writer.h"
#include "image/workers.h"
#include "sys/file.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <atomic>
#include <fcntl.h>
#include <fmt/core.h>
#include <mutex>
#include <numeric>
#include <unordered_map>

namespace lxcpp::debian {
namespace {

constexpr unsigned kWorkers = 2;

// Which package unpacked a path, and which packages got in each other's way.
class PathOwners {
public:
    explicit PathOwners(std::size_t packages) : clashing_(packages) {}

    void claim(const std::string& path, std::size_t package) {
        const std::lock_guard lock(mutex_);
        const auto [place, fresh] = owners_.try_emplace(path, package);
        // The later one in the order of installation, whoever came first here.
        if (!fresh && place->second != package) clashing_[std::max(place->second, package)] = true;
    }
    void mark(std::size_t package) {
        const std::lock_guard lock(mutex_);
        clashing_[package] = true;
    }
    [[nodiscard]] std::vector<bool> take_clashing() { return std::move(clashing_); }

private:
    std::mutex mutex_;
    std::unordered_map<std::string, std::size_t> owners_;
    std::vector<bool> clashing_;
};

std::string listed_path(const std::string& clean, std::string_view what) {
    if (clean.find('\n') != clean.npos) {
        throw Error(fmt::format("{}: the path '{}' has a line break", what, printable(clean)));
    }
    return clean.empty() ? "/." : "/" + clean;
}

void unpack_data(const image::DebArchive& deb, PackageFiles& files, std::size_t number,
                 image::TreeWriter& writer, PathOwners& owners) {
    auto reader = deb.data();
    while (const image::TarEntry* entry = reader.next()) {
        const std::string clean = image::normal_path(entry->path);
        files.paths.push_back(listed_path(clean, deb.what()));
        if (entry->type != image::TarType::Directory) owners.claim(clean, number);
        writer.write_as(clean, *entry, reader);
    }
}

// dpkg moves NAME.dpkg-new into place when it configures the package.
void copy_conffile(const sys::RootedDir& root, std::string_view path) {
    const auto slash = path.rfind('/');
    const auto directory = root.sub_dir(path.substr(0, slash), sys::Links::InRoot);
    const std::string leaf(path.substr(slash + 1));
    const auto info = directory.stat(leaf);
    if (!info || !S_ISREG(info->st_mode)) return; // dpkg sees for itself that it is missing
    const Fd from = directory.open_at(leaf, O_RDONLY | O_NOFOLLOW);
    const Fd to = directory.open_at(leaf + ".dpkg-new", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    sys::copy_content(from, to, static_cast<std::uint64_t>(info->st_size), path);
    sys::set_owner(to, info->st_uid, info->st_gid, path);
    sys::set_mode(to, info->st_mode & 07777, path);
    sys::set_mtime(to, info->st_mtim, path);
}

class Stage {
public:
    Stage(const sys::RootedDir& root, std::span<const Package* const> packages, const OpenDeb& open_deb)
        : root_(root), packages_(packages), open_deb_(open_deb), files_(packages.size()),
          owners_(packages.size()), by_size_(packages.size()) {
        // The largest first, so that no worker begins one when the others have finished.
        std::iota(by_size_.begin(), by_size_.end(), std::size_t{0});
        std::stable_sort(by_size_.begin(), by_size_.end(), [&](std::size_t a, std::size_t b) {
            return packages_[a]->size > packages_[b]->size;
        });
    }

    void work(const std::function<void(std::uint64_t)>& report) {
        image::TreeWriter writer(root_, {.parents = sys::Links::InRoot});
        for (std::size_t turn = next_++; turn < by_size_.size(); turn = next_++) {
            try {
                unpack(by_size_[turn], writer);
            } catch (...) {
                next_ = by_size_.size(); // the other workers stop too
                throw;
            }
            report(done_ += packages_[by_size_[turn]]->size);
        }
        writer.finish();
    }

    Unpacked take() { return {std::move(files_), owners_.take_clashing()}; }

private:
    void unpack(std::size_t number, image::TreeWriter& writer) {
        const Package& package = *packages_[number];
        const image::DebArchive deb = open_deb_(package);
        PackageFiles files = read_package_files(deb, package);
        try {
            unpack_data(deb, files, number, writer, owners_);
        } catch (const image::TypeClash&) {
            owners_.mark(number);
        } catch (Error& error) {
            error.add_context(deb.what());
            throw;
        }
        for (const std::string& path : files.conffiles) copy_conffile(root_, path);
        files_[number] = std::move(files);
    }

    const sys::RootedDir& root_;
    std::span<const Package* const> packages_;
    const OpenDeb& open_deb_;
    std::vector<PackageFiles> files_;
    PathOwners owners_;
    std::vector<std::size_t> by_size_;
    std::atomic<std::size_t> next_ = 0;
    std::atomic<std::uint64_t> done_ = 0;
};

bool has_lib64(std::string_view architecture) {
    return architecture == "amd64" || architecture == "ppc64el" || architecture == "loong64" ||
           architecture == "mips64el";
}

} // namespace

void make_merged_usr(const sys::RootedDir& root, std::string_view architecture) {
    std::vector<std::string> names{"bin", "sbin", "lib"};
    if (has_lib64(architecture)) names.emplace_back("lib64");
    for (const std::string& name : names) {
        root.make_dirs("usr/" + name);
        root.make_symlink("usr/" + name, name);
    }
}

Unpacked unpack_packages(const sys::RootedDir& root, std::span<const Package* const> packages,
                         const OpenDeb& open_deb, image::ProgressSink& progress) {
    const auto total = std::accumulate(packages.begin(), packages.end(), std::uint64_t{0},
                                       [](std::uint64_t sum, const Package* p) { return sum + p->size; });
    image::ProgressPhase phase(progress, "Unpacking packages", total, image::ProgressUnit::Bytes);
    Stage stage(root, packages, open_deb);
    image::run_workers(kWorkers, [&](unsigned worker) {
        stage.work([&](std::uint64_t done) {
            if (worker == 0) phase.update(done);
        });
    });
    phase.end(fmt::format("{} packages", packages.size()));
    return stage.take();
}

} // namespace lxcpp::debian
