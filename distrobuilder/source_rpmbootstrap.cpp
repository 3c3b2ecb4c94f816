// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_rpmbootstrap.h"

#include "base/sha256.h"
#include "base/strings.h"
#include "distrobuilder/host_programs.h"
#include "distrobuilder/recipe_filter.h"
#include "distrobuilder/source_keys.h"
#include "distrobuilder/tree_move.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <map>

namespace lxcpp::distro {
namespace {

constexpr int kFormat = 2; // raise when the same repositories would give another tree
constexpr auto kRepositories = "etc/yum.repos.d";
constexpr std::size_t kLargestKey = 1u << 20;

struct RepoSection {
    std::string name;
    std::vector<std::string> lines; // but those of signatures
    std::map<std::string, std::string> keys;
};

std::vector<RepoSection> sections_of(std::string_view text) {
    std::vector<RepoSection> sections;
    std::string last; // key, which lines with blanks at their beginning go on with
    for (const std::string_view line : split_lines(text)) {
        const std::string_view bare = trim(line);
        if (bare.empty() || bare.front() == '#' || bare.front() == ';') continue;
        if (bare.front() == '[') {
            if (!bare.ends_with(']')) throw Error(fmt::format("source.url: '{}' is no line of a .repo file", printable(bare)));
            sections.push_back({.name = std::string(bare.substr(1, bare.size() - 2)), .lines = {}, .keys = {}});
            last.clear();
            continue;
        }
        if (sections.empty()) throw Error("source.url: rpmbootstrap wants the content of a .repo file there, beginning with [name]");
        RepoSection& section = sections.back();
        const auto equals = bare.find('=');
        const bool goes_on = line.front() == ' ' || line.front() == '\t';
        if (!goes_on && equals == bare.npos) throw Error(fmt::format("source.url: '{}' is no line of a .repo file", printable(bare)));
        if (!goes_on) last = std::string(trim(bare.substr(0, equals)));
        std::string& value = section.keys[last];
        value += (value.empty() ? "" : " ") + std::string(trim(goes_on ? bare : bare.substr(equals + 1)));
        if (last != "gpgcheck" && last != "gpgkey") section.lines.push_back(goes_on ? fmt::format(" {}", bare) : std::string(bare));
    }
    if (sections.empty()) throw Error("source.url: rpmbootstrap wants the content of a .repo file there");
    return sections;
}

std::string value_of(const RepoSection& section, const std::string& key) {
    const auto found = section.keys.find(key);
    return found == section.keys.end() ? std::string() : found->second;
}

// Whether each comes from whom it says, or from this machine.
bool all_by_https(std::string_view urls) {
    bool any = false;
    for (const std::string_view part : split(urls, ' ')) {
        for (std::string_view url : split(part, ',')) {
            url = trim(url);
            if (url.empty()) continue;
            any = true;
            if (!url.starts_with("https://") && !url.starts_with("file:///")) return false;
        }
    }
    return any;
}

bool says_no(const std::string& value) { return value == "0" || value == "no" || value == "false" || value == "False"; }

bool comes_by_https(const RepoSection& section) {
    if (says_no(value_of(section, "sslverify"))) return false;
    for (const char* key : {"baseurl", "mirrorlist", "metalink"}) {
        const std::string urls = value_of(section, key);
        if (!urls.empty() && !all_by_https(urls)) return false;
    }
    return true;
}

bool checks_signatures(const RepoSection& section) {
    const std::string value = value_of(section, "gpgcheck");
    if (says_no(value_of(section, "sslverify"))) return false;
    return (value == "1" || value == "yes" || value == "true" || value == "True") && all_by_https(value_of(section, "gpgkey"));
}

std::string signature_lines(const RepoSection& section, const std::vector<std::string>& keys) {
    if (!keys.empty()) return fmt::format("gpgcheck=1\ngpgkey={}\n", join(keys, " "));
    const std::string key = value_of(section, "gpgkey");
    const std::string check = value_of(section, "gpgcheck");
    return (check.empty() ? "" : fmt::format("gpgcheck={}\n", check)) + (key.empty() ? "" : fmt::format("gpgkey={}\n", key));
}

class RpmbootstrapSource final : public RootSource {
public:
    RpmbootstrapSource(const SourceWork& work, std::filesystem::path host) : work_(work), host_(std::move(host)), keys_(work) {
        const Recipe& recipe = work.recipe;
        for (const char* name : {"dnf", "yum"})
            if (program_.empty() && host_has_program(name, host_)) program_ = name;
        if (program_.empty()) throw Error("rpmbootstrap: it runs dnf (or yum) of this machine in a sandbox, and there is none: install dnf");
        if (recipe.image.distribution.find('/') != std::string::npos) throw Error("image.distribution: rpmbootstrap names a file after it, so it has no '/'");
        std::vector<std::string> paths;
        for (std::size_t i = 0; i < keys_.keyrings().size(); ++i) paths.push_back(fmt::format("file:///build/key-{}", i + 1));
        repositories_ = verified_repositories(recipe.source.url, paths, recipe.source.skip_verification);
        verification_ = {how()};
        std::string what = fmt::format("rpmbootstrap {} {}\n{}{}\n", kFormat, program_, repositories_, verification_[0].text);
        for (const std::string& word : command()) what += ansi_quote(word) + '\n';
        for (const auto& keyring : keys_.keyrings()) what += sha256_hex(sys::read_file(keyring, kLargestKey)) + '\n';
        identity_ = sha256_hex(what);
    }

    [[nodiscard]] const std::string& identity() const noexcept override { return identity_; }
    [[nodiscard]] bool uses_network() const noexcept override { return true; }
    [[nodiscard]] const std::vector<Verification>& verification() const noexcept override { return verification_; }

    void unpack(const std::filesystem::path& root) override {
        const sys::TempDir scratch(work_.scratch, "rpm-");
        const HostPrograms host(scratch.path(), host_);
        const auto tree = sys::RootedDir::open(host.path());
        tree.make_dirs(kRepositories);
        tree.write_file(fmt::format("{}/{}.repo", kRepositories, work_.recipe.image.distribution), repositories_);
        for (std::size_t i = 0; i < keys_.keyrings().size(); ++i)
            tree.write_file(fmt::format("build/key-{}", i + 1), sys::read_file(keys_.keyrings()[i], kLargestKey));
        const Sandbox sandbox({.root = host.path(), .env = with_proxies(HostPrograms::environment()), .log = work_.log});
        image::ProgressPhase phase(work_.progress, "Installing the base system", 0);
        if (const int code = sandbox.run(command()); code != 0) throw Error(fmt::format("rpmbootstrap: {} failed (exit code {})", program_, code));
        const auto made = tree.sub_dir("rootfs");
        if (made.list().empty()) throw Error(fmt::format("rpmbootstrap: {} ended well, but installed nothing", program_));
        move_tree(made, sys::RootedDir::open(root), work_.progress);
        phase.end();
    }

private:
    [[nodiscard]] Verification how() const {
        if (keys_.declared()) return {"packages: signed by source.keys"};
        if (work_.recipe.source.skip_verification)
            return {"packages: not verified: the recipe has source.skip_verification", true};
        return {"packages: signed by the keys that source.url names, or over https"};
    }

    [[nodiscard]] Argv command() const {
        Argv argv{program_, "--installroot=/rootfs"};
        if (!work_.recipe.image.release.empty()) argv.push_back("--releasever=" + work_.recipe.image.release);
        argv.insert(argv.end(), {fmt::format("--setopt=reposdir=/{}", kRepositories), "install", "-y"});
        Argv packages{"yum", "dnf"};
        packages.insert(packages.end(), work_.recipe.source.components.begin(), work_.recipe.source.components.end());
        for (const PackageSet& set : work_.recipe.packages.sets) {
            if (!is_early(set)) continue;
            if (set.action == "install") packages.insert(packages.end(), set.packages.begin(), set.packages.end());
            else for (const std::string& name : set.packages) argv.push_back("--exclude=" + name);
        }
        for (const std::string& name : packages)
            if (name.starts_with('-')) throw Error(fmt::format("rpmbootstrap: '{}' is no package", printable(name)));
        argv.insert(argv.end(), packages.begin(), packages.end());
        return argv;
    }

    const SourceWork& work_;
    std::filesystem::path host_;
    SourceKeys keys_;
    std::string program_;
    std::string repositories_;
    std::vector<Verification> verification_;
    std::string identity_;
};

} // namespace

std::string verified_repositories(std::string_view text, const std::vector<std::string>& keys, bool skip) {
    std::string result;
    for (const RepoSection& section : sections_of(text)) {
        if (keys.empty() && !skip && !checks_signatures(section) && !comes_by_https(section))
            throw Error(fmt::format("source.url: nothing says that the packages of [{}] are right: give it gpgcheck=1 and a gpgkey by https, or https "
                                    "alone, or give the recipe source.keys", printable(section.name)));
        result += fmt::format("[{}]\n", section.name);
        for (const std::string& line : section.lines) result += line + '\n';
        if (section.name != "main") result += signature_lines(section, keys);
    }
    return result;
}

std::unique_ptr<RootSource> open_rpmbootstrap_source(const SourceWork& work) { return open_rpmbootstrap_source_of(work, "/"); }

std::unique_ptr<RootSource> open_rpmbootstrap_source_of(const SourceWork& work, const std::filesystem::path& host) {
    return std::make_unique<RpmbootstrapSource>(work, host);
}

} // namespace lxcpp::distro
