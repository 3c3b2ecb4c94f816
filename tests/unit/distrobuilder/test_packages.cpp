// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/package_manager.h"
#include "distrobuilder/recipe_names.h"
#include "distrobuilder/repositories.h"

#include "base/strings.h"
#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::distro {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string lines(const std::vector<Argv>& commands) {
    std::string text;
    for (const Argv& argv : commands) text += join(argv, " ") + "\n";
    return text;
}

// All operations of a manager, the installing and removing ones with a package and a flag.
std::string all_of(const std::string& name, std::string_view help = {}) {
    const PackageManager manager(Packages{.manager = name}, help);
    std::string text;
    for (const auto operation : {PackageOperation::Install, PackageOperation::Remove}) text += lines(manager.commands(operation, {"-f"}, {"p"}));
    for (const auto operation : {PackageOperation::Refresh, PackageOperation::Update, PackageOperation::Clean}) text += lines(manager.commands(operation));
    return text;
}

TEST(PackageManager, AptIsCalledAsDistrobuilderCallsIt) {
    EXPECT_EQ(all_of("apt"), "apt-get -y install -f p\n"
                             "apt-get -y remove --auto-remove -f p\n"
                             "apt-get -y -o APT::Update::Error-Mode=any update\n"
                             "apt-get -y dist-upgrade\n"
                             "apt-get -y clean\n");
}

TEST(PackageManager, SoAreTheOthers) {
    EXPECT_EQ(all_of("apk"), "apk --no-cache add -f p\napk --no-cache del --rdepends -f p\napk --no-cache update\napk --no-cache upgrade\n");
    EXPECT_EQ(all_of("dnf"), "dnf -y install --nobest -f p\ndnf -y remove -f p\ndnf -y makecache\ndnf -y upgrade --nobest\ndnf -y clean all\n");
    EXPECT_EQ(all_of("xbps"), "xbps-install --yes -f p\nxbps-remove --yes --recursive --remove-orphans -f p\nxbps-install --sync\n"
                              "xbps-install --yes --update\nxbps-install --yes --update\nxbps-remove --yes --clean-cache\n");
    EXPECT_EQ(all_of("portage"), "emerge --autounmask-continue -f p\nemerge --unmerge -f p\nemerge --update @world\n");
    EXPECT_EQ(all_of("slackpkg"), "slackpkg -batch=on -default_answer=y install -f p\nslackpkg -batch=on -default_answer=y remove -f p\n"
                                  "slackpkg -batch=on -default_answer=y update\ntrue\ntrue\n");
    EXPECT_EQ(all_of("opkg"), "opkg install -f p\nopkg remove -f p\nopkg update\necho\nrm -rf /tmp/opkg-lists/\n");
    EXPECT_EQ(all_of("pacman"), "pacman --noconfirm -S --needed -f p\npacman --noconfirm -Rcs -f p\npacman --noconfirm -Syy\npacman --noconfirm -Su\npacman --noconfirm -Sc\n");
    EXPECT_EQ(PackageManager(Packages{.manager = "pacman"}).emptied_by_clean(), "/var/cache/pacman/pkg");
    EXPECT_EQ(PackageManager(Packages{.manager = "opkg"}).needed_by_refresh(), "/var/lock");
}

TEST(PackageManager, YumSaysItselfWhatItTakes) {
    EXPECT_THAT(all_of("yum", "  --allowerasing  erase\n  --nobest\n"), HasSubstr("yum -y --allowerasing update --nobest\n"));
    EXPECT_THAT(all_of("yum", "old"), HasSubstr("yum -y update\n"));
    EXPECT_TRUE(PackageManager::wants_help(Packages{.manager = "yum"}));
}

TEST(PackageManager, ACustomOneRunsWhatHasFlags) {
    Packages packages;
    packages.custom_manager = CustomManager{.clean = {.cmd = "c"}, .install = {.cmd = "i", .flags = {"-a"}}, .flags = {"-g"}};
    const PackageManager manager(packages);
    EXPECT_EQ(lines(manager.commands(PackageOperation::Install, {"-f"}, {"p", "q"})), "i -g -a -f p q\n");
    EXPECT_THAT(manager.commands(PackageOperation::Clean), IsEmpty());
    EXPECT_THAT(manager.commands(PackageOperation::Install), IsEmpty());
}

TEST(PackageManager, TheTableIsTheRecipes) {
    const auto names = package_manager_names();
    EXPECT_TRUE(std::ranges::equal(names, kManagers));
    EXPECT_EQ(error_of([] { PackageManager(Packages{.manager = "emerge"}); }), "there is no package manager emerge");
}

TEST(PackagePlan, PutsNeighboursTogether) {
    const Packages packages{.manager = "apt", .update = true, .cleanup = true};
    const std::vector<PackageSet> sets{{.packages = {"a"}, .action = "install"},
                                       {.packages = {"b", "c"}, .action = "install"},
                                       {.packages = {"d"}, .action = "install", .flags = {"-x"}},
                                       {.packages = {"e"}, .action = "remove"},
                                       {.packages = {"f"}, .action = "install"}};
    const PackagePlan plan = plan_packages(packages, sets);
    ASSERT_EQ(plan.before_actions.size(), 2u);
    EXPECT_EQ(plan.before_actions[1].operation, PackageOperation::Update);
    ASSERT_EQ(plan.after_actions.size(), 5u);
    EXPECT_THAT(plan.after_actions[0].packages, ElementsAre("a", "b", "c"));
    EXPECT_THAT(plan.after_actions[1].flags, ElementsAre("-x"));
    EXPECT_EQ(plan.after_actions[2].operation, PackageOperation::Remove);
    EXPECT_EQ(plan.after_actions[4].operation, PackageOperation::Clean);
}

TEST(PackagePlan, DoesNothingForNothing) {
    EXPECT_EQ(plan_packages({.manager = "apt", .cleanup = true}, {}), PackagePlan{});
    EXPECT_EQ(plan_packages({.manager = "apt", .update = true}, {}).before_actions.size(), 2u);
}

TEST(Repositories, OfAptAreCollected) {
    const std::vector<PackageRepository> all{{.name = "sources.list", .url = "deb x y main\n"},
                                             {.name = "extra", .url = "deb z", .key = "-----BEGIN PGP PUBLIC KEY BLOCK-----\nx\n"},
                                             {.name = "new.sources", .url = "Types: deb"}};
    const RepositoryChange change = plan_repositories("apt", all);
    ASSERT_EQ(change.files.size(), 4u);
    EXPECT_EQ(change.files[0], (RepositoryFile{"/etc/apt/sources.list", "deb x y main\n", RepositoryFile::How::Collect}));
    EXPECT_EQ(change.files[1].path, "/etc/apt/sources.list.d/extra.list");
    EXPECT_EQ(change.files[2].path, "/etc/apt/trusted.gpg.d/extra.asc");
    EXPECT_EQ(change.files[3].path, "/etc/apt/sources.list.d/new.sources");
    const auto with_id = plan_repositories("apt", std::vector<PackageRepository>{{.name = "a", .url = "u", .key = "0xABCD"}});
    EXPECT_EQ(lines(with_id.commands), "gpg --no-default-keyring --keyring /etc/apt/trusted.gpg.d/a.gpg --recv-keys 0xABCD\n");
}

TEST(Repositories, OfOthers) {
    const std::vector<PackageRepository> one{{.name = "n", .url = "http://x", .key = "k"}};
    EXPECT_EQ(plan_repositories("yum", one).files[0].path, "/etc/yum.repos.d/n.repo");
    EXPECT_EQ(lines(plan_repositories("yum", one).commands), "rpmdb --rebuilddb\n");
    EXPECT_THAT(plan_repositories("dnf", one).commands, IsEmpty());
    const auto apk = plan_repositories("apk", one);
    EXPECT_EQ(apk.files[0], (RepositoryFile{"/etc/apk/repositories", "http://x\n", RepositoryFile::How::Append}));
    EXPECT_EQ(apk.files[1].path, "/etc/apk/keys/n");
    EXPECT_EQ(lines(plan_repositories("zypper", one).commands), "zypper ar --refresh --check http://x n\n");
    EXPECT_EQ(plan_repositories("anise", one).files[0].path, "/etc/anise/repos.conf.d/n.yml");
    EXPECT_EQ(lines(plan_repositories("equo", std::vector<PackageRepository>{{.name = "n", .type = "enman"}}).commands), "enman add n\n");
    EXPECT_THAT(plan_repositories("pacman", one).warnings, ElementsAre(HasSubstr("nothing is known of those of pacman")));
}

TEST(Repositories, ANameIsNoPath) {
    for (const char* name : {"", "..", "a/b", "../../x"})
        EXPECT_THAT(error_of([&] { (void)plan_repositories("apt", std::vector<PackageRepository>{{.name = name, .url = "u"}}); }), HasSubstr("is no name for a file")) << name;
    EXPECT_THAT(error_of([] { (void)plan_repositories("zypper", std::vector<PackageRepository>{{.name = "n", .type = "apt"}}); }), HasSubstr("the type apt is not known"));
}

} // namespace
} // namespace lxcpp::distro
