// SPDX-License-Identifier: Apache-2.0
#include "image/oci_image_config.h"

#include "support/error_of.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

using test::error_of;

const std::string kDiff = "sha256:" + std::string(64, 'd');

std::string config_text(std::string_view config) {
    return fmt::format(R"({{"os":"linux","architecture":"arm","variant":"v7","created":"2026-01-01T00:00:00Z","author":"A",)"
                       R"("config":{{{}}},"rootfs":{{"type":"layers","diff_ids":["{}"]}},"history":[{{"created_by":"x"}}]}})",
                       config, kDiff);
}

OciImageConfig parse(const std::string& text) { return parse_oci_image_config(text, "CONFIG"); }
std::string refused(const std::string& config) {
    return error_of([&] { (void)parse(config_text(config)); });
}

TEST(OciImageConfig, ReadsHowToRunTheImage) {
    const auto image = parse(config_text(
        R"("Entrypoint":["/init","a b"],"Cmd":["-x"],"Env":["PATH=/bin","EMPTY=","E=a=b\nc"],"User":"app:staff","WorkingDir":"/srv",)"
        R"("StopSignal":"SIGRTMIN+3","Volumes":{"/data":{},"/var/lib/x/":{}},"Labels":{"a":"b"},"Healthcheck":{"Test":["NONE"]},)"
        R"("ExposedPorts":{"80/tcp":{},"8000-8010/udp":{},"53":{}})"));
    EXPECT_EQ(image.platform, (OciPlatform{"linux", "arm", "v7"}));
    EXPECT_EQ(image.created, "2026-01-01T00:00:00Z");
    EXPECT_EQ(image.author, "A");
    EXPECT_EQ(image.entrypoint, (std::vector<std::string>{"/init", "a b"}));
    EXPECT_EQ(image.command, std::vector<std::string>{"-x"});
    const std::vector<std::pair<std::string, std::string>> environment{{"PATH", "/bin"}, {"EMPTY", ""}, {"E", "a=b\nc"}};
    EXPECT_EQ(image.environment, environment);
    EXPECT_EQ(image.user, "app:staff");
    EXPECT_EQ(image.working_directory, "/srv");
    EXPECT_EQ(image.stop_signal, "SIGRTMIN+3");
    EXPECT_EQ(image.volumes, (std::vector<std::string>{"/data", "/var/lib/x/"}));
    EXPECT_EQ(image.labels.at("a"), "b");
    EXPECT_EQ(image.ports, (std::vector<ExposedPort>{{53, 53, "tcp"}, {80, 80, "tcp"}, {8000, 8010, "udp"}}));
    ASSERT_EQ(image.diff_ids.size(), 1u);
    EXPECT_EQ(image.diff_ids[0].text(), kDiff);
}

TEST(OciImageConfig, TakesNullForNothing) {
    const auto image = parse(config_text(R"("Entrypoint":null,"Cmd":null,"Env":null,"Volumes":null,"Labels":null,"ExposedPorts":null,)"
                                         R"("WorkingDir":"","StopSignal":"","User":"")"));
    EXPECT_TRUE(image.entrypoint.empty());
    EXPECT_TRUE(image.working_directory.empty());
    EXPECT_TRUE(image.stop_signal.empty());
    const auto bare = parse(R"({"os":"linux","architecture":"amd64","rootfs":{"type":"layers","diff_ids":[]}})");
    EXPECT_TRUE(bare.command.empty());
    EXPECT_TRUE(bare.diff_ids.empty());
}

TEST(OciImageConfig, RefusesWordsThatAreNone) {
    EXPECT_EQ(refused(R"("Entrypoint":"/bin/sh")"), "CONFIG: at /config/Entrypoint: expected a list");
    EXPECT_EQ(refused(R"("Cmd":["a",1])"), "CONFIG: at /config/Cmd/1: expected a string");
    EXPECT_EQ(refused(R"("Env":["PATH"])"), "CONFIG: at /config/Env/0: expected NAME=VALUE");
    EXPECT_EQ(refused(R"("Env":["a=b","=x"])"), "CONFIG: at /config/Env/1: expected NAME=VALUE");
    EXPECT_EQ(refused(R"("Env":["a=\u0000"])"), "CONFIG: at /config/Env/0: a string with a NUL character");
    EXPECT_EQ(refused(R"("User":0)"), "CONFIG: at /config/User: expected a string");
    EXPECT_EQ(refused(R"("Labels":{"a":1})"), "CONFIG: at /config/Labels/a: expected a string");
    const std::string longest(128u << 10, 'x');
    EXPECT_EQ(refused(R"("Cmd":[")" + longest + R"("])"), "CONFIG: at /config/Cmd/0: too long for a command line");
    EXPECT_EQ(refused(R"("Env":["a=)" + longest + R"("])"), "CONFIG: at /config/Env/0: too long for a command line");
    EXPECT_EQ(refused(R"("Cmd":[")" + longest.substr(1) + R"("])"), "");
}

TEST(OciImageConfig, RefusesPathsThatAreNone) {
    EXPECT_EQ(refused(R"("WorkingDir":"srv")"), "CONFIG: at /config/WorkingDir: expected an absolute path");
    EXPECT_EQ(refused(R"("WorkingDir":"/a/../b")"), "CONFIG: at /config/WorkingDir: a path with .. in it");
    EXPECT_EQ(refused(R"("WorkingDir":"/)" + std::string(4095, 'a') + "\""), "CONFIG: at /config/WorkingDir: a path that is too long");
    EXPECT_EQ(refused(R"("Volumes":{"data":{}})"), "CONFIG: at /config/Volumes/data: expected an absolute path");
    EXPECT_EQ(refused(R"("Volumes":{"/..":{}})"), "CONFIG: at /config/Volumes/~1..: a path with .. in it");
    for (const char* root : {"/", "//", "/."}) EXPECT_TRUE(refused(fmt::format(R"("Volumes":{{"{}":{{}}}})", root)).ends_with(": the root is no volume")) << root;
    EXPECT_EQ(refused(R"("Volumes":["/data"])"), "CONFIG: at /config/Volumes: expected an object");
    std::string volumes = R"("/0":{})";
    for (int i = 1; i < 257; ++i) volumes += fmt::format(R"(,"/{}":{{}})", i);
    EXPECT_EQ(refused("\"Volumes\":{" + volumes + "}"), "CONFIG: at /config/Volumes: more than 256");
}

TEST(OciImageConfig, RefusesSignalsThatAreNone) {
    for (const char* good : {"SIGTERM", "TERM", "15", "SIGRTMAX-1"}) EXPECT_EQ(refused(fmt::format(R"("StopSignal":"{}")", good)), "") << good;
    for (const char* wrong : {"sigterm", "SIG TERM", "SIGTERM\\n", "SIGTERMSIGTERMSIG"})
        EXPECT_EQ(refused(fmt::format(R"("StopSignal":"{}")", wrong)), "CONFIG: at /config/StopSignal: expected the name or number of a signal") << wrong;
}

TEST(OciImageConfig, RefusesPortsThatAreNone) {
    for (const char* port : {"", "tcp", "0", "65536", "80/", "80/icmp", "80-", "-80", "81-80/tcp", "80/tcp/x", "8O"})
        EXPECT_TRUE(refused(fmt::format(R"("ExposedPorts":{{"{}":{{}}}})", port)).ends_with(": expected PORT/PROTOCOL")) << port;
    EXPECT_EQ(refused(R"("ExposedPorts":["80"])"), "CONFIG: at /config/ExposedPorts: expected an object");
}

TEST(OciImageConfig, RefusesLayersThatAreNone) {
    const auto root = [](std::string_view rootfs) {
        return error_of([&] { (void)parse(fmt::format(R"({{"os":"linux","architecture":"amd64"{}}})", rootfs)); });
    };
    EXPECT_EQ(root(""), "CONFIG: at /: rootfs is missing");
    EXPECT_EQ(root(R"(,"rootfs":{"type":"base","diff_ids":[]})"), "CONFIG: at /rootfs/type: expected \"layers\"");
    EXPECT_EQ(root(R"(,"rootfs":{"type":"layers"})"), "CONFIG: at /rootfs: diff_ids is missing");
    EXPECT_EQ(root(R"(,"rootfs":{"type":"layers","diff_ids":["sha256:../x"]})"),
              "CONFIG: at /rootfs/diff_ids/0: expected sha256: or sha512: and lower-case hex digits");
    std::string ids = "\"" + kDiff + "\"";
    for (int i = 1; i < 257; ++i) ids += ",\"" + kDiff + "\"";
    EXPECT_EQ(root(",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" + ids + "]}"), "CONFIG: at /rootfs/diff_ids: more than 256");
}

TEST(OciImageConfig, RefusesOtherDocuments) {
    EXPECT_EQ(error_of([] { (void)parse("{}"); }), "CONFIG: at /: os is missing"); // the "empty" configuration of artifacts
    EXPECT_EQ(error_of([] { (void)parse(R"({"os":"linux"})"); }), "CONFIG: at /: architecture is missing");
    EXPECT_EQ(error_of([] { (void)parse("[]"); }), "CONFIG: at /: expected an object");
    EXPECT_EQ(error_of([] { (void)parse(std::string((4u << 20) + 1, ' ')); }), "CONFIG: larger than 4194304 bytes");
}

TEST(OciImageConfig, IsOfTheManifestsLayers) {
    OciManifest manifest;
    OciImageConfig config;
    EXPECT_EQ(error_of([&] { check_layers(manifest, config, "IMAGE"); }), "");
    manifest.layers.resize(2);
    config.diff_ids.resize(1);
    EXPECT_EQ(error_of([&] { check_layers(manifest, config, "IMAGE"); }),
              "IMAGE: 2 layers, but the configuration of the image is of 1");
}

} // namespace
} // namespace lxcpp::image
