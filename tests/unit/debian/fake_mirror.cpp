// SPDX-License-Identifier: Apache-2.0
#include "fake_mirror.h"

#include "base/sha256.h"
#include "sys/file.h"

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp::debian {
namespace {

std::string make_tar_of(const std::vector<image::TarMember>& members) {
    std::string tar;
    for (const auto& member : members) tar += image::tar_member(member);
    return tar + image::tar_end();
}

std::string replace_all(std::string text, const std::string& from, const std::string& to) {
    for (auto at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
        text.replace(at, from.size(), to);
    }
    return text;
}

// "dpkg --configure NAME...": those packages, or all, become installed.
void configure(const std::filesystem::path& rootfs, const std::vector<std::string>& names) {
    const auto path = rootfs / "var/lib/dpkg/status";
    std::string text = sys::read_file(path);
    if (names.empty()) {
        text = replace_all(text, "install ok unpacked", "install ok installed");
    }
    for (const std::string& name : names) {
        const auto from = fmt::format("Package: {}\nStatus: install ok unpacked", name.substr(0, name.find(':')));
        text = replace_all(text, from, replace_all(from, "unpacked", "installed"));
    }
    sys::write_file_atomic(path, text);
}

} // namespace

FakeMirror::FakeMirror(image::Signer& signer, const image::Signer::Key& key)
    : signer_(signer), key_(key), server_([this](const image::HttpRequest& request) {
          const auto found = files.find(request.path);
          if (found == files.end()) return image::HttpResponse{.status = "404 Not Found"};
          return image::HttpResponse{.body = found->second};
      }) {}

void FakeMirror::add(const FakePackage& package) {
    const auto control = fmt::format("Package: {}\nVersion: {}\nArchitecture: {}\nMaintainer: nobody\n{}", package.name,
                                     package.version, native_architecture(), package.fields);
    std::vector<image::TarMember> members{{.name = "./", .type = '5', .mode = "0000755"},
                                          {.name = "./control", .data = control}};
    for (const auto& [name, text] : package.scripts) {
        members.push_back({.name = "./" + name, .data = text, .mode = "0000755"});
    }
    auto data = package.files;
    data.insert(data.begin(), {.name = "./", .type = '5', .mode = "0000755"});
    const auto deb = image::make_deb(make_tar_of(members), make_tar_of(data));
    files[deb_path(package.name)] = deb;
    packages_ += fmt::format("{}Filename: pool/{}.deb\nSize: {}\nSHA256: {}\n\n", control, package.name, deb.size(),
                             sha256_hex(deb));
}

std::string FakeMirror::packages_path() const {
    return fmt::format("/debian/dists/{}/main/binary-{}/by-hash/SHA256/{}", codename, native_architecture(),
                       sha256_hex(packages_));
}

void FakeMirror::publish() {
    files[packages_path()] = packages_;
    sign(fmt::format("Origin: Test\nSuite: {}\nCodename: {}\nDate: {}\nAcquire-By-Hash: yes\nArchitectures: {}\n"
                     "Components: main\n{}SHA256:\n {} {} main/binary-{}/Packages\n",
                     suite, codename, format_release_date(date), native_architecture(), more_release,
                     sha256_hex(packages_), packages_.size(), native_architecture()),
         key_);
}

void FakeMirror::sign(const std::string& release, const image::Signer::Key& key) {
    files[index_path()] = signer_.clear_sign(release, key);
}

std::vector<std::string> FakeMirror::fetched() const {
    std::vector<std::string> paths;
    for (const auto& request : server_.requests()) paths.push_back(request.path);
    return paths;
}

void add_minimal_packages(FakeMirror& mirror) {
    using image::TarMember;
    const auto directory = [](const std::string& name) { return TarMember{.name = name, .type = '5', .mode = "0000755"}; };
    mirror.add({.name = "dpkg",
                .fields = "Essential: yes\nPriority: required\n",
                .files = {directory("./usr/"), directory("./usr/bin/"), {.name = "./usr/bin/dpkg", .data = "dpkg"}},
                .version = "1.22.6-1"});
    mirror.add({.name = "base-files",
                .fields = "Essential: yes\nPriority: required\nPre-Depends: awk\n",
                .files = {directory("./etc/"), {.name = "./etc/issue", .data = "Test"}, directory("./bin/"),
                          {.name = "./bin/tool", .data = "tool"}},
                .scripts = {{"conffiles", "/etc/issue\n"}, {"preinst", "#!/bin/sh\n"}}});
    mirror.add({.name = "mawk", .fields = "Priority: required\nProvides: awk\nMulti-Arch: same\n"});
    mirror.add({.name = "init",
                .fields = "Priority: important\nDepends: late\n",
                .scripts = {{"triggers", "interest-noawait /usr/share/x\ninterest other\n"}}});
    mirror.add({.name = "late", .fields = "Pre-Depends: mawk\n", .scripts = {{"preinst", "#!/bin/sh\n"}}});
}

RunContained FakeGuest::runner() {
    return [this](const ContainedRun& run) {
        commands.push_back(run.argv);
        sys::write_file_atomic(run.log, "line of the log\n");
        if (!failing.empty() && run.argv.front().find(failing) != std::string::npos) return 3;
        const auto control = run.rootfs / "var/lib/dpkg/tmp.ci/control";
        if (sys::exists(control)) {
            const std::string text = sys::read_file(control);
            controls += text.substr(0, text.find('\n')) + ' ';
        }
        const auto verb = std::find(run.argv.begin(), run.argv.end(), "--configure");
        if (verb != run.argv.end()) {
            std::vector<std::string> names(verb + 1, run.argv.end());
            std::erase(names, "--pending");
            configure(run.rootfs, names);
        }
        return 0;
    };
}

} // namespace lxcpp::debian
