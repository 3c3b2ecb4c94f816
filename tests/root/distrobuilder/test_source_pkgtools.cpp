// SPDX-License-Identifier: Apache-2.0
// Sources whose packages a script of theirs installs.
#include "source_lab.h"

namespace lxcpp {
namespace {

using distro::test::read_file;
using distro::test::run_tool;
using distro::test::write_file;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// installpkg, for as much as can be seen.
constexpr auto kInstall = R"(#!/bin/bash
export PATH=/nowhere
while [ "$1" != "${1#-}" ]; do
    case $1 in --root | -root) root=$2; shift ;; -priority) shift ;; esac
    shift
done
tar -xJf "$1" -C "$root"
echo "${1##*/}" >>"$root/etc/installed"
)";

class Pkgtools : public test::SourceLab {
protected:
    void add_file(const std::string& package, const std::string& path, const std::string& text, bool program = false) {
        write_file(work(package) / path, text);
        if (program) std::filesystem::permissions(work(package) / path, std::filesystem::perms(0755));
    }
    // Packed, and signed beside it.
    void put(const std::string& directory, const std::string& package, const std::string& file) {
        write_file(work(package) / "usr/doc" / package, package);
        run_tool({"/bin/tar", "-cJf", work(file), "-C", work(package), "--owner=0", "--group=0", "."});
        serve(directory + file, work(file));
        tree_.put(directory + file + ".asc", signer_->sign("--detach-sign", read_file(work(file)), {"-u", key_->fingerprint, "--armor"}));
        listings_[directory] += "<a href=\"" + file + "\"><img></a> <a href=\"" + file + "\">" + file + "</a> <a href=\"" + file + ".asc\">\n";
        tree_.put(directory, listings_[directory]);
    }
    std::map<std::string, std::string> listings_;
};

class Slackware : public Pkgtools {
protected:
    Slackware() {
        recipe_.image.release = "15.0";
        recipe_.source = {.downloader = "slackware-http", .url = server_.url("/slackware"), .keys = {key()}};
        for (const char* series : {"a", "ap", "d", "l", "n"}) tree_.put(at(series), "");
        add_file("aaa_base", "etc/rc.d/rc.M", "/bin/dmesg -s\n");
        add_file("aaa_base", "etc/rc.d/rc.inet1.conf", "USE_DHCP[0]=\"\"\n");
        put(at("a"), "aaa_base", "aaa_base-15.0-x86_64-3.txz");
        put(at("a"), "kernel-huge", "kernel-huge-5.15-x86_64-1.txz");
        add_file("pkgtools", "sbin/installpkg", kInstall, true);
        put(at("a"), "pkgtools", "pkgtools-15.0-noarch-42.txz");
        put(at("a"), "sysvinit-scripts", "sysvinit-scripts-15.0-noarch-18.txz");
        put(at("n"), "ca-certificates", "ca-certificates-2021-noarch-1.txz");
    }
    static std::string at(const std::string& series) { return "slackware/slackware64-15.0/slackware64/" + series + "/"; }
};

TEST_P(Slackware, IsInstalledByItsOwnTools) {
    const std::string made =
        build_source([](const std::filesystem::path& root, const distro::RootSource& source) {
            std::string text;
            for (const char* file : {"etc/installed", "etc/rc.d/rc.M", "etc/rc.d/rc.inet1.conf",
                                     "etc/slackpkg/mirrors"})
                text += sys::read_file(root / file);
            return fmt::format("{}fstab {} {}", text, sys::exists(root / "etc/fstab"),
                               source.verification()[0].text);
        });
    EXPECT_EQ(made, fmt::format("aaa_base-15.0-x86_64-3.txz\npkgtools-15.0-noarch-42.txz\nsysvinit-"
                                "scripts-15.0-noarch-18.txz\nca-certificates-2021-noarch-1.txz\n"
                                "#/bin/dmesg -s\nUSE_DHCP[0]=\"yes\"\n{}/slackware64-15.0/\nfstab "
                                "true 4 packages: signed by {}",
                                server_.url("/slackware"), key_->fingerprint))
        << printed();
}

TEST_P(Slackware, TakesOnlyWhatIsSigned) {
    tree_.damage(at("n") + "ca-certificates-2021-noarch-1.txz");
    EXPECT_THAT(build_file("etc/installed"), AllOf(HasSubstr("ca-certificates-2021-noarch-1.txz"), HasSubstr("changed after it was signed")));
    tree_.remove(at("n") + "ca-certificates-2021-noarch-1.txz.asc");
    EXPECT_THAT(build_file("etc/installed"), HasSubstr("ca-certificates-2021-noarch-1.txz.asc: there is no such signature"));
    recipe_.source.keys.clear();
    EXPECT_THAT(build_file("etc/installed"), AllOf(HasSubstr("aaa_base-15.0-x86_64-3.txz"), HasSubstr("nothing says that it is right")));
    recipe_.source.sha256 = sha256_hex("x");
    EXPECT_THAT(build_file("etc/installed"), HasSubstr("source.sha256: slackware-http has many packages"));
    EXPECT_EQ(printed(), "");
}

TEST_P(Slackware, SaysWhatIsMissing) {
    recipe_.image.architecture_mapped = "aarch64";
    EXPECT_THAT(build_file("etc/installed"), HasSubstr("there is no Slackware for aarch64"));
    recipe_.image.architecture_mapped = "x86_64";
    tree_.put(at("a"), listing({"aaa_base-15.0-x86_64-3.txz"}));
    EXPECT_THAT(build_file("etc/installed"), HasSubstr("there is no package pkgtools, which installs the others"));
    add_file("pkgtools", "sbin/installpkg", "exit 4\n", true);
    put(at("a"), "pkgtools", "pkgtools-15.0-noarch-42.txz");
    EXPECT_THAT(build_file("etc/installed"), HasSubstr("slackware-http: installing its packages failed (exit code 4)"));
}

class Plamo : public Pkgtools {
protected:
    Plamo() {
        recipe_.image.release = "8.x";
        recipe_.source = {.downloader = "plamolinux-http", .url = server_.url("/Plamo"), .skip_verification = true};
        add_file("base", "etc/base", "base\n");
        put(kSeries, "base", "base-1-x86_64-B1.txz");
        put(kSeries, "kernel", "kernel-6-x86_64-B1.txz");
        add_file("pkgtools8", "sbin/new_installpkg", kInstall, true);
        add_file("pkgtools8", "sbin/installer_new/zstd-1.5", "#!/bin/sh\n", true);
        put(kSeries, "pkgtools8", "pkgtools8-8.0-noarch-B1.txz");
    }
    static constexpr auto kSeries = "Plamo/Plamo-8.x/x86_64/plamo/00_base/";
};

TEST_P(Plamo, IsInstalledByItsOwnTools) {
    EXPECT_EQ(build_file("etc/installed"), "base-1-x86_64-B1.txz\npkgtools8-8.0-noarch-B1.txz\n") << printed();
    recipe_.source.skip_verification = false;
    EXPECT_THAT(build_file("etc/installed"), AllOf(HasSubstr("base-1-x86_64-B1.txz"), HasSubstr("nothing says that it is right")));
    recipe_.source.keys = {key()};
    EXPECT_THAT(build_file("etc/installed"), HasSubstr("the recipe has source.keys, but nothing there is signed"));
    recipe_.image.release = "new";
    EXPECT_THAT(build_file("etc/installed"), HasSubstr("image.release: plamolinux-http needs one like 7.x"));
}

INSTANTIATE_TEST_SUITE_P(Builders, Slackware, testing::Values(test::Builder::Root, test::Builder::User), test::builder_name);
INSTANTIATE_TEST_SUITE_P(Builders, Plamo, testing::Values(test::Builder::Root, test::Builder::User), test::builder_name);

} // namespace
} // namespace lxcpp
