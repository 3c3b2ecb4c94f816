// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/package_manager.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr std::size_t kOperations = 5;

// Words are separated by blanks; the first of an operation is its program, the global flags come right after it.
struct ManagerRow {
    std::string_view name;
    std::string_view global;
    std::array<std::string_view, kOperations> operations; // clean, install, remove, refresh, update
};

constexpr std::array kManagers{
    ManagerRow{"anise", "", {"anise cleanup --purge-repos", "anise install --skip-config-protect", "anise uninstall --skip-config-protect",
                             "anise repo update --force", "anise upgrade --sync-repos --skip-config-protect"}},
    ManagerRow{"apk", "--no-cache", {"", "apk add", "apk del --rdepends", "apk update", "apk upgrade"}},
    // Without the option "update" succeeds with old lists, or none, when a server is not there; who does not know it does not look.
    ManagerRow{"apt", "-y", {"apt-get clean", "apt-get install", "apt-get remove --auto-remove",
                             "apt-get -o APT::Update::Error-Mode=any update", "apt-get dist-upgrade"}},
    ManagerRow{"dnf", "-y", {"dnf clean all", "dnf install --nobest", "dnf remove", "dnf makecache", "dnf upgrade --nobest"}},
    ManagerRow{"egoportage", "", {"", "emerge --autounmask-continue --quiet-build=y", "emerge --unmerge", "ego sync", "emerge --update @world"}},
    ManagerRow{"equo", "", {"equo cleanup", "equo install", "equo remove", "equo update", "equo upgrade"}},
    ManagerRow{"opkg", "", {"rm -rf /tmp/opkg-lists/", "opkg install", "opkg remove", "opkg update", "echo"}},
    ManagerRow{"pacman", "--noconfirm", {"pacman -Sc", "pacman -S --needed", "pacman -Rcs", "pacman -Syy", "pacman -Su"}},
    ManagerRow{"portage", "", {"", "emerge --autounmask-continue", "emerge --unmerge", "", "emerge --update @world"}},
    ManagerRow{"slackpkg", "-batch=on -default_answer=y", {"true", "slackpkg install", "slackpkg remove", "slackpkg update", "true"}},
    ManagerRow{"xbps", "", {"xbps-remove --yes --clean-cache", "xbps-install --yes", "xbps-remove --yes --recursive --remove-orphans",
                            "xbps-install --sync", "xbps-install --yes --update"}},
    ManagerRow{"yum", "-y", {"yum clean all", "yum install", "yum remove", "yum makecache", "yum update"}},
    ManagerRow{"zypper", "--non-interactive --gpg-auto-import-keys",
               {"zypper clean -a", "zypper install --allow-downgrade --replacefiles", "zypper remove", "zypper refresh", "zypper update"}},
};

std::size_t index_of(PackageOperation operation) { return static_cast<std::size_t>(operation); }

std::vector<std::string> words_of(std::string_view text) {
    const auto words = split_words(text);
    return {words.begin(), words.end()};
}

const ManagerRow& find_row(std::string_view name) {
    const auto row = std::ranges::find(kManagers, name, &ManagerRow::name);
    if (row == kManagers.end()) throw Error(fmt::format("there is no package manager {}", printable(name)));
    return *row;
}

Argv custom_operation(const CustomCommand& command) {
    if (command.flags.empty()) return {};
    Argv argv{command.cmd};
    argv.insert(argv.end(), command.flags.begin(), command.flags.end());
    return argv;
}

bool takes_packages(PackageOperation operation) {
    return operation == PackageOperation::Install || operation == PackageOperation::Remove;
}

// true, echo and rm, which stand in for commands that a manager does not have.
bool is_of_the_manager(const Argv& argv) {
    return argv.front() != "true" && argv.front() != "echo" && argv.front() != "rm";
}

} // namespace

PackageManager::PackageManager(const Packages& packages, std::string_view help) : name_(packages.manager) {
    if (packages.custom_manager) {
        const CustomManager& custom = *packages.custom_manager;
        global_ = custom.flags;
        for (const CustomCommand* command : {&custom.clean, &custom.install, &custom.remove, &custom.refresh, &custom.update})
            operations_.push_back(custom_operation(*command));
        return;
    }
    const ManagerRow& row = find_row(name_);
    global_ = words_of(row.global);
    for (const std::string_view operation : row.operations) operations_.push_back(words_of(operation));
    if (!wants_help(packages)) return;
    if (help.find("--allowerasing") != help.npos) global_.emplace_back("--allowerasing");
    if (help.find("--nobest") != help.npos) operations_[index_of(PackageOperation::Update)].emplace_back("--nobest");
}

std::vector<Argv> PackageManager::commands(PackageOperation operation, const std::vector<std::string>& flags,
                                           const std::vector<std::string>& packages) const {
    const Argv& own = operations_[index_of(operation)];
    if (own.empty() || (takes_packages(operation) && packages.empty())) return {};
    Argv argv{own.front()};
    if (is_of_the_manager(own)) argv.insert(argv.end(), global_.begin(), global_.end());
    argv.insert(argv.end(), own.begin() + 1, own.end());
    argv.insert(argv.end(), flags.begin(), flags.end());
    argv.insert(argv.end(), packages.begin(), packages.end());
    const bool twice = name_ == "xbps" && operation == PackageOperation::Update; // it updates itself first
    return twice ? std::vector<Argv>{argv, argv} : std::vector<Argv>{argv};
}

std::string_view PackageManager::emptied_by_clean() const noexcept { return name_ == "pacman" ? "/var/cache/pacman/pkg" : ""; }
std::string_view PackageManager::needed_by_refresh() const noexcept { return name_ == "opkg" ? "/var/lock" : ""; }

std::vector<std::string_view> package_manager_names() {
    std::vector<std::string_view> names;
    for (const ManagerRow& row : kManagers) names.push_back(row.name);
    return names;
}

PackagePlan plan_packages(const Packages& packages, std::span<const PackageSet> sets) {
    PackagePlan plan;
    if (sets.empty() && !packages.update) return plan;
    plan.before_actions.push_back({.operation = PackageOperation::Refresh});
    if (packages.update) plan.before_actions.push_back({.operation = PackageOperation::Update});
    for (const PackageSet& set : sets) {
        const auto operation = set.action == "remove" ? PackageOperation::Remove : PackageOperation::Install;
        PackageStep* last = plan.after_actions.empty() ? nullptr : &plan.after_actions.back();
        if (last == nullptr || last->operation != operation || last->flags != set.flags)
            last = &plan.after_actions.emplace_back(PackageStep{.operation = operation, .flags = set.flags});
        last->packages.insert(last->packages.end(), set.packages.begin(), set.packages.end());
    }
    if (packages.cleanup) plan.after_actions.push_back({.operation = PackageOperation::Clean});
    return plan;
}

} // namespace lxcpp::distro
