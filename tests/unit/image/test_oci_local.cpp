// SPDX-License-Identifier: Apache-2.0
#include "image/oci_local.h"

#include "image/oci_files.h"
#include "compressed.h"
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
using testing::HasSubstr;

const OciPlatform kAmd64{.os = "linux", .architecture = "amd64", .variant = {}};

class OciLocalTest : public testing::Test {
protected:
    OciLocalTest() : image_(build_image({make_tar(TarMember{.name = "a", .data = "A"}), make_tar(TarMember{.name = "b", .data = "B"})})) {}

    // The files of a layout with one image of that name.
    [[nodiscard]] std::map<std::string, std::string> layout(const std::string& name = "v1") const {
        const std::string annotation = fmt::format(R"(,"annotations":{{"org.opencontainers.image.ref.name":"{}"}})", name);
        std::map<std::string, std::string> files{
            {"oci-layout", R"({"imageLayoutVersion":"1.0.0"})"},
            {"index.json", fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", descriptor(kManifestType, image_.manifest, annotation))}};
        for (const auto& bytes : {image_.manifest, image_.config, image_.layers[0], image_.layers[1]})
            files["blobs/sha256/" + sha256_hex(bytes)] = bytes;
        return files;
    }
    void write(const std::string& directory, const std::map<std::string, std::string>& files) {
        for (const auto& [name, bytes] : files) {
            fs::create_directories((dir_ / directory / name).parent_path());
            sys::write_file_atomic(dir_ / directory / name, bytes);
        }
    }
    static std::string tar_of(const std::map<std::string, std::string>& files) {
        std::string tar;
        for (const auto& [name, bytes] : files) tar += tar_member({.name = name, .data = bytes});
        return tar + tar_end();
    }

    // The layers' bytes; the image has to be found first.
    std::vector<std::string> read(const std::string& prefix, const std::string& path, const std::string& rest = {}) {
        const auto source = open_local_image(parse_oci_reference(prefix + (dir_ / path).string() + rest), dir_.path());
        const OciImage image = resolve_oci_image(*source, kAmd64);
        std::vector<std::string> layers(image.manifest.layers.size());
        SilentProgress silent;
        source->fetch_layers(image.manifest.layers, [&](std::size_t i, const OciBlob& blob) {
            std::string bytes(blob.size, '\0');
            const auto bytes_source = blob_source(blob);
            for (std::size_t have = 0; have < bytes.size();) have += bytes_source(std::span(bytes).subspan(have));
            layers.at(i) = bytes;
        }, silent);
        return layers;
    }
    std::string refusal(const std::string& prefix, const std::string& path, const std::string& rest = {}) {
        return test::error_of([&] { (void)read(prefix, path, rest); });
    }

    test::TempDir dir_;
    BuiltImage image_;
};

TEST_F(OciLocalTest, ALayoutIsADirectoryOrAnArchive) {
    write("layout", layout());
    EXPECT_EQ(read("oci:", "layout"), image_.layers);
    EXPECT_EQ(read("oci:", "layout", ":v1"), image_.layers);
    EXPECT_EQ(read("oci:", "layout", ":@0"), image_.layers);
    EXPECT_THAT(refusal("oci:", "layout", ":v2"), HasSubstr("no image v2; there is v1"));
    sys::write_file_atomic(dir_ / "a.tar", tar_of(layout()));
    EXPECT_EQ(read("oci-archive:", "a.tar", ":v1"), image_.layers);
    sys::write_file_atomic(dir_ / "a.tgz", compressed(tar_of(layout())));
    EXPECT_EQ(read("oci-archive:", "a.tgz"), image_.layers);
}

TEST_F(OciLocalTest, WhatADocumentIsNotIsRefusedByName) {
    for (const auto& [name, bytes] : layout()) {
        if (bytes != image_.manifest && bytes != image_.config) continue;
        auto files = layout();
        files[name][20] ^= 1;
        write("bad", files);
        EXPECT_THAT(refusal("oci:", "bad"), AllOf(HasSubstr(name), HasSubstr("sha256 is"))) << name;
        files[name] += " ";
        write("bad", files);
        EXPECT_NE(refusal("oci:", "bad"), "") << name;
    }
}

TEST_F(OciLocalTest, ALayoutHasToBeWhole) {
    auto files = layout();
    files.erase("blobs/sha256/" + sha256_hex(image_.layers[1]));
    write("part", files);
    EXPECT_THAT(refusal("oci:", "part"), AllOf(HasSubstr("there is no blobs/sha256/"), HasSubstr(sha256_hex(image_.layers[1]))));
    files.erase("oci-layout");
    sys::write_file_atomic(dir_ / "part.tar", tar_of(files));
    EXPECT_THAT(refusal("oci-archive:", "part.tar"), HasSubstr("there is no oci-layout"));
    EXPECT_THAT(refusal("oci:", "nowhere"), HasSubstr("nowhere"));
}

TEST_F(OciLocalTest, BlobsOfADirectoryAreNoLinks) {
    write("linked", layout());
    const auto blob = dir_ / "linked/blobs/sha256" / sha256_hex(image_.config);
    fs::rename(blob, dir_ / "elsewhere");
    fs::create_symlink(dir_ / "elsewhere", blob);
    EXPECT_NE(refusal("oci:", "linked"), "");
}

TEST_F(OciLocalTest, ADirectoryOfSkopeoIsFlat) {
    std::map<std::string, std::string> files{{"manifest.json", image_.manifest}, {"version", "Directory Transport Version: 1.1\n"}};
    for (const auto& bytes : {image_.config, image_.layers[0], image_.layers[1]}) files[sha256_hex(bytes)] = bytes;
    write("flat", files);
    EXPECT_EQ(read("dir:", "flat"), image_.layers);
    files["manifest.json"] = build_index({{"amd64", image_.manifest}});
    files[sha256_hex(image_.manifest) + ".manifest.json"] = image_.manifest;
    write("flat", files);
    EXPECT_EQ(read("dir:", "flat"), image_.layers);
}

TEST_F(OciLocalTest, AnArchiveOfDockerHasLayersByNameAndLinksToThem) {
    const std::string list = R"([{"Config":"c.json","RepoTags":["alpine:3"],"Layers":["one/layer.tar","two/layer.tar"]}])";
    const std::string tar = tar_member({.name = "c.json", .data = image_.config}) +
                            tar_member({.name = "one/layer.tar", .data = image_.layers[0]}) +
                            tar_member({.name = "blob", .data = compressed(image_.layers[1])}) +
                            tar_member({.name = "two/", .type = '5'}) +
                            tar_member({.name = "two/layer.tar", .type = '2', .link = "../blob"}) +
                            tar_member({.name = "manifest.json", .data = list}) + tar_end();
    sys::write_file_atomic(dir_ / "d.tar", tar);
    const std::vector<std::string> stored{image_.layers[0], compressed(image_.layers[1])};
    EXPECT_EQ(read("docker-archive:", "d.tar"), stored);
    EXPECT_EQ(read("docker-archive:", "d.tar", ":alpine:3"), stored);
    EXPECT_THAT(refusal("docker-archive:", "d.tar", ":alpine:4"), HasSubstr("no image of that name; there is alpine:3"));
    EXPECT_THAT(refusal("docker-archive:", "d.tar", ":@1"), HasSubstr("no image @1; there are 1"));
}

TEST_F(OciLocalTest, LinksOfAnArchiveEndSomewhere) {
    sys::write_file_atomic(dir_ / "loop.tar", make_tar(TarMember{.name = "manifest.json", .type = '2', .link = "manifest.json"}));
    EXPECT_THAT(refusal("docker-archive:", "loop.tar"), HasSubstr("there is no manifest.json"));
    sys::write_file_atomic(dir_ / "no.tar", "not an archive");
    EXPECT_NE(refusal("docker-archive:", "no.tar"), "");
}

} // namespace
} // namespace lxcpp::image
