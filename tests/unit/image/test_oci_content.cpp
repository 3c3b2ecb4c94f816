// SPDX-License-Identifier: Apache-2.0
#include "image/oci_content.h"

#include "base/strings.h"
#include "image/oci_user.h"
#include "oci_builder.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "tar_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class OciContentTest : public testing::Test {
protected:
    OciContentTest() {
        fs::create_directories(dir_ / "root/etc");
        fs::create_directories(dir_ / "root/srv/www");
        put("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34:web:/srv:/bin/sh\nhuge:x:70000:0::/:/\n");
        put("etc/group", "root:x:0:\nweb:x:34:\nadm:x:4:sys,web\nlog:x:5:web\nempty:x:6\n");
    }

    void put(const std::string& path, const std::string& text) { sys::write_file_atomic(dir_ / "root" / path, text); }
    [[nodiscard]] sys::RootedDir root() const { return sys::RootedDir::open(dir_ / "root"); }
    [[nodiscard]] OciUser user(const std::string& text) const { return find_oci_user(text, root()); }
    [[nodiscard]] std::string user_refusal(const std::string& text) const {
        return test::error_of([&] { (void)user(text); });
    }
    [[nodiscard]] OciContent translate(const std::string& run, const std::string& annotations = {}) const {
        const BuiltImage built = build_image({make_tar()}, run);
        OciImage image{.fingerprint = sha256_hex(built.manifest),
                       .manifest_text = built.manifest,
                       .manifest = std::get<OciManifest>(parse_oci_document(built.manifest, "m", "")),
                       .config_text = built.config,
                       .config = parse_oci_image_config(built.config, "c")};
        if (!annotations.empty()) image.manifest.annotations = {{"a", annotations}, {"x", "annotated"}};
        return translate_oci_image(image, root());
    }
    [[nodiscard]] std::string config(const std::string& run) const { return translate(run).content.config; }

    test::TempDir dir_;
};

TEST_F(OciContentTest, UsersAreLookedUpInTheImage) {
    EXPECT_EQ(user(""), (OciUser{.uid = 0, .gid = 0, .groups = {}, .home = "/root"}));
    EXPECT_EQ(user("web"), (OciUser{.uid = 33, .gid = 34, .groups = {4, 5}, .home = "/srv"}));
    EXPECT_EQ(user("33"), (OciUser{.uid = 33, .gid = 34, .groups = {}, .home = "/srv"}));
    EXPECT_EQ(user("1000"), (OciUser{.uid = 1000, .gid = 0, .groups = {}, .home = ""}));
    EXPECT_EQ(user("web:adm"), (OciUser{.uid = 33, .gid = 4, .groups = {}, .home = "/srv"}));
    EXPECT_EQ(user("1000:7"), (OciUser{.uid = 1000, .gid = 7, .groups = {}, .home = ""}));
}

TEST_F(OciContentTest, UsersThatAreNotThereAreRefused) {
    EXPECT_EQ(user_refusal("nobody"), "user nobody of the image: there is no user nobody in the image's /etc/passwd");
    EXPECT_EQ(user_refusal("web:none"), "user web:none of the image: there is no group none in the image's /etc/group");
    EXPECT_THAT(user_refusal("huge"), HasSubstr("user 70000 is not within 0..65535"));
    EXPECT_THAT(user_refusal("65536"), HasSubstr("is not within"));
    EXPECT_THAT(user_refusal("0:99999999999999999999"), HasSubstr("is not within"));
    EXPECT_THAT(user_refusal(":4"), HasSubstr("there is no user"));
    EXPECT_THAT(user_refusal("-1"), HasSubstr("there is no user"));
}

TEST_F(OciContentTest, ThePasswordFileOfTheHostIsNeverRead) {
    fs::remove(dir_ / "root/etc/passwd");
    fs::create_symlink("../../../../../../../../etc/passwd", dir_ / "root/etc/passwd"); // in the root: itself
    EXPECT_NE(user_refusal("daemon"), "");
    fs::remove(dir_ / "root/etc/passwd");
    fs::create_symlink("/srv/accounts", dir_ / "root/etc/passwd");
    put("srv/accounts", "app:x:8:8::/app:/\n");
    EXPECT_EQ(user("app").uid, 8u);
}

TEST_F(OciContentTest, ACommandKeepsItsWords) {
    EXPECT_THAT(config(R"x("Entrypoint":["/bin/echo","-n"],"Cmd":["a b","it's","","line\nbreak"])x"),
                HasSubstr("lxc.execute.cmd = /bin/echo -n 'a b' "));
    const auto lines = config(R"x("Cmd":["a b","it's","","line\nbreak","$(x)"])x");
    const auto start = lines.find("lxc.execute.cmd = ") + 18;
    EXPECT_THAT(split_command(lines.substr(start, lines.find('\n', start) - start)), ElementsAre("a b", "it's", "", "line\nbreak", "$(x)"));
}

TEST_F(OciContentTest, NothingOfAnImageBecomesALineOfItsOwn) { // G8
    const std::string text = config("\"Entrypoint\":[\"/x\\nlxc.hook.pre-start = /y\"],\"Env\":[\"A=b\\nlxc.hook.pre-start = /y\",\"B\\nlxc.idmap=x\",\"C =1\"],"
                                    "\"WorkingDir\":\"/srv\\nlxc.hook.pre-start = /y\",\"Labels\":{\"a\\nb\":\"c\\nd\"}");
    for (const std::string_view line : split_lines(text))
        EXPECT_THAT(std::string(line), testing::MatchesRegex("lxc\\.(arch|execute\\.cmd|environment\\.runtime|signal\\.halt) = .*")) << line;
}

TEST_F(OciContentTest, AnApplicationRunsAsTheImageSays) {
    const auto translated = translate(R"("Cmd":["/app"],"User":"web","WorkingDir":"/srv/www","Env":["A=1","PATH=/opt"],"StopSignal":"SIGQUIT",)"
                                      R"("Volumes":{"/data":{}},"ExposedPorts":{"80/tcp":{},"53/udp":{}},"Labels":{"x":"y"})", "noted");
    EXPECT_EQ(translated.content.config, "lxc.arch = x86_64\nlxc.execute.cmd = /app\nlxc.init.uid = 33\nlxc.init.gid = 34\nlxc.init.groups = 4,5\n"
                                         "lxc.init.cwd = /srv/www\nlxc.environment.runtime = A=1\nlxc.environment.runtime = PATH=/opt\n"
                                         "lxc.environment.runtime = HOME=/srv\nlxc.signal.halt = SIGQUIT\n");
    EXPECT_EQ(translated.record.kind, ImageKind::Application);
    EXPECT_THAT(translated.record.volumes, ElementsAre("/data"));
    const std::map<std::string, std::string> properties{{"label.a", "noted"}, {"label.x", "y"}, {"port.80/tcp", "exposed"}, {"port.53/udp", "exposed"}};
    EXPECT_EQ(translated.record.properties, properties);
    EXPECT_EQ(translated.content.documents.size(), 2u);
}

TEST_F(OciContentTest, WhatIsMissingHasDefaults) {
    EXPECT_EQ(config(R"("Cmd":["/app"])"), "lxc.arch = x86_64\nlxc.execute.cmd = /app\n"
                                           "lxc.environment.runtime = PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n"
                                           "lxc.environment.runtime = HOME=/root\nlxc.signal.halt = SIGTERM\n");
    // Where the image does not say it of the user, as runc does it.
    for (const char* user : {"1000", "1000:4"})
        EXPECT_THAT(config(std::string(R"("Cmd":["/app"],"User":")") + user + "\""), HasSubstr("lxc.environment.runtime = HOME=/\n")) << user;
    EXPECT_THAT(config(R"("Cmd":["/app"],"Env":["HOME=/mine"],"User":"web")"), testing::AllOf(HasSubstr("HOME=/mine\n"), testing::Not(HasSubstr("HOME=/srv"))));
    EXPECT_THAT(translate("").notes, ElementsAre(HasSubstr("has no command")));
    EXPECT_THAT(translate(R"("Cmd":["/app"],"WorkingDir":"/none","StopSignal":"SIGNOT")").notes,
                ElementsAre(HasSubstr("the working directory /none is left out"), HasSubstr("SIGNOT")));
}

TEST_F(OciContentTest, AnInitBoots) {
    const auto init = translate(R"("Entrypoint":["/lib/systemd/systemd"],"Cmd":["--unit=x y"],"User":"web","StopSignal":"SIGRTMIN+3")");
    EXPECT_EQ(init.record.kind, ImageKind::System);
    EXPECT_THAT(init.content.config, AllOf(HasSubstr("lxc.init.cmd = /lib/systemd/systemd '--unit=x y'\n"), HasSubstr("lxc.signal.halt = SIGRTMIN+3\n"),
                                           Not(HasSubstr("lxc.init.uid"))));
    EXPECT_THAT(init.notes, ElementsAre(HasSubstr("its init runs as root")));
}

TEST_F(OciContentTest, AnImageThatWouldOnlyShowAShellBootsTheInitThatItHas) {
    EXPECT_THAT(config(R"("Cmd":["/bin/sh"])"), HasSubstr("lxc.execute.cmd = /bin/sh\n"));
    fs::create_directories(dir_ / "root/sbin");
    fs::create_symlink("/bin/busybox", dir_ / "root/sbin/init");
    EXPECT_THAT(config(R"("Cmd":["/bin/sh"])"), HasSubstr("lxc.init.cmd = /sbin/init\n"));
    EXPECT_THAT(config(""), HasSubstr("lxc.init.cmd = /sbin/init\n"));
    EXPECT_THAT(config(R"("Cmd":["/server"])"), HasSubstr("lxc.execute.cmd = /server\n"));
    EXPECT_THAT(config(R"("Cmd":["/bin/sh","-c","x"])"), HasSubstr("lxc.execute.cmd"));
    EXPECT_THAT(config(R"("Entrypoint":["/bin/sh"])"), HasSubstr("lxc.execute.cmd"));
}

TEST_F(OciContentTest, TheDistributionIsThatOfOsRelease) {
    put("etc/os-release", "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n");
    EXPECT_EQ(translate("").record.distribution, "debian");
    EXPECT_EQ(translate("").record.release, "bookworm");
}

TEST(ParseRfc3339, TakesTimesWithAndWithoutZone) {
    EXPECT_EQ(parse_rfc3339("1970-01-02T00:00:01Z"), 86401);
    EXPECT_EQ(parse_rfc3339("1970-01-02T00:00:01.123456789Z"), 86401);
    EXPECT_EQ(parse_rfc3339("1970-01-02T02:00:01+02:00"), 86401);
    EXPECT_EQ(parse_rfc3339("1970-01-01T22:30:00-01:30"), 86400);
    for (const char* bad : {"", "yesterday", "1970-01-02", "1970-01-02T00:00:01", "1970-01-02T00:00:01+x0:00", "1969-01-01T00:00:00Z"})
        EXPECT_EQ(parse_rfc3339(bad), 0) << bad;
}

} // namespace
} // namespace lxcpp::image
