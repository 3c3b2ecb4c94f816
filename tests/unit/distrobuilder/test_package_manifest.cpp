// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/package_manifest.h"

#include "output_fixture.h"
#include "support/error_of.h"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <sys/resource.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string be32(std::uint32_t value) {
    return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8), static_cast<char>(value)};
}

// A header of rpm with texts, and an epoch.
std::string rpm_header(const std::vector<std::pair<std::uint32_t, std::string>>& texts, std::uint32_t epoch) {
    std::string entries;
    std::string data = be32(epoch);
    entries += be32(1003) + be32(4) + be32(0) + be32(1);
    for (const auto& [tag, text] : texts) {
        entries += be32(tag) + be32(6) + be32(static_cast<std::uint32_t>(data.size())) + be32(1);
        data += text + '\0';
    }
    return be32(static_cast<std::uint32_t>(entries.size() / 16)) + be32(static_cast<std::uint32_t>(data.size())) + entries + data;
}

std::string bash_header() {
    return rpm_header({{1000, "bash"}, {1001, "5.2.26"}, {1002, "3.fc40"}, {1011, "Fedora Project"}, {1014, "GPL-3.0-or-later"},
                       {1020, "https://www.gnu.org/software/bash"}, {1022, "x86_64"}, {1044, "bash-5.2.26-3.fc40.src.rpm"}}, 1);
}

void make_rpm_database(const fs::path& file, const std::vector<std::string>& headers, bool write_ahead) {
    fs::create_directories(file.parent_path());
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
    if (write_ahead) sqlite3_exec(db, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr);
    sqlite3_exec(db, "CREATE TABLE Packages (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)", nullptr, nullptr, nullptr);
    for (const std::string& header : headers) {
        sqlite3_stmt* insert = nullptr;
        ASSERT_EQ(sqlite3_prepare_v2(db, "INSERT INTO Packages (blob) VALUES (?)", -1, &insert, nullptr), SQLITE_OK);
        sqlite3_bind_blob(insert, 1, header.data(), static_cast<int>(header.size()), SQLITE_TRANSIENT);
        EXPECT_EQ(sqlite3_step(insert), SQLITE_DONE);
        sqlite3_finalize(insert);
    }
    sqlite3_close(db);
}

class Manifest : public Outputs {
protected:
    PackageList list() { return list_packages(sys::RootedDir::open(top / "tree"), top.path()); }
    json manifest() {
        written = write(write_package_manifest);
        return json::parse(text("out/manifest.spdx.json"));
    }
    std::vector<OutputFile> written;
};

TEST_F(Manifest, ReadsDpkg) {
    put("tree/var/lib/dpkg/status", "Package: libc6\nStatus: install ok installed\nArchitecture: amd64\nSource: glibc (2.36-9)\nVersion: 2.36-9+deb12u7\n"
                                    "Maintainer: GNU Libc Maintainers <x@y>\nDescription: GNU C Library\n with Version: 99 in it\nHomepage: https://gnu.org/\n\n"
                                    "Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: half\nStatus: install reinstreq half-installed\nVersion: 2\n");
    EXPECT_THAT(list().packages, ElementsAre(InstalledPackage{.name = "half", .version = "2", .purl_type = "deb"},
                                             InstalledPackage{.name = "libc6", .version = "2.36-9+deb12u7", .architecture = "amd64",
                                                              .supplier = "GNU Libc Maintainers <x@y>", .homepage = "https://gnu.org/",
                                                              .source = "glibc", .purl_type = "deb"}));
}

TEST_F(Manifest, ReadsApkAndOpkg) {
    put("tree/lib/apk/db/installed", "C:Q1abc=\nP:musl\nV:1.2.4-r2\nA:x86_64\nL:MIT\no:musl\nm:Somebody <a@b>\nU:https://musl.libc.org/\nF:lib\nR:ld.so\n\nP:busybox\nV:1\n");
    put("tree/usr/lib/opkg/status", "Package: dnsmasq\nVersion: 2.90-2\nStatus: install user installed\nArchitecture: x86_64\n");
    const auto packages = list().packages;
    ASSERT_EQ(packages.size(), 3u);
    EXPECT_EQ(packages[1], (InstalledPackage{.name = "dnsmasq", .version = "2.90-2", .architecture = "x86_64", .purl_type = "generic"}));
    EXPECT_EQ(packages[2], (InstalledPackage{.name = "musl", .version = "1.2.4-r2", .architecture = "x86_64", .license = "MIT",
                                             .supplier = "Somebody <a@b>", .homepage = "https://musl.libc.org/", .source = "musl", .purl_type = "apk"}));
}

TEST_F(Manifest, ReadsPacman) {
    put("tree/var/lib/pacman/local/ALPM_DB_VERSION", "9\n");
    put("tree/var/lib/pacman/local/zlib-1:1.3.1-2/desc", "%NAME%\nzlib\n\n%VERSION%\n1:1.3.1-2\n\n%BASE%\nzlib\n\n%ARCH%\nx86_64\n\n%LICENSE%\nZlib\nMIT\n\n%URL%\nhttps://zlib.net\n");
    EXPECT_THAT(list().packages, ElementsAre(InstalledPackage{.name = "zlib", .version = "1:1.3.1-2", .architecture = "x86_64", .license = "Zlib AND MIT",
                                                              .homepage = "https://zlib.net", .source = "zlib", .purl_type = "alpm"}));
}

TEST_F(Manifest, ReadsXbpsAndPortage) {
    put("tree/var/db/xbps/pkgdb-0.38.plist", "<?xml version=\"1.0\"?>\n<plist version=\"1.0\">\n<dict>\n<key>acl</key>\n<dict>\n<key>architecture</key>\n<string>x86_64</string>\n"
                                             "<key>depends</key>\n<array>\n<string>glibc</string>\n</array>\n<key>license</key>\n<string>A &amp; B &lt;c&gt;</string>\n"
                                             "<key>alternatives</key>\n<dict>\n<key>pkgver</key>\n<string>wrong</string>\n</dict>\n"
                                             "<key>pkgver</key>\n<string>acl-2.3.2_1</string>\n<key>state</key>\n<string>installed</string>\n</dict>\n</dict>\n</plist>\n");
    put("tree/var/db/pkg/sys-apps/portage-3.0.61-r1/LICENSE", "GPL-2\n");
    put("tree/var/db/pkg/sys-apps/-MERGING-foo-1/LICENSE", "GPL-2\n");
    EXPECT_THAT(list().packages,
                ElementsAre(InstalledPackage{.name = "acl", .version = "2.3.2_1", .architecture = "x86_64", .license = "A & B <c>", .purl_type = "generic"},
                            InstalledPackage{.name = "sys-apps/portage", .version = "3.0.61-r1", .license = "GPL-2", .purl_type = "generic"}));
}

TEST_F(Manifest, ReadsRpm) {
    const InstalledPackage bash{.name = "bash", .version = "5.2.26-3.fc40", .architecture = "x86_64", .license = "GPL-3.0-or-later", .supplier = "Fedora Project",
                                .homepage = "https://www.gnu.org/software/bash", .source = "bash", .purl_type = "rpm", .epoch = "1"};
    EXPECT_EQ(parse_rpm_header(bash_header()), bash);
    for (const bool write_ahead : {false, true}) {
        fs::remove_all(top / "tree/usr");
        make_rpm_database(top / "tree/usr/lib/sysimage/rpm/rpmdb.sqlite", {bash_header(), rpm_header({{1000, "gpg-pubkey"}}, 0)}, write_ahead);
        const auto found = list();
        EXPECT_THAT(found.packages, ElementsAre(bash));
        EXPECT_THAT(found.notes, IsEmpty());
    }
}

TEST_F(Manifest, SaysWhatItCannotRead) {
    put("tree/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\n");
    put("tree/var/lib/rpm/Packages", "an old database");
    EXPECT_THAT(list().notes, ElementsAre(HasSubstr("the packages of rpm are not listed: their database var/lib/rpm/Packages is of the kind Berkeley DB")));
    EXPECT_EQ(list().packages.size(), 1u);
    put("tree/var/lib/rpm/rpmdb.sqlite", "this is no database, although it is long enough to look like one to somebody");
    EXPECT_THAT(list().notes, ElementsAre(HasSubstr("the packages of rpm are not listed: rpmdb.sqlite: ")));
    fs::remove(top / "tree/var/lib/rpm/rpmdb.sqlite");
    for (std::string header : {std::string(), be32(1) + be32(0), be32(0xffffffff) + be32(1), be32(0) + be32(0xffffffff), bash_header().substr(0, 100)}) {
        EXPECT_EQ(error_of([&] { (void)parse_rpm_header(header); }), "a package's header is damaged");
    }
    std::string header = bash_header();
    header[8 + 16 + 8] = '\x7f'; // where the name is
    EXPECT_EQ(error_of([&] { (void)parse_rpm_header(header); }), "a package's header is damaged");
    put("tree/var/db/xbps/pkgdb-0.38.plist", "<plist><dict><key>a</key><dict>");
    EXPECT_THAT(list().notes, testing::Contains(HasSubstr("the packages of xbps are not listed: the property list was cut off")));
    const json document = manifest();
    EXPECT_THAT(document["comment"].get<std::string>(), HasSubstr("Berkeley DB"));
}

// A list without them would be taken for a whole one.
TEST_F(Manifest, IsNotWithoutWhatTheMachineDidNotGive) {
#ifdef __SANITIZE_ADDRESS__
    GTEST_SKIP() << "the sanitizers need descriptors of their own to look at an exception";
#endif
    put("tree/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\n");
    const auto root = sys::RootedDir::open(top / "tree");
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    const rlimit none{0, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
    const std::string problem = error_of([&] { (void)list_packages(root, top.path()); });
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    EXPECT_THAT(problem, HasSubstr("Too many open files"));
}

TEST_F(Manifest, IsSpdx) {
    put("tree/etc/os-release", "NAME=x\nID=\"debian\"\n");
    put("tree/var/lib/dpkg/status", "Package: libstdc++6\nStatus: install ok installed\nVersion: 1:12.2.0-14\nArchitecture: amd64\nSource: gcc-12\nMaintainer: A <a@b>\n\n"
                                    "Package: libstdc--6\nStatus: install ok installed\nVersion: 1:12.2.0-14\nArchitecture: amd64\nLicense: MIT AND (Zlib OR ISC)\n\n"
                                    "Package: odd\nStatus: install ok installed\nVersion: 1\nLicense: do what you want\n");
    const json document = manifest();
    EXPECT_EQ(document["spdxVersion"], "SPDX-2.3");
    EXPECT_EQ(document["dataLicense"], "CC0-1.0");
    EXPECT_EQ(document["SPDXID"], "SPDXRef-DOCUMENT");
    EXPECT_EQ(document["creationInfo"]["created"], "2027-01-15T08:00:00Z");
    ASSERT_EQ(document["packages"].size(), 4u);
    EXPECT_EQ(document["packages"][0]["SPDXID"], "SPDXRef-Image");
    EXPECT_EQ(document["packages"][1]["SPDXID"], "SPDXRef-Package-libstdc--6-1-12.2.0-14-amd64");
    EXPECT_EQ(document["packages"][2]["SPDXID"], "SPDXRef-Package-libstdc--6-1-12.2.0-14-amd64-2");
    EXPECT_EQ(document["packages"][1]["externalRefs"][0]["referenceLocator"], "pkg:deb/debian/libstdc%2B%2B6@1%3A12.2.0-14?arch=amd64&upstream=gcc-12");
    EXPECT_EQ(document["packages"][1]["supplier"], "Organization: A (a@b)");
    EXPECT_EQ(document["packages"][2]["licenseDeclared"], "MIT AND (Zlib OR ISC)");
    ASSERT_EQ(document["hasExtractedLicensingInfos"].size(), 1u);
    EXPECT_EQ(document["packages"][3]["licenseDeclared"], document["hasExtractedLicensingInfos"][0]["licenseId"]);
    EXPECT_EQ(document["hasExtractedLicensingInfos"][0]["name"], "do what you want");
    ASSERT_EQ(document["relationships"].size(), 4u);
    for (const char* field : {"SPDXID", "name", "downloadLocation", "licenseConcluded", "licenseDeclared", "copyrightText"})
        for (const json& package : document["packages"]) EXPECT_TRUE(package[field].is_string()) << field;
    const auto first = written;
    EXPECT_EQ(write(write_package_manifest), first);
    fs::remove(top / "tree/etc/os-release");
    recipe.image.distribution = "Debian";
    EXPECT_EQ(manifest()["packages"][1], document["packages"][1]);
    recipe.image.serial = "other";
    EXPECT_NE(manifest()["documentNamespace"], document["documentNamespace"]);
}

TEST_F(Manifest, OfATreeWithoutPackagesHasTheImage) {
    EXPECT_EQ(manifest()["packages"].size(), 1u);
}

} // namespace
} // namespace lxcpp::distro
