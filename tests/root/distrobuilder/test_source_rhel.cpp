// SPDX-License-Identifier: Apache-2.0
#include "source_lab.h"

namespace lxcpp {
namespace {

using distro::test::make_ext4;
using distro::test::make_iso;
using distro::test::make_squashfs;
using distro::test::read_file;
using distro::test::write_file;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// What dnf does, for as much as can be seen.
constexpr auto kDnf = R"(#!/bin/sh
echo "dnf $*"
root=
for word in "$@"; do case $word in --installroot=*) root=${word#*=} ;; esac; done
[ -n "$root" ] || { cp /bin/busybox /usr/bin/rpmkeys; exit 0; }
[ -e /mnt/cdrom/fails ] && exit 3
mkdir -p "$root/etc/pki" "$root/var/cache/dnf" "$root/usr/lib"
echo "$*" >"$root/etc/arguments"
echo "$http_proxy $no_proxy" >"$root/etc/proxy"
cp /etc/yum.repos.d/lxcpp.repo "$root/etc/repo"
cp -r /etc/pki/rpm-gpg "$root/etc/pki/"
[ ! -d /mnt/cdrom ] || cp -r /mnt/cdrom "$root/usr/lib/medium"
echo cached >"$root/var/cache/dnf/x"
echo user >"$root/etc/owned" && chown 1000:1001 "$root/etc/owned"
echo NAME=Test >"$root/etc/os-release"
)";

class RhelSource : public test::SourceLab {
protected:
    // The tree of an installation image.
    std::filesystem::path installer() {
        const auto tree = work("installer");
        make_tree(tree);
        make_program(tree / "usr/bin/dnf", kDnf);
        write_file(tree / "etc/pki/rpm-gpg/RPM-GPG-KEY-image", "key of the image");
        return tree;
    }
    // An image as they are made: ext4 in squashfs in ISO.
    void put_medium(const std::filesystem::path& tree, const std::string& path, const std::string& packages) {
        std::filesystem::create_directories(work("live/LiveOS"));
        make_ext4(tree, work("live/LiveOS/rootfs.img"), 8192);
        std::filesystem::create_directories(work("iso/LiveOS"));
        make_squashfs(work("live"), work("iso/LiveOS/squashfs.img"));
        if (!packages.empty()) {
            write_file(work("iso/" + packages + "/Packages/b/basesystem-1-1.noarch.rpm"), "basesystem");
            write_file(work("iso/" + packages + "/repodata/repomd.xml"), "repomd");
        }
        make_iso(work("iso"), work("x.iso"));
        serve(path, work("x.iso"));
    }
    void put_alma(const std::string& packages) {
        recipe_.source = {.downloader = "almalinux-http", .url = server_.url("/alma"), .keys = {key()}, .variant = "minimal"};
        put_medium(installer(), "alma/9/isos/x86_64/AlmaLinux-9.4-x86_64-minimal.iso", packages);
        tree_.put("alma/9/isos/x86_64/", listing({"AlmaLinux-9.4-x86_64-minimal.iso", "CHECKSUM"}));
        list_ = fmt::format("# AlmaLinux-9.4-x86_64-minimal.iso: 1 bytes\nSHA256 (AlmaLinux-9.4-x86_64-minimal.iso) = {}\n", sha256_hex(read_file(work("x.iso"))));
        tree_.put("alma/9/isos/x86_64/CHECKSUM", signer_->clear_sign(list_, *key_));
    }
    std::string list_;
};

TEST_P(RhelSource, InstallsFromTheMedium) {
    put_alma("BaseOS");
    const std::string made =
        build_source([](const std::filesystem::path& root, const distro::RootSource& source) {
            std::string text =
                sys::read_file(root / "etc/arguments") + sys::read_file(root / "etc/repo");
            text +=
                sys::read_file(root / "usr/lib/medium/Packages/b/basesystem-1-1.noarch.rpm") + '\n';
            const auto info = sys::stat_path(root / "etc/owned");
            text += fmt::format("{}:{} cache {} root {:o}\n", info->st_uid, info->st_gid,
                                sys::exists(root / "var/cache/dnf"),
                                sys::stat_path(root)->st_mode & 07777u);
            for (const distro::Verification& one : source.verification()) text += one.text + '\n';
            return text;
        });
    EXPECT_THAT(made,
                AllOf(HasSubstr("-y --disablerepo=* --enablerepo=lxcpp-cdrom --releasever=9 "
                                "--nogpgcheck --installroot=/rootfs --skip-broken install "
                                "basesystem almalinux-release yum\n"),
                      HasSubstr("baseurl=file:///mnt/cdrom\nenabled=0\ngpgcheck=0\n"),
                      HasSubstr("\nbasesystem\n1000:1001 cache false root 755\n"),
                      HasSubstr("minimal.iso: sha256 of CHECKSUM, signed by " + key_->fingerprint),
                      HasSubstr("packages: signed by source.keys, or of that image")));
    EXPECT_THAT(printed(), HasSubstr("dnf -y"));
}

// What only needs the image does not grow old; that is known as soon as it was looked into.
TEST_P(RhelSource, AsksServersUnlessTheMediumHasThePackages) {
    const auto asks = [&] {
        return build_source([&](const std::filesystem::path&, const distro::RootSource& source) {
            return fmt::format("{}", source.uses_network());
        });
    };
    put_alma("BaseOS");
    EXPECT_EQ(asks(), "false");
    const std::string before = build([&](const distro::BuildIdentity&) {
        const auto cache = image::ImageCache::open(home() / "cache");
        image::HttpClient http;
        image::SilentProgress silent;
        return fmt::format("{}", distro::open_source({recipe_, http, cache, cache.scratch(), silent, home() / "recipe", log(), std::time(nullptr)})->uses_network());
    });
    EXPECT_EQ(before, "false");
    std::filesystem::remove_all(scratch_.path());
    std::filesystem::create_directories(scratch_.path());
    make_program(installer() / "usr/bin/rpmkeys", "#!/bin/sh\n");
    put_medium(work("installer"), "alma/9/isos/x86_64/AlmaLinux-9.4-x86_64-minimal.iso", "");
    list_ = fmt::format("SHA256 (AlmaLinux-9.4-x86_64-minimal.iso) = {}\n", sha256_hex(read_file(work("x.iso"))));
    tree_.put("alma/9/isos/x86_64/CHECKSUM", signer_->clear_sign(list_, *key_));
    EXPECT_EQ(asks(), "true");
}

TEST_P(RhelSource, TakesOnlyWhatIsSigned) {
    put_alma("BaseOS");
    const std::string iso = "alma/9/isos/x86_64/AlmaLinux-9.4-x86_64-minimal.iso";
    tree_.put("alma/9/isos/x86_64/CHECKSUM", list_);
    EXPECT_THAT(build_file("etc/arguments"), AllOf(HasSubstr("error: "), HasSubstr("CHECKSUM")));
    tree_.put("alma/9/isos/x86_64/CHECKSUM", list_ + signer_->clear_sign("nothing\n", *key_));
    EXPECT_THAT(build_file("etc/arguments"), AllOf(HasSubstr("error: "), HasSubstr("CHECKSUM")));
    tree_.put("alma/9/isos/x86_64/CHECKSUM", signer_->clear_sign(list_, *key_));
    tree_.damage(iso);
    EXPECT_THAT(build_file("etc/arguments"), AllOf(HasSubstr("error: "), HasSubstr("AlmaLinux-9.4-x86_64-minimal.iso"), HasSubstr("sha256")));
    EXPECT_EQ(printed(), ""); // nothing of it ran
}

TEST_P(RhelSource, InstallsFromTheServerWithDeclaredKeys) {
    put_alma("");
    EXPECT_THAT(build_file("etc/repo"), HasSubstr("installing the base system"));
    EXPECT_THAT(printed(), HasSubstr("the image has no rpmkeys, and the packages come neither over https nor with the image"));
    std::filesystem::remove_all(scratch_.path());
    std::filesystem::create_directories(scratch_.path());
    const auto tree = installer();
    make_program(tree / "usr/bin/rpmkeys", "#!/bin/sh\n");
    put_medium(tree, "alma/9/isos/x86_64/AlmaLinux-9.4-x86_64-minimal.iso", "");
    list_ = fmt::format("SHA256 (AlmaLinux-9.4-x86_64-minimal.iso) = {}\n", sha256_hex(read_file(work("x.iso"))));
    tree_.put("alma/9/isos/x86_64/CHECKSUM", signer_->clear_sign(list_, *key_));
    EXPECT_EQ(build_file("etc/repo"), fmt::format("[lxcpp-baseos]\nname=baseos\nbaseurl={}\nenabled=0\ngpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-recipe-1\n",
                                                  server_.url("/alma/9/BaseOS/x86_64/os/")));
    EXPECT_THAT(build_file("etc/pki/rpm-gpg/RPM-GPG-KEY-recipe-1"), HasSubstr("BEGIN PGP PUBLIC KEY BLOCK"));
    EXPECT_THAT(build_file("etc/arguments"), Not(HasSubstr("nogpgcheck")));
}

// Nobody signs the lists of Rocky Linux 9: the recipe's keys are those of the packages, and the image needs another voucher.
TEST_P(RhelSource, ChecksPackagesWhereNobodySignsTheImage) {
    const auto tree = installer();
    make_program(tree / "usr/bin/rpmkeys", "#!/bin/sh\n");
    put_medium(tree, "rocky/9/isos/x86_64/Rocky-9.4-x86_64-minimal.iso", "minimal");
    tree_.put("rocky/9/isos/x86_64/", listing({"Rocky-9.4-x86_64-minimal.iso"}));
    recipe_.source = {.downloader = "rockylinux-http", .url = server_.url("/rocky"), .keys = {key()}, .variant = "minimal"};
    EXPECT_THAT(build_file("etc/repo"), AllOf(HasSubstr("error: "), HasSubstr("nothing says that it is right")));
    recipe_.source.sha256 = sha256_hex(read_file(work("x.iso")));
    EXPECT_THAT(build_file("etc/repo"), HasSubstr("baseurl=file:///mnt/cdrom\nenabled=0\ngpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-recipe-1\n"));
    recipe_.source.keys.clear();
    EXPECT_THAT(build_file("etc/repo"), HasSubstr("gpgcheck=0\n"));
    tree_.damage("rocky/9/isos/x86_64/Rocky-9.4-x86_64-minimal.iso");
    recipe_.source.sha256 = sha256_hex("other");
    EXPECT_THAT(build_file("etc/repo"), AllOf(HasSubstr("error: "), HasSubstr("Rocky-9.4-x86_64-minimal.iso"), HasSubstr("sha256")));
}

// The same medium on each mirror, with what vouches for it there.
TEST_P(RhelSource, EachMirror) {
    struct Mirror {
        const char* downloader;
        const char* release;
        std::string directory;
        std::string image;
        bool keys = false;
        std::function<void(const std::string& line)> list = [](const std::string&) {};
    };
    const auto listed = [&](const std::string& directory, const std::string& image) { tree_.put(directory, listing({image})); };
    const std::vector<Mirror> mirrors{
        {"almalinux-http", "9", "m/9/isos/x86_64/", "AlmaLinux-9.4-x86_64-minimal.iso", true, [&](const std::string& line) { tree_.put("m/9/isos/x86_64/CHECKSUM", signer_->clear_sign(line, *key_)); }},
        {"centos-http", "7", "m/7/isos/x86_64/", "CentOS-7-x86_64-Minimal-2009.iso", true, [&](const std::string& line) { tree_.put("m/7/isos/x86_64/sha256sum.txt.asc", signer_->clear_sign(line, *key_)); }},
        {"rockylinux-http", "10", "m/10/isos/x86_64/", "Rocky-10.0-x86_64-minimal.iso", true,
         [&](const std::string& line) {
             tree_.put("m/10/isos/x86_64/CHECKSUM", line);
             tree_.put("m/10/isos/x86_64/CHECKSUM.asc", signer_->sign("--detach-sign", line, {"-u", key_->fingerprint, "--armor"}));
         }},
        {"openeuler-http", "22.03", "m/openEuler-22.03-LTS-SP4/ISO/x86_64/", "openEuler-22.03-LTS-SP4-x86_64-dvd.iso", false, [&](const std::string&) { listed("m/", "openEuler-22.03-LTS-SP4/"); }},
        {"oraclelinux-http", "9", "m/OL9/u4/x86_64/", "OracleLinux-R9-U4-x86_64-boot.iso"},
        {"springdalelinux-http", "8", "m/8/x86_64/os/images/", "boot.iso"},
    };
    put_medium(installer(), "unused.iso", "BaseOS");
    const std::string iso = read_file(work("x.iso"));
    for (const Mirror& mirror : mirrors) {
        SCOPED_TRACE(mirror.downloader);
        listed(mirror.directory, mirror.image);
        if (std::string_view(mirror.downloader) == "oraclelinux-http") tree_.remove(mirror.directory); // lists nothing
        tree_.put(mirror.directory + mirror.image, iso);
        mirror.list(fmt::format("SHA256 ({}) = {}\n", mirror.image, sha256_hex(iso)));
        recipe_.image.release = mirror.release;
        recipe_.source = {.downloader = mirror.downloader, .url = server_.url("/m"), .variant = "minimal"};
        if (mirror.keys) recipe_.source.keys = {key()};
        else recipe_.source.sha256 = sha256_hex(iso);
        EXPECT_EQ(build_file("usr/lib/medium/Packages/b/basesystem-1-1.noarch.rpm"), "basesystem") << printed();
        tree_.damage(mirror.directory + mirror.image);
        recipe_.image.variant = "again";
        std::filesystem::remove_all(home() / "cache/files");
        EXPECT_THAT(build_file("etc/repo"), AllOf(HasSubstr("error: "), HasSubstr(mirror.image), HasSubstr("sha256")));
    }
}

// The newest images are a tree, without a file system in it.
TEST_P(RhelSource, OfATreeInTheImage) {
    write_file(work("iso/Packages/basesystem-1.rpm"), "basesystem");
    write_file(work("iso/repodata/repomd.xml"), "repomd");
    std::filesystem::create_directories(work("iso/images"));
    make_squashfs(installer(), work("iso/images/install.img"));
    make_iso(work("iso"), work("x.iso"));
    serve("ten.iso", work("x.iso"));
    recipe_.source = {.downloader = "almalinux-http", .url = server_.url("/ten.iso"), .sha256 = sha256_hex(read_file(work("x.iso")))};
    EXPECT_EQ(build_file("usr/lib/medium/Packages/basesystem-1.rpm"), "basesystem") << printed();
    write_file(work("iso/images/install.img"), "nothing that we know" + std::string(10'000, 'x'));
    make_iso(work("iso"), work("x.iso"));
    serve("ten.iso", work("x.iso"));
    recipe_.source.sha256 = sha256_hex(read_file(work("x.iso")));
    EXPECT_THAT(build_file("etc/repo"), HasSubstr("ten.iso: images/install.img: it is no ext4 file system"));
}

// Images of release 7 have rpm, and the rest as packages; the newest ones have no rpm.
TEST_P(RhelSource, GetsWhatItInstallsWith) {
    const auto tree = installer();
    // Busybox has an rpm of its own, which its shell would take.
    std::filesystem::remove(tree / "bin/sh");
    for (const char* file : {"bin/dash", "lib64/ld-linux-x86-64.so.2", "lib/x86_64-linux-gnu/libc.so.6"}) {
        if (!sys::exists(std::filesystem::path("/") / file)) GTEST_SKIP() << "the machine's dash is no x86-64 one";
        std::filesystem::create_directories((tree / file).parent_path());
        std::filesystem::copy_file(std::filesystem::path("/") / file, file == std::string_view("bin/dash") ? tree / "bin/sh" : tree / file);
    }
    std::filesystem::rename(tree / "usr/bin/dnf", tree / "usr/lib-yum");
    make_program(tree / "usr/bin/rpm", "#!/bin/sh\necho \"rpm $*\"\n[ -e \"$4\" ] || exit 9\ncase $4 in */yum-*) cp /usr/lib-yum /usr/bin/yum ;; *) cp /bin/busybox /usr/bin/rpmkeys ;; esac\n");
    write_file(work("iso/Packages/rpm-4.11.x86_64.rpm"), "rpm");
    write_file(work("iso/Packages/y/yum-3.4.noarch.rpm"), "yum");
    put_medium(tree, "seven.iso", "BaseOS");
    write_file(work("iso/repodata/repomd.xml"), "repomd");
    make_iso(work("iso"), work("x.iso"));
    serve("seven.iso", work("x.iso"));
    recipe_.source = {.downloader = "centos-http", .url = server_.url("/seven.iso"), .variant = "minimal", .sha256 = sha256_hex(read_file(work("x.iso")))};
    EXPECT_THAT(build_file("etc/arguments"), HasSubstr("--installroot=/rootfs"));
    EXPECT_THAT(printed(), AllOf(HasSubstr("rpm --install --nodeps --force /mnt/cdrom/Packages/rpm-4.11.x86_64.rpm\n"),
                                 HasSubstr("rpm --install --nodeps --force /mnt/cdrom/Packages/y/yum-3.4.noarch.rpm\n")));
}

TEST_P(RhelSource, GetsWhatItChecksWith) {
    put_medium(installer(), "ten.iso", "minimal");
    recipe_.source = {.downloader = "rockylinux-http", .url = server_.url("/ten.iso"), .variant = "minimal", .sha256 = sha256_hex(read_file(work("x.iso")))};
    recipe_.source.key_files = {"distribution.asc"};
    write_file(home() / "recipe/distribution.asc", key());
    EXPECT_THAT(build_file("etc/arguments"), Not(HasSubstr("nogpgcheck")));
    EXPECT_THAT(printed(), AllOf(HasSubstr("the package rpm is installed unchecked, all others are checked by it"), HasSubstr("--nogpgcheck install rpm\n")));
}

TEST_P(RhelSource, OfAnImageByItself) {
    put_medium(installer(), "any.iso", "minimal");
    recipe_.source = {.downloader = "rockylinux-http", .url = server_.url("/any.iso"), .variant = "minimal"};
    EXPECT_THAT(build_file("etc/repo"), AllOf(HasSubstr("any.iso"), HasSubstr("nothing says that it is right")));
    recipe_.source.sha256 = sha256_hex(read_file(work("x.iso")));
    EXPECT_THAT(build_file("etc/repo"), HasSubstr("baseurl=file:///mnt/cdrom"));
    recipe_.source.variant = "";
    EXPECT_THAT(build_file("etc/repo"), HasSubstr("any.iso: the image brings no packages, and source.url names no mirror but the image"));
}

TEST_P(RhelSource, GoesToServersAsWeDo) {
    put_alma("BaseOS");
    ::setenv("http_proxy", "http://proxy.example:3128", 1);
    ::setenv("no_proxy", "127.0.0.1", 1);
    EXPECT_EQ(build_file("etc/proxy"), "http://proxy.example:3128 127.0.0.1\n");
    recipe_.environment.variables = {{.key = "http_proxy", .value = "http://other.example"}};
    EXPECT_EQ(build_file("etc/proxy"), "http://other.example 127.0.0.1\n");
    ::unsetenv("http_proxy");
    ::unsetenv("no_proxy");
}

TEST_P(RhelSource, OfADiskImage) {
    const auto tree = installer();
    make_program(tree / "usr/bin/yum", std::string(kDnf) + "echo NAME=Disk >\"$root/etc/os-release\"\n");
    std::filesystem::remove(tree / "usr/bin/dnf");
    write_file(tree / "etc/yum.repos.d/lxcpp.repo", "its own\n");
    make_program(tree / "usr/bin/rpmkeys", "#!/bin/sh\n");
    make_ext4(tree, work("root"), 8192);
    std::string disk(512 * 4, '\0');
    disk[510] = '\x55', disk[511] = '\xaa';
    disk[446 + 4] = '\x83', disk[446 + 8] = 4;
    disk[446 + 13] = 0x40; // 16384 sectors
    write_file(work("disk.raw"), disk + read_file(work("root")));
    distro::test::run_tool({"/usr/bin/xz", "-0", work("disk.raw")});
    serve("c/7/isos/armhfp/CentOS-Userland-7-armv7hl-RootFS-Minimal-2009-sda.raw.xz", work("disk.raw.xz"));
    tree_.put("c/7/isos/armhfp/", listing({"CentOS-Userland-7-armv7hl-RootFS-Minimal-2009-sda.raw.xz"}));
    recipe_.image.architecture_mapped = "armhfp";
    recipe_.image.release = "7";
    recipe_.source = {.downloader = "centos-http", .url = server_.url("/c"), .variant = "minimal", .skip_verification = true};
    EXPECT_THAT(build_file("etc/arguments"), HasSubstr("--enablerepo=base --releasever=7 --installroot=/rootfs"));
    EXPECT_EQ(build_file("etc/os-release"), "NAME=Disk\n");
}

TEST_P(RhelSource, SaysWhatAnInstallationLacks) {
    put_alma("BaseOS");
    const auto rebuild = [&] {
        make_iso(work("iso"), work("x.iso"));
        serve("alma/9/isos/x86_64/AlmaLinux-9.4-x86_64-minimal.iso", work("x.iso"));
        list_ = fmt::format("SHA256 (AlmaLinux-9.4-x86_64-minimal.iso) = {}\n", sha256_hex(read_file(work("x.iso"))));
        tree_.put("alma/9/isos/x86_64/CHECKSUM", signer_->clear_sign(list_, *key_));
    };
    const auto program = work("installer/usr/bin/dnf");
    const auto change = [&](const std::string& script) {
        make_program(program, script);
        std::filesystem::remove(work("live/LiveOS/rootfs.img"));
        std::filesystem::remove(work("iso/LiveOS/squashfs.img"));
        make_ext4(work("installer"), work("live/LiveOS/rootfs.img"), 8192);
        make_squashfs(work("live"), work("iso/LiveOS/squashfs.img"));
        rebuild();
    };
    change("#!/bin/sh\nexit 3\n");
    EXPECT_THAT(build_file("etc/repo"), HasSubstr("failed (exit code 3)"));
    change("#!/bin/sh\nexit 0\n");
    EXPECT_THAT(build_file("etc/repo"), HasSubstr("made no system (there is no os-release)"));
    change("#!/bin/sh\numount /rootfs/dev; umount /rootfs/proc; rm -rf /rootfs; ln -s /etc /rootfs\n");
    EXPECT_THAT(build_file("etc/repo"), HasSubstr("error: "));
    std::filesystem::remove(work("iso/LiveOS/squashfs.img"));
    rebuild();
    EXPECT_THAT(build_file("etc/repo"), HasSubstr("has neither LiveOS/squashfs.img nor images/install.img"));
}

INSTANTIATE_TEST_SUITE_P(Builders, RhelSource, testing::Values(test::Builder::Root, test::Builder::User), test::builder_name);

} // namespace
} // namespace lxcpp
