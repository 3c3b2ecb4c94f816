// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_busybox.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "distrobuilder/host_programs.h"
#include "distrobuilder/source_fetch.h"
#include "image/http_url.h"
#include "image/tree_writer.h"
#include "image/unpack.h"
#include "sys/file.h"
#include "sys/file_meta.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

namespace lxcpp::distro {
namespace {

constexpr int kFormat = 1; // raise when the same source would give another tree
constexpr auto kSource = "build/busybox";
constexpr auto kProgram = "bin/busybox";
constexpr std::size_t kMaxApplets = 2000;

// The kernel's headers since Linux 6.8 lack what the applet tc is made of.
constexpr std::string_view kScript = R"sh(#!/bin/sh
set -eu
cd /build/busybox
SOURCE_DATE_EPOCH=$(stat -c %Y Makefile)
export SOURCE_DATE_EPOCH
make defconfig
sed -i 's/^# CONFIG_STATIC is not set.*/CONFIG_STATIC=y/' .config
grep -q TCA_CBQ /usr/include/linux/pkt_sched.h || sed -i 's/^CONFIG_TC=y/# CONFIG_TC is not set/' .config
make -j"$(nproc)"
)sh";

SourceArchive plan(const SourceRequest& request) {
    const std::string url = fmt::format("{}/busybox-{}.tar.bz2", request.base(), request.release());
    return {.url = url, .list_url = url + ".sha256", .list_digest = Digest::Sha256, .signature_url = url + ".sig", .archive_signed = true};
}

// What would compile something else.
std::string compiler_identity() {
    const auto info = sys::stat_path("/usr/bin/gcc");
    return info ? fmt::format("{} {}", info->st_size, info->st_mtim.tv_sec) : "";
}

void require_compiler() {
    for (const char* name : {"make", "gcc"})
        if (!host_has_program(name)) throw Error(fmt::format("busybox: it is compiled here, and there is no {}: install make, gcc and the static C library", name));
}

class BusyboxSource final : public RootSource {
public:
    explicit BusyboxSource(const SourceWork& work) : work_(work), fetch_(work) {
        require_compiler();
        const FetchText text = [this](const std::string& url) { return fetch_.text(url); };
        file_ = fetch_.locate(plan({work.recipe.image, work.recipe.source, text}));
        identity_ = sha256_hex(fmt::format("busybox {} {} {}\n{}", kFormat, file_.digest(), compiler_identity(), kScript));
    }

    [[nodiscard]] const std::string& identity() const noexcept override { return identity_; }
    [[nodiscard]] const std::vector<Verification>& verification() const noexcept override {
        return fetch_.verification();
    }

    void unpack(const std::filesystem::path& root) override {
        const sys::TempDir scratch(work_.scratch, "busybox-");
        const HostPrograms host(scratch.path());
        const auto tree = sys::RootedDir::open(host.path());
        unpack_source(tree);
        const Sandbox sandbox({.root = host.path(), .env = HostPrograms::environment(), .log = work_.log});
        compile(sandbox);
        install(tree, sandbox, sys::RootedDir::open(root));
    }

private:
    void unpack_source(const sys::RootedDir& tree) {
        const OpenedFile opened = fetch_.open(file_);
        tree.make_dir(kSource);
        image::UnpackOptions options;
        options.below = "busybox-" + work_.recipe.image.release;
        (void)image::unpack_archive(opened.file, printable(image::file_name(file_.url)), tree.sub_dir(kSource), options, work_.progress);
    }

    void compile(const Sandbox& sandbox) {
        image::ProgressPhase phase(work_.progress, "Compiling BusyBox", 0);
        if (const int code = sandbox.run_script(kScript); code != 0) throw Error(fmt::format("busybox: compiling it failed (exit code {})", code));
        phase.end();
    }

    static void install(const sys::RootedDir& tree, const Sandbox& sandbox, const sys::RootedDir& root) {
        const auto program = tree.try_open_at(fmt::format("{}/busybox", kSource), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
        if (!program) throw Error("busybox: compiling it made no program");
        const auto info = sys::stat_fd(*program);
        if (!S_ISREG(info.st_mode)) throw Error("busybox: what was compiled is no program");
        for (const char* name : {"bin", "dev", "mnt", "proc", "root", "sys", "tmp"}) make_directory(root, name);
        root.chmod("tmp", 01777);
        const Fd to = root.open_at(kProgram, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0755);
        sys::copy_content(*program, to, static_cast<std::uint64_t>(info.st_size), kProgram);
        sys::set_mode(to, 0755, kProgram);
        link_applets(sandbox.capture({fmt::format("/{}/busybox", kSource), "--list-full"}), root);
        root.chmod("", 0755);
    }

    // Whatever our umask is.
    static void make_directory(const sys::RootedDir& root, const std::string& path) {
        if (root.exists(path)) return;
        root.make_dir(path);
        root.chmod(path, 0755);
    }

    static void link_applets(const std::string& list, const sys::RootedDir& root) {
        std::size_t number = 0;
        for (const std::string_view line : split_lines(list)) {
            const std::string path = image::normal_path(trim(line));
            if (path.empty() || path == kProgram) continue;
            if (++number > kMaxApplets) throw Error("busybox: it tells of too many applets");
            for (auto slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) make_directory(root, path.substr(0, slash));
            root.make_symlink("/bin/busybox", path);
        }
        if (number == 0) throw Error("busybox: what was compiled has no applets");
    }

    const SourceWork& work_;
    SourceFetch fetch_;
    SourceFile file_;
    std::string identity_;
};

} // namespace

std::unique_ptr<RootSource> open_busybox_source(const SourceWork& work) { return std::make_unique<BusyboxSource>(work); }

} // namespace lxcpp::distro
