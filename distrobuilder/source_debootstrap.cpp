// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_debootstrap.h"

#include "base/error.h"
#include "base/paths.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "debian/archive.h"
#include "debian/base_system.h"
#include "debian/install.h"
#include "debian/keys.h"
#include "debian/sources.h"
#include "distrobuilder/runnable.h"
#include "distrobuilder/source_debootstrap_choice.h"
#include "distrobuilder/source_keys.h"
#include "distrobuilder/tree_files.h"
#include "sys/file.h"

#include <lxcpp/error.h>
#include <lxcpp/one_shot.h>

#include <fmt/core.h>
#include <utility>

namespace lxcpp::distro {
namespace {

constexpr int kFormat = 1; // raise when the same packages would give another tree
constexpr std::string_view kResolvConf = "/etc/resolv.conf";

// Where packages come from, and what apt in the image is told of it.
struct Mirrors {
    debian::Mirror from;
    std::string told;
};

// Without source.url it is the host's own, which means nothing to whoever gets the image.
Mirrors choose_mirror(const SourceSection& source) {
    if (!source.url.empty()) {
        auto mirror = debian::parse_mirror(source.url, "source.url");
        const auto host = debian::host_mirror();
        mirror.from_host = host && host->url == mirror.url;
        std::string told = mirror.url;
        return {std::move(mirror), std::move(told)};
    }
    debian::Mirror mirror = debian::host_mirror().value_or(debian::Mirror{std::string(debian::kDefaultMirror), std::nullopt, false});
    return {std::move(mirror), std::string(debian::kDefaultMirror)};
}

class DebootstrapSource final : public RootSource {
public:
    DebootstrapSource(const SourceWork& work, debian::RunContained run)
        : work_(work), run_(std::move(run)), choice_(debootstrap_choice(work.recipe)), mirrors_(choose_mirror(work.recipe.source)), keys_(work),
          archive_(work.http, work.cache, work.progress) {
        require_runnable(work.recipe.image, work.cache.scratch());
        suites_.push_back(fetch_suite());
        accept_expired(suites_.front());
        const std::string_view like = work.recipe.source.same_as;
        merged_usr_ = has_merged_usr(suites_.front().release.codename, choice_.variant) && has_merged_usr(like, choice_.variant);
        resolv_conf_ = sys::read_file_if_exists(kResolvConf).value_or("");
        identity_ = sha256_hex(describe());
    }

    [[nodiscard]] const std::string& identity() const noexcept override { return identity_; }
    [[nodiscard]] const std::vector<Verification>& verification() const noexcept override {
        return verification_;
    }

    void unpack(const std::filesystem::path& root) override {
        with_context("debootstrap", [&] { install(root); });
    }

private:
    void install(const std::filesystem::path& root) {
        const auto index = archive_.fetch_packages(suites_, choice_.architecture, choice_.components);
        const auto selection = choose_packages(index, choice_, mirrors_.told.starts_with("https://"));
        archive_.fetch_debs(suites_, selection.packages);
        debian::install_packages({.rootfs = root,
                                  .architecture = choice_.architecture,
                                  .packages = selection.packages,
                                  .core_count = selection.core_count,
                                  .log = work_.log,
                                  .merged_usr = merged_usr_},
                                 archive_.deb_opener(), run_, work_.progress);
        write_files(sys::RootedDir::open(root));
    }

    [[nodiscard]] debian::Suite fetch_suite() {
        const SourceSection& source = work_.recipe.source;
        const bool unverified = source.skip_verification && !keys_.declared();
        debian::SuiteRequest request{.mirror = mirrors_.from.url,
                                     .release = {.suite = choice_.suite,
                                                 .architecture = choice_.architecture,
                                                 .components = choice_.components,
                                                 .now = work_.now,
                                                 .allow_expired = true}, // see accept_expired()
                                     .keyrings = {},
                                     .allow_rollback = source.skip_verification,
                                     .unverified = unverified,
                                     .rollback_option = "source.skip_verification"};
        if (!unverified) request.keyrings = keys_.declared() ? keys_.keyrings() : debian::host_keyrings(default_paths());
        auto suite = fetch_verified(request);
        verification_.push_back(
            {unverified
                 ? fmt::format("{}: not verified at all: the recipe has source.skip_verification",
                               choice_.suite)
                 : fmt::format("{}: sha256 of its index of {}, signed by {}", choice_.suite,
                               debian::format_release_date(suite.release.date), suite.signer),
             unverified});
        return suite;
    }

    [[nodiscard]] debian::Suite fetch_verified(const debian::SuiteRequest& request) {
        try {
            return *archive_.fetch_suites({&request, 1}).front();
        } catch (const Error& error) {
            const std::string advice = keys_.declared() ? key_advice(error.what()) : std::string();
            if (advice.empty()) throw;
            throw Error(error.what() + advice);
        }
    }

    // An index that says until when it is good is good until then, unless whoever cares for this machine takes it too.
    void accept_expired(const debian::Suite& suite) const {
        const auto& until = suite.release.valid_until;
        if (!until || *until >= work_.now) return;
        const std::string when = debian::format_release_date(*until);
        const bool by_host = mirrors_.from.from_host && debian::host_accepts_expired();
        if (!by_host && !work_.recipe.source.skip_verification)
            throw Error(fmt::format("{}: its index expired on {}: the mirror is out of date, or somebody replays an old index; use another source.url, or source.skip_verification", choice_.suite, when));
        work_.progress.message(fmt::format("warning: the index of {} expired on {}; it is accepted because of {}", choice_.suite, when,
                                           by_host ? "this host's apt (Acquire::Check-Valid-Until)" : "source.skip_verification"));
    }

    // All that decides what the tree is.
    [[nodiscard]] std::string describe() const {
        return fmt::format("debootstrap {} {}\n{} {} {}\n{}\n{}\n{}\n{}\n{}\n{}\n", kFormat, LXCPP_VERSION, suites_.front().digest, choice_.architecture,
                           debootstrap_variant_name(choice_.variant), join(choice_.components, ","), join(choice_.include, ","), join(choice_.exclude, ","), merged_usr_,
                           sources_list(), sha256_hex(resolv_conf_));
    }

    [[nodiscard]] std::string sources_list() const { return fmt::format("deb {} {} {}\n", mirrors_.told, choice_.suite, join(choice_.components, " ")); }

    // What debootstrap writes, unless a package has it.
    void write_files(const sys::RootedDir& root) const {
        const auto unless_there = [&](const std::string& path, std::string_view text) {
            if (!root.exists(path, sys::Links::InRoot)) write_file(root, path, text);
        };
        write_file(root, "/etc/apt/sources.list", sources_list());
        unless_there("/etc/hostname", "distrobuilder\n");
        unless_there("/etc/resolv.conf", resolv_conf_);
        unless_there("/etc/fstab", "# UNCONFIGURED FSTAB FOR BASE SYSTEM\n");
        unless_there("/var/lib/dpkg/cmethopt", "apt apt\n");
        if (!root.exists("etc/localtime")) root.make_symlink("/usr/share/zoneinfo/UTC", "etc/localtime", sys::Links::InRoot);
    }

    const SourceWork& work_;
    debian::RunContained run_;
    DebootstrapChoice choice_;
    Mirrors mirrors_;
    SourceKeys keys_;
    debian::Archive archive_;
    std::vector<debian::Suite> suites_; // one
    bool merged_usr_ = true;
    std::string resolv_conf_;
    std::string identity_;
    std::vector<Verification> verification_;
};

int run_in_container(const debian::ContainedRun& run) { return run_one_shot({.rootfs = run.rootfs, .argv = run.argv, .env = run.env, .log = run.log}); }

} // namespace

std::unique_ptr<RootSource> open_debootstrap_source(const SourceWork& work) { return open_debootstrap_source(work, run_in_container); }

std::unique_ptr<RootSource> open_debootstrap_source(const SourceWork& work, debian::RunContained run) {
    return with_context("debootstrap", [&] { return std::make_unique<DebootstrapSource>(work, std::move(run)); });
}

} // namespace lxcpp::distro
