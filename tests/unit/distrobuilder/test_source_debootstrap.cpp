// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/source_debootstrap.h"

#include "debian/architecture.h"
#include "distrobuilder/source_debootstrap_choice.h"
#include "image/verify.h"
#include "source_fixture.h"
#include "unit/debian/fake_mirror.h"

#include <filesystem>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

using test::error_of;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Recipe recipe_for(const std::string& release) {
    Recipe recipe;
    recipe.source.downloader = "debootstrap";
    recipe.image.release = release;
    recipe.image.architecture_mapped = debian::native_architecture();
    return recipe;
}

TEST(DebootstrapChoice, SaysWhatARecipeMeans) {
    Recipe recipe = recipe_for("bookworm");
    recipe.image.architecture_mapped = "amd64";
    recipe.packages.sets = {{.packages = {"vim", "less"}, .action = "install", .early = true},
                            {.packages = {"nano"}, .action = "remove", .early = true},
                            {.filter = {.types = {TargetType::Container}}, .packages = {"typed"}, .action = "install", .early = true},
                            {.packages = {"later"}, .action = "install"}};
    const DebootstrapChoice plain = debootstrap_choice(recipe);
    EXPECT_EQ(plain, (DebootstrapChoice{.suite = "bookworm", .architecture = "amd64", .components = {"main"}, .include = {"vim", "less"}, .exclude = {"nano"}}));
    recipe.source.suite = "noble";
    recipe.source.variant = "minbase";
    recipe.source.components = {"main", "universe"};
    const DebootstrapChoice other = debootstrap_choice(recipe);
    EXPECT_EQ(other.suite, "noble");
    EXPECT_EQ(other.variant, DebootstrapVariant::Minbase);
    EXPECT_THAT(other.components, ElementsAre("main", "universe"));
}

TEST(DebootstrapChoice, RefusesWhatItDoesNotKnow) {
    Recipe recipe = recipe_for("");
    const auto refusal = [&] { return error_of([&] { (void)debootstrap_choice(recipe); }); };
    EXPECT_THAT(refusal(), StartsWith("image.release: debootstrap needs one"));
    recipe.image.release = "../bookworm";
    EXPECT_EQ(refusal(), "image.release: ../bookworm is no name of a release");
    recipe.image.release = "bookworm";
    recipe.source.variant = "fakechroot";
    EXPECT_EQ(refusal(), "source.variant: fakechroot: minbase, buildd or none at all are possible");
    recipe.source.variant = "";
    recipe.image.architecture_mapped = "vax";
    EXPECT_THAT(refusal(), StartsWith("image.architecture: vax is none that packages are for"));
}

TEST(DebootstrapChoice, KnowsWhoseUsrIsMerged) {
    EXPECT_TRUE(has_merged_usr("bookworm", DebootstrapVariant::Default));
    EXPECT_FALSE(has_merged_usr("bookworm", DebootstrapVariant::Buildd));
    EXPECT_TRUE(has_merged_usr("trixie", DebootstrapVariant::Buildd));
    EXPECT_TRUE(has_merged_usr("noble", DebootstrapVariant::Buildd));
    EXPECT_FALSE(has_merged_usr("bionic", DebootstrapVariant::Default));
    EXPECT_FALSE(has_merged_usr("stretch", DebootstrapVariant::Minbase));
    EXPECT_TRUE(has_merged_usr("", DebootstrapVariant::Default)); // no same_as
}

// Against a mirror of our own; only the container is a stand-in.
class DebootstrapTest : public SourceTest {
protected:
    DebootstrapTest() : mirror_(*signer_, *key_) {
        debian::add_minimal_packages(mirror_);
        mirror_.add({.name = "apt", .fields = "Priority: important\nDepends: usrmerge | usr-is-merged\n", .files = {{.name = "./etc/apt/apt.conf", .data = "apt"}}});
        for (const char* name : {"usrmerge", "usr-is-merged", "vim", "build-essential"}) mirror_.add({.name = name, .fields = "Priority: optional\n"});
        mirror_.publish();
        recipe_ = recipe_for("testix");
        recipe_.source.url = mirror_.url();
        recipe_.source.keys = {material(*key_)};
    }
    std::string bootstrap() {
        const auto root = dir_.path() / "root";
        std::filesystem::remove_all(root);
        sys::make_dir(root, 0755);
        work_ = std::make_unique<SourceWork>(SourceWork{recipe_, http_, cache_, cache_.scratch(), listener_, dir_.path(), dir_.path() / "log", now_});
        return error_of([&] {
            source_ = open_debootstrap_source(*work_, guest_.runner());
            source_->unpack(root);
        });
    }
    [[nodiscard]] std::string file(const std::string& path) const { return sys::read_file(dir_.path() / "root" / path); }
    [[nodiscard]] bool has(const std::string& package) const { return file("var/lib/dpkg/status").find("Package: " + package + "\n") != std::string::npos; }
    // As before there was InRelease.
    void publish_two_files(const image::Signer::Key& key) {
        const std::string folder = mirror_.index_path().substr(0, mirror_.index_path().rfind('/') + 1);
        const std::string text = image::verify_inline(mirror_.files.at(mirror_.index_path()), {.keyrings = {key_->keyring}}).text;
        mirror_.files.erase(mirror_.index_path());
        mirror_.files[folder + "Release"] = text;
        mirror_.files[folder + "Release.gpg"] = detached(text, key);
    }

    std::time_t now_ = std::time(nullptr);
    debian::FakeMirror mirror_;
    debian::FakeGuest guest_;
};

TEST_F(DebootstrapTest, MakesWhatDebootstrapMakes) {
    ASSERT_EQ(bootstrap(), "");
    EXPECT_EQ(file("usr/bin/tool"), "tool");
    EXPECT_EQ(file("etc/apt/sources.list"), fmt::format("deb {} testix main\n", mirror_.url()));
    EXPECT_EQ(file("etc/hostname"), "distrobuilder\n");
    EXPECT_EQ(file("etc/fstab"), "# UNCONFIGURED FSTAB FOR BASE SYSTEM\n");
    EXPECT_EQ(file("var/lib/dpkg/cmethopt"), "apt apt\n");
    EXPECT_EQ(std::filesystem::read_symlink(dir_.path() / "root/etc/localtime"), "/usr/share/zoneinfo/UTC");
    EXPECT_EQ(std::filesystem::read_symlink(dir_.path() / "root/bin"), "usr/bin");
    EXPECT_FALSE(sys::exists(dir_.path() / "root/etc/machine-id"));
    EXPECT_FALSE(sys::exists(dir_.path() / "root/usr/sbin/policy-rc.d"));
    EXPECT_TRUE(has("init"));
    EXPECT_TRUE(has("usr-is-merged"));
    EXPECT_FALSE(has("usrmerge"));
    EXPECT_FALSE(has("vim"));
    EXPECT_THAT(verification(), ElementsAre(AllOf(StartsWith("testix: sha256 of its index of "),
                                                  HasSubstr("signed by " + key_->fingerprint))));
}

TEST_F(DebootstrapTest, VariantsAndEarlySetsChooseThePackages) {
    recipe_.source.variant = "minbase";
    recipe_.packages.sets = {{.packages = {"vim"}, .action = "install", .early = true}};
    ASSERT_EQ(bootstrap(), "");
    EXPECT_TRUE(has("apt"));
    EXPECT_TRUE(has("vim"));
    EXPECT_FALSE(has("init"));
    const std::string minbase = source_->identity();
    recipe_.source.variant = "buildd";
    recipe_.packages.sets = {{.packages = {"vim"}, .action = "remove", .early = true}};
    ASSERT_EQ(bootstrap(), "");
    EXPECT_TRUE(has("build-essential"));
    EXPECT_FALSE(has("vim"));
    EXPECT_NE(source_->identity(), minbase);
    recipe_.packages.sets = {{.packages = {"emacs"}, .action = "install", .early = true}};
    EXPECT_EQ(bootstrap(), "debootstrap: there is no package emacs");
}

TEST_F(DebootstrapTest, OldReleasesKeepTheirDirectories) {
    recipe_.source.same_as = "stretch";
    ASSERT_EQ(bootstrap(), "");
    EXPECT_EQ(file("bin/tool"), "tool");
    EXPECT_FALSE(sys::exists(dir_.path() / "root/usr/bin/tool"));
    EXPECT_TRUE(sys::exists(dir_.path() / "root/etc/unsupported-skip-usrmerge-conversion"));
}

TEST_F(DebootstrapTest, OnlyTheKeysOfTheRecipeCount) {
    recipe_.source.keys = {material(*stranger_)};
    recipe_.source.skip_verification = true; // which keys make void
    EXPECT_THAT(bootstrap(), AllOf(StartsWith("debootstrap: "), HasSubstr("InRelease"), HasSubstr("not in the keyring")));
    EXPECT_THAT(bootstrap(), HasSubstr("source.keys has other keys"));
    recipe_.source.keys = {material(*key_)};
    std::string& index = mirror_.files[mirror_.index_path()];
    index[index.find("Codename")] ^= 1;
    EXPECT_THAT(bootstrap(), HasSubstr("changed after it was signed"));
    mirror_.publish();
    mirror_.files[mirror_.packages_path()] += "\n";
    EXPECT_THAT(bootstrap(), HasSubstr("/by-hash/SHA256/"));
}

TEST_F(DebootstrapTest, OneSignatureBesideIsAsGood) {
    publish_two_files(*key_);
    ASSERT_EQ(bootstrap(), "");
    EXPECT_THAT(verification().front(), HasSubstr("signed by " + key_->fingerprint));
    mirror_.publish();
    publish_two_files(*stranger_);
    EXPECT_THAT(bootstrap(), AllOf(HasSubstr("testix/Release: "), HasSubstr("not in the keyring")));
    std::erase_if(mirror_.files, [](const auto& entry) { return entry.first.ends_with(".gpg"); });
    EXPECT_THAT(bootstrap(), HasSubstr("testix/Release: it is not signed"));
    std::erase_if(mirror_.files, [](const auto& entry) { return entry.first.ends_with("Release"); });
    EXPECT_THAT(bootstrap(), HasSubstr("there is no release 'testix' on this mirror"));
}

TEST_F(DebootstrapTest, SkippingVerificationIsSaidAndHashesStillCount) {
    publish_two_files(*stranger_);
    recipe_.source.keys.clear();
    recipe_.source.skip_verification = true;
    char& last = mirror_.files[debian::FakeMirror::deb_path("apt")].back();
    last ^= 1;
    EXPECT_THAT(bootstrap(), AllOf(HasSubstr("apt.deb"), HasSubstr("expected")));
    last ^= 1;
    ASSERT_EQ(bootstrap(), "");
    EXPECT_THAT(
        verification(),
        ElementsAre(
            "warning: testix: not verified at all: the recipe has source.skip_verification"));
}

TEST_F(DebootstrapTest, ExpiredAndOlderIndexesAreRefused) {
    mirror_.more_release = "Valid-Until: " + debian::format_release_date(now_ + 3600) + "\n";
    mirror_.publish();
    ASSERT_EQ(bootstrap(), "");
    now_ += 7200;
    EXPECT_THAT(bootstrap(), AllOf(HasSubstr("testix: its index expired on"), HasSubstr("use another source.url, or source.skip_verification")));
    recipe_.source.skip_verification = true;
    EXPECT_EQ(bootstrap(), "");
    recipe_.source.skip_verification = false;
    mirror_.more_release.clear();
    mirror_.date -= 86400;
    mirror_.publish();
    EXPECT_THAT(bootstrap(), AllOf(HasSubstr("was seen from this mirror before"), HasSubstr("source.skip_verification accepts it")));
}

TEST_F(DebootstrapTest, AFailingScriptEndsIt) {
    guest_.failing = "preinst";
    EXPECT_THAT(bootstrap(), AllOf(HasSubstr("failed with exit status 3"), HasSubstr("line of the log")));
}

} // namespace
} // namespace lxcpp::distro
