// SPDX-License-Identifier: Apache-2.0
#include "debian/run.h"

#include "fake_mirror.h"
#include "image/verify.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <fmt/core.h>

namespace lxcpp::debian {
namespace {

namespace fs = std::filesystem;

struct Messages final : image::ProgressSink {
    void begin(std::string_view, std::uint64_t, image::ProgressUnit) override {}
    void update(std::uint64_t, std::uint64_t) override {}
    void end(std::string_view) override {}
    void abandon() noexcept override {}
    void message(std::string_view line) override { messages.append(line) += '\n'; }
    std::string messages;
};

// The whole template against a mirror of our own; only the container is a stand-in.
class TemplateTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        signer_ = std::make_unique<image::Signer>();
        key_ = signer_->make_key("Archive");
        foreign_ = signer_->make_key("Somebody");
    }
    static void TearDownTestSuite() { signer_.reset(); }

    TemplateTest() : mirror_(*signer_, key_) {
        add_minimal_packages(mirror_);
        mirror_.publish();
        paths_.cache = dir_ / "cache";
        paths_.data = dir_ / "data";
    }

    // "" when it worked.
    std::string create(const std::vector<std::string>& arguments = {}) {
        fs::remove_all(dir_ / "c1");
        fs::create_directories(dir_ / "c1/rootfs");
        sys::write_file_atomic(dir_ / "c1/config", "# base\n");
        std::vector<std::string> all{"--path=" + (dir_ / "c1").string(), "--name=c1",
                                     "--rootfs=" + (dir_ / "c1/rootfs").string(), "--mirror=" + mirror_.url(),
                                     "--keyring=" + key_.keyring.string(), "--release=testix"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        return test::error_of([&] {
            run_template(parse_options(all), paths_, guest_.runner(), said_);
        });
    }
    [[nodiscard]] std::string root(const std::string& path) const { return sys::read_file(dir_ / "c1/rootfs" / path); }
    // What the mirror's index says, as it was signed.
    [[nodiscard]] std::string signed_text() const {
        return image::verify_inline(mirror_.files.at(mirror_.index_path()), {.keyrings = {key_.keyring}}).text;
    }
    [[nodiscard]] bool nothing_was_built() const {
        return sys::list_dir(dir_ / "cache/trees").empty() && sys::list_dir(dir_ / "c1/rootfs").empty();
    }

    static inline std::unique_ptr<image::Signer> signer_;
    static inline image::Signer::Key key_;
    static inline image::Signer::Key foreign_;
    test::TempDir dir_;
    FakeMirror mirror_;
    FakeGuest guest_;
    Messages said_;
    Paths paths_;
};

TEST_F(TemplateTest, InstallsAndPersonalizes) {
    ASSERT_EQ(create(), "");
    EXPECT_EQ(root("usr/bin/tool"), "tool"); // through bin -> usr/bin
    EXPECT_TRUE(fs::is_symlink(dir_ / "c1/rootfs/bin"));
    EXPECT_EQ(root("etc/issue"), "Test");
    EXPECT_EQ(root("etc/issue.dpkg-new"), "Test"); // which the real dpkg moves into place
    EXPECT_EQ(root("var/lib/dpkg/info/base-files.list"), "/.\n/etc\n/etc/issue\n/bin\n/bin/tool\n");
    EXPECT_EQ(root("var/lib/dpkg/triggers/File"), "/usr/share/x init/noawait\n");
    EXPECT_EQ(root("var/lib/dpkg/triggers/other"), "init\n");
    EXPECT_TRUE(fs::exists(dir_ / fmt::format("c1/rootfs/var/lib/dpkg/info/mawk:{}.list", native_architecture())));
    EXPECT_EQ(root("etc/hostname"), "c1\n");
    EXPECT_EQ(root("etc/machine-id"), "");
    EXPECT_NE(root("etc/hosts").find("127.0.1.1\tc1\n"), std::string::npos);
    EXPECT_EQ(root("etc/apt/sources.list.d/debian.sources"),
              fmt::format("Types: deb\nURIs: {}\nSuites: testix\nComponents: main\nSigned-By: "
                          "/etc/apt/keyrings/archive.gpg\n", mirror_.url()));
    EXPECT_EQ(root("etc/apt/keyrings/archive.gpg"), sys::read_file(key_.keyring));
    EXPECT_FALSE(fs::exists(dir_ / "c1/rootfs/usr/sbin/policy-rc.d"));
    EXPECT_EQ(root("var/lib/dpkg/status").find("unpacked"), std::string::npos);
    EXPECT_NE(sys::read_file(dir_ / "c1/config").find("lxc.uts.name = c1\n"), std::string::npos);
}

// The core is configured before the preinst of a later package runs.
TEST_F(TemplateTest, RunsScriptsInOrder) {
    ASSERT_EQ(create(), "");
    std::string all;
    for (const auto& command : guest_.commands) {
        for (const auto& word : command) all += word + ' ';
        all += '\n';
    }
    EXPECT_EQ(all, fmt::format("/var/lib/dpkg/info/base-files.preinst install \n"
                               "/usr/bin/dpkg --force-unsafe-io --configure base-files mawk:{} dpkg \n"
                               "/var/lib/dpkg/info/late.preinst install \n"
                               "/usr/bin/dpkg --force-unsafe-io --configure --pending \n",
                               native_architecture()));
}

// Debconf's way to tell whose questions a preinst asks; at its end it is gone, or a later script would be taken for the same.
TEST_F(TemplateTest, ScriptsBeforeUnpackingHaveTheirControlFile) {
    ASSERT_EQ(create(), "");
    EXPECT_EQ(guest_.controls, "Package: base-files Package: late ");
    EXPECT_FALSE(fs::exists(dir_ / "c1/rootfs/var/lib/dpkg/tmp.ci"));
}

TEST_F(TemplateTest, CopiesTheFinishedBaseTheNextTime) {
    ASSERT_EQ(create(), "");
    const auto before = guest_.commands.size();
    mirror_.files.erase(FakeMirror::deb_path("dpkg"));
    ASSERT_EQ(create(), "");
    EXPECT_EQ(guest_.commands.size(), before);
    EXPECT_EQ(root("usr/bin/tool"), "tool");
    // The .debs are in the cache too, so that even a rebuild needs none of them.
    ASSERT_EQ(create({"--flush-cache"}), "");
    EXPECT_GT(guest_.commands.size(), before);
}

// The bytes, or only the record of what they must be.
TEST_F(TemplateTest, ADamagedBaseIsNamedAndBuiltAnew) {
    ASSERT_EQ(create(), "");
    const auto name = sys::list_dir(dir_ / "cache/trees").front();
    const auto tool = dir_ / "cache/trees" / name / "usr/bin/tool";
    for (const auto& [file, text] : {std::pair(tool, "fool"), std::pair(dir_ / "cache/sums" / name, "")}) {
        const auto time = fs::last_write_time(file);
        std::ofstream(file) << text;
        fs::last_write_time(file, time);
        const auto before = guest_.commands.size();
        said_.messages.clear();
        ASSERT_EQ(create(), "");
        EXPECT_GT(guest_.commands.size(), before) << file;
        EXPECT_EQ(root("usr/bin/tool"), "tool");
        EXPECT_EQ(sys::read_file(tool), "tool") << "the cache is sound again";
        EXPECT_NE(said_.messages.find("warning: the cached base " + name + " is damaged: /"), std::string::npos);
    }
    EXPECT_EQ(said_.messages.find("usr/bin/tool"), std::string::npos) << "that was the other time";
}

TEST_F(TemplateTest, BuildsAnotherBaseForOtherPackages) {
    ASSERT_EQ(create(), "");
    const auto before = guest_.commands.size();
    ASSERT_EQ(create({"--packages=late"}), "");
    EXPECT_GT(guest_.commands.size(), before);
    EXPECT_EQ(create({"--packages=nope"}), "there is no package nope");
}

// One byte of any file that is fetched.
TEST_F(TemplateTest, RefusesAnythingThatWasTamperedWith) {
    const auto tampered = [&](const std::string& path, std::string_view from, std::string_view to) {
        const std::string good = mirror_.files.at(path);
        std::string bad = good;
        bad.replace(bad.rfind(from), from.size(), to);
        mirror_.files[path] = bad;
        fs::remove_all(dir_ / "cache");
        const auto error = create();
        mirror_.files[path] = good;
        EXPECT_TRUE(nothing_was_built()) << path;
        return error;
    };
    EXPECT_NE(tampered(mirror_.index_path(), "Suite: stable", "Suite: stablf").find("/InRelease"), std::string::npos);
    EXPECT_NE(tampered(mirror_.packages_path(), "Priority: required", "Priority: requirec").find("sha256"),
              std::string::npos);
    EXPECT_NE(tampered(FakeMirror::deb_path("mawk"), "ustar", "ustas").find("/pool/mawk.deb: "), std::string::npos);
    EXPECT_EQ(create(), "");
}

TEST_F(TemplateTest, TakesThePlainFileWhereThereIsNoneByHash) {
    const auto plain = fmt::format("/debian/dists/testix/main/binary-{}/Packages", native_architecture());
    mirror_.files[plain] = mirror_.files.at(mirror_.packages_path());
    mirror_.files.erase(mirror_.packages_path());
    EXPECT_EQ(create(), "");
    mirror_.files[plain][0] = 'p';
    fs::remove_all(dir_ / "cache");
    EXPECT_NE(create().find(plain + ": sha256 is "), std::string::npos);
    mirror_.files.erase(plain);
    EXPECT_NE(create().find(plain + ": 404 Not Found"), std::string::npos);
    EXPECT_TRUE(nothing_was_built());
}

TEST_F(TemplateTest, RefusesAnotherPackageUnderTheName) {
    // Rightly hashed, but with another content than the index says: the mirror's own mistake.
    FakeMirror other(*signer_, key_);
    add_minimal_packages(other);
    std::string packages = mirror_.files.at(mirror_.packages_path());
    EXPECT_NE(packages.find("Package: late"), std::string::npos);
    mirror_.add({.name = "late", .fields = "", .version = "2"});
    mirror_.add({.name = "liar", .fields = "Essential: yes\n"});
    mirror_.files[FakeMirror::deb_path("liar")] = "junk";
    mirror_.publish();
    EXPECT_NE(create().find("/pool/liar.deb: "), std::string::npos);
    EXPECT_TRUE(nothing_was_built());
}

TEST_F(TemplateTest, RefusesForeignAndMissingSignatures) {
    const std::string release = "Origin: Test\n";
    mirror_.sign(release, foreign_);
    EXPECT_NE(create().find(mirror_.url() + "/dists/testix/InRelease: "), std::string::npos);
    mirror_.files[mirror_.index_path()] = release;
    EXPECT_NE(create().find(mirror_.url() + "/dists/testix/InRelease: "), std::string::npos);
    EXPECT_TRUE(nothing_was_built());
}

TEST_F(TemplateTest, AFurtherKeyMaySignToo) {
    mirror_.sign(signed_text(), foreign_);
    EXPECT_NE(create(), "");
    ASSERT_EQ(create({"--auth-key", foreign_.keyring.string()}), "");
    EXPECT_EQ(root("etc/apt/keyrings/auth-key.gpg"), sys::read_file(foreign_.keyring));
    EXPECT_NE(root("etc/apt/sources.list.d/debian.sources")
                  .find("Signed-By: /etc/apt/keyrings/archive.gpg,/etc/apt/keyrings/auth-key.gpg\n"),
              std::string::npos);
}

TEST_F(TemplateTest, AnSshKeyMayLogIn) {
    const auto file = dir_ / "id.pub";
    sys::write_file_atomic(file, "ssh-ed25519 AAAA me@here");
    ASSERT_EQ(create({"--auth-key", file.string()}), "");
    EXPECT_EQ(root("root/.ssh/authorized_keys"), "ssh-ed25519 AAAA me@here\n");
    EXPECT_EQ(sys::stat_path(dir_ / "c1/rootfs/root/.ssh")->st_mode & 07777u, 0700u);
    EXPECT_EQ(sys::stat_path(dir_ / "c1/rootfs/root/.ssh/authorized_keys")->st_mode & 07777u, 0600u);
    EXPECT_EQ(root("etc/apt/sources.list.d/debian.sources").find("auth-key"), std::string::npos);
    const auto refusal = [&](const std::string& text) {
        sys::write_file_atomic(file, text);
        return create({"--auth-key", file.string()});
    };
    const std::string start = "--auth-key " + file.string() + ": ";
    EXPECT_EQ(refusal("-----BEGIN OPENSSH PRIVATE KEY-----\n"), start + "this is a private key; give the public one");
    EXPECT_EQ(refusal("hello\n"), start + "neither an OpenPGP nor an SSH public key");
    EXPECT_EQ(create({"--auth-key", "/nowhere/key"}), "--auth-key /nowhere/key: no such file");
    EXPECT_EQ(create({"--keyring", "/nowhere/key"}), "--keyring /nowhere/key: no such file");
}

TEST_F(TemplateTest, AnotherArchitectureIsRefusedWhereItCannotRun) {
    EXPECT_EQ(create({"--arch", "s390x"}),
              fmt::format("--arch s390x: this {} machine cannot run programs of that architecture, "
                          "and the packages' "
                          "scripts have to be run; with the package qemu-user-static it can",
                          native_architecture()));
    EXPECT_TRUE(mirror_.fetched().empty());
}

TEST_F(TemplateTest, RefusesAnotherSuite) {
    mirror_.files["/debian/dists/otherix/InRelease"] = mirror_.files.at(mirror_.index_path());
    EXPECT_EQ(create({"-r", "otherix"}),
              mirror_.url() + "/dists/otherix/InRelease: it is the index of testix (stable), not of otherix");
    EXPECT_EQ(create({"-r", "missing"}),
              mirror_.url() + "/dists/missing/InRelease: there is no release 'missing' on this mirror");
}

TEST_F(TemplateTest, RefusesAnExpiredIndexUnlessAllowed) {
    mirror_.more_release = "Valid-Until: " + format_release_date(std::time(nullptr) - 60) + "\n";
    mirror_.publish();
    EXPECT_NE(create().find("/InRelease: it expired on "), std::string::npos);
    EXPECT_TRUE(nothing_was_built());
    EXPECT_EQ(create({"--allow-expired"}), "");
    EXPECT_NE(root("etc/apt/sources.list.d/debian.sources").find("\nCheck-Valid-Until: no\n"), std::string::npos);
}

TEST_F(TemplateTest, RefusesAnOlderIndexThanSeenBefore) {
    ASSERT_EQ(create(), "");
    mirror_.date -= 3600;
    mirror_.publish();
    EXPECT_NE(create().find("was seen from this mirror before"), std::string::npos);
    EXPECT_EQ(create({"--allow-rollback"}), "");
}

TEST_F(TemplateTest, TakesUpdatesWhereTheyExist) {
    FakeMirror updates(*signer_, key_);
    updates.codename = "testix-updates";
    updates.suite = "stable-updates";
    updates.add({.name = "mawk", .fields = "Priority: required\nProvides: awk\n", .version = "2"});
    updates.publish();
    mirror_.files.insert(updates.files.begin(), updates.files.end());
    mirror_.files[FakeMirror::deb_path("mawk")] = updates.files.at(FakeMirror::deb_path("mawk"));
    ASSERT_EQ(create(), "");
    EXPECT_NE(root("var/lib/dpkg/status").find("Package: mawk\nStatus: install ok installed\nVersion: 2\n"),
              std::string::npos);
    EXPECT_NE(root("etc/apt/sources.list.d/debian.sources").find("Suites: testix testix-updates\n"), std::string::npos);
}

TEST_F(TemplateTest, ShowsTheLogOfAScriptThatFails) {
    guest_.failing = "late.preinst";
    EXPECT_EQ(create(), "the preinst script of late failed with exit status 3:\n  line of the log");
    EXPECT_TRUE(nothing_was_built());
}

} // namespace
} // namespace lxcpp::debian
