// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/repositories.h"

#include "base/strings.h"
#include "distrobuilder/tree_files.h"

#include <lxcpp/error.h>

#include <array>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

using How = RepositoryFile::How;

std::string with_end(std::string_view name, std::string_view end) {
    return name.ends_with(end) ? std::string(name) : fmt::format("{}{}", name, end);
}

// A name becomes a file's; one with a path in it would be another file.
const std::string& file_name(const PackageRepository& repository) {
    const std::string& name = repository.name;
    if (name.empty() || name == "." || name == ".." || name.find('/') != name.npos)
        throw Error(fmt::format("packages.repositories: '{}' is no name for a file", printable(name)));
    return name;
}

bool is_armored(std::string_view key) { return trim(key).starts_with("-----BEGIN PGP PUBLIC KEY BLOCK-----"); }

void add_apt(const PackageRepository& repository, RepositoryChange& change) {
    const std::string& name = file_name(repository);
    const bool main = name == "sources.list";
    const std::string path = main ? "/etc/apt/sources.list" : "/etc/apt/sources.list.d/" + (name.ends_with(".sources") ? name : with_end(name, ".list"));
    change.files.push_back({path, whole_lines(repository.url), How::Collect});
    if (repository.key.empty()) return;
    const std::string key_file = fmt::format("/etc/apt/trusted.gpg.d/{}.asc", name);
    if (is_armored(repository.key)) {
        change.files.push_back({key_file, whole_lines(std::string(trim(repository.key))), How::Overwrite});
        return;
    }
    const std::string id(trim(repository.key));
    change.commands.push_back({"gpg", "--no-default-keyring", "--keyring", key_file.substr(0, key_file.size() - 4) + ".gpg", "--recv-keys", id});
}

void add_yum(const PackageRepository& repository, RepositoryChange& change) {
    change.files.push_back({"/etc/yum.repos.d/" + with_end(file_name(repository), ".repo"), whole_lines(repository.url), How::Overwrite});
}

void add_apk(const PackageRepository& repository, RepositoryChange& change) {
    change.files.push_back({"/etc/apk/repositories", whole_lines(repository.url), How::Append});
    if (!repository.key.empty()) change.files.push_back({"/etc/apk/keys/" + file_name(repository), whole_lines(repository.key), How::Overwrite});
}

void require_type(const PackageRepository& repository, std::string_view own) {
    if (repository.type.empty() || repository.type == own) return;
    throw Error(fmt::format("packages.repositories: {}: the type {} is not known; {} is", printable(repository.name), printable(repository.type), own));
}

void add_zypper(const PackageRepository& repository, RepositoryChange& change) {
    require_type(repository, "zypper");
    change.commands.push_back({"zypper", "ar", "--refresh", "--check", repository.url, repository.name});
}

void add_equo(const PackageRepository& repository, RepositoryChange& change) {
    if (repository.type == "enman") {
        change.commands.push_back({"enman", "add", repository.url.empty() ? repository.name : repository.url});
        return;
    }
    require_type(repository, "equo");
    change.commands.push_back({"equo", "repo", "add", "--repo", repository.url, "--pkg", repository.url, repository.name});
}

void add_anise(const PackageRepository& repository, RepositoryChange& change) {
    change.files.push_back({"/etc/anise/repos.conf.d/" + with_end(file_name(repository), ".yml"), whole_lines(repository.url), How::Overwrite});
}

struct RepositoryRow {
    std::string_view manager;
    void (*add)(const PackageRepository&, RepositoryChange&);
};
constexpr std::array kRows{RepositoryRow{"anise", add_anise}, RepositoryRow{"apk", add_apk}, RepositoryRow{"apt", add_apt},
                           RepositoryRow{"dnf", add_yum},     RepositoryRow{"equo", add_equo}, RepositoryRow{"yum", add_yum},
                           RepositoryRow{"zypper", add_zypper}};

} // namespace

RepositoryChange plan_repositories(const std::string& manager, std::span<const PackageRepository> repositories) {
    RepositoryChange change;
    if (repositories.empty()) return change;
    if (manager == "yum") change.commands.push_back({"rpmdb", "--rebuilddb"});
    for (const RepositoryRow& row : kRows) {
        if (row.manager != manager) continue;
        for (const PackageRepository& repository : repositories) row.add(repository, change);
        return change;
    }
    change.warnings.push_back(fmt::format("packages.repositories: are left out: nothing is known of those of {}",
                                          manager.empty() ? "a custom manager" : manager));
    return change;
}

} // namespace lxcpp::distro
