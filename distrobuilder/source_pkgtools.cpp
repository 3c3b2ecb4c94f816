// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_pkgtools.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "distrobuilder/host_programs.h"
#include "distrobuilder/source_fetch.h"
#include "distrobuilder/tree_move.h"
#include "image/http_url.h"
#include "image/unpack.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fcntl.h>
#include <fmt/core.h>
#include <map>
#include <utility>

namespace lxcpp::distro {
namespace {

constexpr int kFormat = 1; // raise when the same packages would give another tree
constexpr const char* kPrograms[] = {"bash", "tar", "xz", "sed"};

// "61 packages: signed by …": lines of the same kind as one.
std::vector<Verification> verification_of(const std::vector<Verification>& all) {
    std::map<std::pair<std::string, bool>, std::size_t> kinds;
    for (const auto& [text, doubtful] : all)
        ++kinds[{text.substr(std::min(text.find(": "), text.size())), doubtful}];
    std::vector<Verification> result;
    for (const auto& [kind, number] : kinds)
        result.push_back({fmt::format("{} packages{}", number, kind.first), kind.second});
    return result;
}

std::string name_of(const SourceFile& file) {
    std::string name = file.url.substr(file.url.rfind('/') + 1);
    if (name.find_first_of("/ \t\n\"'\\$`*?[]") != name.npos || name.starts_with('.') || name.starts_with('-'))
        throw Error(fmt::format("{}: a package with an unusable name", printable(image::display_url(file.url))));
    return name;
}

class PkgtoolsSource final : public RootSource {
public:
    PkgtoolsSource(const SourceWork& work, PlanPkgtools make_plan) : work_(work), fetch_(work) {
        const SourceSection& source = work.recipe.source;
        if (!source.sha256.empty()) throw Error(fmt::format("source.sha256: {} has many packages, not one file; it takes source.keys or https", source.downloader));
        for (const char* name : kPrograms)
            if (!host_has_program(name)) throw Error(fmt::format("{}: its packages are installed with programs of this machine, and there is no {}", source.downloader, name));
        const FetchText text = [this](const std::string& url) { return fetch_.text(url); };
        plan_ = make_plan({work.recipe.image, source, text});
        locate();
        std::string what = fmt::format("pkgtools {}\n{}\n", kFormat, plan_.script);
        for (const SourceFile& file : files_) what += fmt::format("{} {}\n", file.digest(), name_of(file));
        identity_ = sha256_hex(what);
        verification_ = verification_of(fetch_.verification());
    }

    [[nodiscard]] const std::string& identity() const noexcept override { return identity_; }
    [[nodiscard]] const std::vector<Verification>& verification() const noexcept override {
        return verification_;
    }

    void unpack(const std::filesystem::path& root) override {
        const sys::TempDir scratch(work_.scratch, "packages-");
        const HostPrograms host(scratch.path());
        const auto tree = sys::RootedDir::open(host.path());
        const std::vector<std::string> packages = put_packages(tree);
        const Sandbox sandbox(
            {.root = host.path(), .env = HostPrograms::environment(), .log = work_.log});
        image::ProgressPhase phase(work_.progress, "Installing packages", 0);
        if (const int code = sandbox.run_script(plan_.script, packages); code != 0)
            throw Error(fmt::format("{}: installing its packages failed (exit code {})", work_.recipe.source.downloader, code));
        const auto made = tree.sub_dir("rootfs");
        if (!made.exists("etc")) throw Error(fmt::format("{}: its packages made no system (there is no /etc)", work_.recipe.source.downloader));
        phase.end();
        move_tree(made, sys::RootedDir::open(root), work_.progress);
    }

private:
    void locate() {
        for (const SourceArchive& package : plan_.packages) {
            files_.push_back(fetch_.locate(package));
            const std::string name = name_of(files_.back());
            if (first_word(name) != plan_.tools) continue;
            if (tools_) throw Error(fmt::format("{}: more than one package {}", work_.recipe.source.downloader, plan_.tools));
            tools_ = files_.size() - 1;
        }
        if (!tools_) throw Error(fmt::format("{}: there is no package {}, which installs the others", work_.recipe.source.downloader, plan_.tools));
    }

    // Their paths in the tree.
    std::vector<std::string> put_packages(const sys::RootedDir& tree) {
        std::vector<std::string> paths;
        tree.make_dir("build/packages");
        for (std::size_t i = 0; i < files_.size(); ++i) {
            const OpenedFile opened = fetch_.open(files_[i]);
            const std::string path = "build/packages/" + name_of(files_[i]);
            const Fd copy = tree.open_at(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
            sys::copy_content(opened.file, copy, static_cast<std::uint64_t>(sys::stat_fd(opened.file).st_size), path);
            paths.push_back("/" + path);
            if (i == tools_) unpack_tools(opened.file, name_of(files_[i]), tree);
        }
        return paths;
    }

    void unpack_tools(FdRef file, const std::string& name, const sys::RootedDir& tree) {
        sys::seek_to(file, 0, name); // it was copied
        tree.make_dir("build/sbin");
        image::UnpackOptions options;
        options.below = "sbin";
        (void)image::unpack_archive(file, printable(name), tree.sub_dir("build/sbin"), options,
                                    work_.progress);
    }

    const SourceWork& work_;
    SourceFetch fetch_;
    PkgtoolsPlan plan_;
    std::vector<SourceFile> files_;
    std::optional<std::size_t> tools_;
    std::string identity_;
    std::vector<Verification> verification_;
};

} // namespace

std::string first_word(std::string_view name) { return std::string(name.substr(0, name.find('-'))); }

std::string first_words(std::string_view name) {
    const auto dash = name.find('-');
    return std::string(dash == name.npos ? name : name.substr(0, name.find('-', dash + 1)));
}

std::string package_name(std::string_view file) {
    for (int part = 0; part < 3; ++part) file = file.substr(0, file.rfind('-'));
    return std::string(file);
}

std::vector<std::string> listed_packages(const SourceRequest& request, const std::string& url, bool (*wanted)(const std::string& name)) {
    std::vector<std::string> names;
    for (std::string& name : listed_names(request.fetch(url)))
        if (wanted(name) && std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    return names;
}

std::unique_ptr<RootSource> open_pkgtools_source(const SourceWork& work, PlanPkgtools plan) { return std::make_unique<PkgtoolsSource>(work, plan); }

} // namespace lxcpp::distro
