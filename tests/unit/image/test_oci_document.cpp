// SPDX-License-Identifier: Apache-2.0
#include "image/oci_document.h"

#include "support/error_of.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

using test::error_of;

const std::string kOciIndex = "application/vnd.oci.image.index.v1+json";
const std::string kOciManifest = "application/vnd.oci.image.manifest.v1+json";
const std::string kDockerList = "application/vnd.docker.distribution.manifest.list.v2+json";
const std::string kDockerManifest = "application/vnd.docker.distribution.manifest.v2+json";
const std::string kConfigType = "application/vnd.oci.image.config.v1+json";
const std::string kGzip = "application/vnd.oci.image.layer.v1.tar+gzip";

std::string digest(char c = 'a') { return "sha256:" + std::string(64, c); }

std::string descriptor(std::string_view type, char c = 'a', std::string_view more = "") {
    return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":7{}}})", type, digest(c), more);
}

std::string index_text(std::string_view entries, std::string_view type = kOciIndex) {
    return fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}})", type, entries);
}

std::string manifest_text(std::string_view layers, std::string_view config = descriptor(kConfigType, 'c'), std::string_view more = "") {
    return fmt::format(R"({{"schemaVersion":2,"config":{},"layers":[{}]{}}})", config, layers, more);
}

OciDocument parse(const std::string& text, std::string_view type = "") { return parse_oci_document(text, "DOC", type); }
std::string refused(const std::string& text, std::string_view type = "") {
    return error_of([&] { (void)parse(text, type); });
}

TEST(OciDocument, ReadsAnIndex) {
    const auto document = parse(index_text(
        descriptor(kOciManifest, 'a', R"(,"platform":{"os":"linux","architecture":"arm","variant":"v7"},"annotations":{"org.opencontainers.image.ref.name":"t"})") +
        "," + descriptor(kOciManifest, 'b', R"(,"platform":{"os":"unknown","architecture":"unknown"})") + "," +
        descriptor(kDockerManifest, 'c', R"(,"annotations":{"vnd.docker.reference.type":"attestation-manifest"})") + "," +
        descriptor("application/vnd.other", 'd') + "," + descriptor(kOciIndex, 'e')));
    const auto* index = std::get_if<OciIndex>(&document);
    ASSERT_NE(index, nullptr);
    ASSERT_EQ(index->manifests.size(), 4u); // what we do not know is left out
    EXPECT_EQ(index->manifests[0].digest.text(), digest('a'));
    EXPECT_EQ(index->manifests[0].size, 7u);
    EXPECT_EQ(index->manifests[0].platform, (OciPlatform{"linux", "arm", "v7"}));
    EXPECT_EQ(index->manifests[0].platform->text(), "linux/arm/v7");
    EXPECT_EQ(index->manifests[0].ref_name, "t");
    EXPECT_FALSE(index->manifests[0].attestation);
    EXPECT_TRUE(index->manifests[1].attestation);
    EXPECT_TRUE(index->manifests[2].attestation);
    EXPECT_EQ(index->manifests[3].platform, std::nullopt);
}

TEST(OciDocument, ReadsAManifest) {
    const auto document = parse(manifest_text(descriptor(kGzip, '1') + "," + descriptor("application/vnd.oci.image.layer.v1.tar+zstd", '2') + "," +
                                                  descriptor("application/vnd.oci.image.layer.v1.tar", '3', R"(,"urls":["https://elsewhere/x"])"),
                                              descriptor(kConfigType, 'c'), R"(,"annotations":{"a":"b"})"));
    const auto* manifest = std::get_if<OciManifest>(&document);
    ASSERT_NE(manifest, nullptr);
    EXPECT_EQ(manifest->config.text(), digest('c'));
    EXPECT_EQ(manifest->config_size, 7u);
    ASSERT_EQ(manifest->layers.size(), 3u);
    EXPECT_EQ(manifest->layers[0], (OciLayer{*parse_oci_digest(digest('1')), 7, LayerCompression::Gzip}));
    EXPECT_EQ(manifest->layers[1].compression, LayerCompression::Zstd);
    EXPECT_EQ(manifest->layers[2].compression, LayerCompression::None);
    EXPECT_EQ(manifest->annotations.at("a"), "b");
}

TEST(OciDocument, ReadsDockersTypes) {
    EXPECT_TRUE(std::holds_alternative<OciIndex>(parse(index_text(descriptor(kDockerManifest), kDockerList), kDockerList)));
    const auto document = parse(manifest_text(descriptor("application/vnd.docker.image.rootfs.diff.tar.gzip"),
                                              descriptor("application/vnd.docker.container.image.v1+json")),
                                kDockerManifest);
    ASSERT_TRUE(std::holds_alternative<OciManifest>(document));
    EXPECT_EQ(std::get<OciManifest>(document).layers.at(0).compression, LayerCompression::Gzip);
}

TEST(OciDocument, AcceptsWhatTheServerCallsIt) {
    const auto text = index_text(descriptor(kOciManifest));
    for (const char* type : {"", "application/json", "text/plain; charset=utf-8", "application/octet-stream",
                             "Application/vnd.OCI.image.index.v1+json; charset=utf-8"}) {
        EXPECT_EQ(refused(text, type), "") << type;
    }
    EXPECT_EQ(refused(text, kOciManifest), "DOC: at /mediaType: the server calls it " + kOciManifest);
    EXPECT_EQ(refused(manifest_text(""), kOciIndex), "DOC: at /: has other members than a " + kOciIndex);
    EXPECT_EQ(refused(manifest_text(""), "text/html"), "DOC: at /: the media type text/html is none of an image");
}

TEST(OciDocument, RefusesWhatIsBothOrNeither) {
    const std::string list = R"("manifests":[])";
    EXPECT_EQ(refused(R"({"schemaVersion":2,"manifests":[],"layers":[]})"), "DOC: at /: both an index and a manifest");
    EXPECT_EQ(refused(R"({"schemaVersion":2,"manifests":[],"config":{}})"), "DOC: at /: both an index and a manifest");
    EXPECT_EQ(refused(R"({"schemaVersion":2})"), "DOC: at /: neither an index nor a manifest");
    EXPECT_EQ(refused(R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]})"),
              "DOC: at /: has other members than a " + kOciManifest);
    EXPECT_EQ(refused(R"({"schemaVersion":2,"mediaType":"\u001b","manifests":[]})"), "DOC: at /: the media type \\x1b is none of an image");
}

TEST(OciDocument, RefusesSchema1ByName) {
    const std::string says = "DOC: at /: an image of Docker's schema 1, which nobody can verify; push it again with a newer docker";
    EXPECT_EQ(refused(R"({"schemaVersion":1,"fsLayers":[]})"), says);
    EXPECT_EQ(refused(R"({"schemaVersion":2,"layers":[]})", "application/vnd.docker.distribution.manifest.v1+prettyjws"), says);
    EXPECT_EQ(refused(R"({"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v1+json"})"), says);
    EXPECT_EQ(refused(R"({"schemaVersion":3,"layers":[]})"), "DOC: at /schemaVersion: expected 2");
    EXPECT_EQ(refused(R"({"layers":[]})"), "DOC: at /: schemaVersion is missing");
}

TEST(OciDocument, RefusesDescriptorsThatAreNone) {
    const std::string hex = "expected sha256: or sha512: and lower-case hex digits";
    for (const char* wrong : {"", "../../etc/passwd", "sha256:abc", "md5:0"}) {
        const auto entry = [&](std::string_view type) { return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":7}})", type, wrong); };
        EXPECT_EQ(refused(index_text(entry(kOciManifest))), "DOC: at /manifests/0/digest: " + hex) << wrong;
        EXPECT_EQ(refused(manifest_text(entry(kGzip))), "DOC: at /layers/0/digest: " + hex) << wrong;
        EXPECT_EQ(refused(manifest_text("", entry(kConfigType))), "DOC: at /config/digest: " + hex) << wrong;
    }
    EXPECT_EQ(refused(index_text(R"({"digest":"x"})")), "DOC: at /manifests/0: mediaType is missing");
    EXPECT_EQ(refused(manifest_text(fmt::format(R"({{"mediaType":"{}","digest":"{}"}})", kGzip, digest()))), "DOC: at /layers/0: size is missing");
    EXPECT_EQ(refused(index_text(descriptor(kOciManifest, 'a', R"(,"platform":{"os":"linux"})"))),
              "DOC: at /manifests/0/platform: architecture is missing");
    EXPECT_EQ(refused(index_text(descriptor(kOciManifest, 'a', R"(,"annotations":{"a":1})"))),
              "DOC: at /manifests/0/annotations/a: expected a string");
}

TEST(OciDocument, RefusesTypesThatAreNotUsed) {
    EXPECT_EQ(refused(manifest_text(descriptor("application/vnd.in-toto+json"))),
              "DOC: at /layers/0/mediaType: application/vnd.in-toto+json is no layer that we can unpack");
    EXPECT_EQ(refused(manifest_text("", descriptor("application/vnd.cncf.helm.config.v1+json"))),
              "DOC: at /config/mediaType: application/vnd.cncf.helm.config.v1+json is no configuration of an image; something else is stored there");
}

TEST(OciDocument, RefusesWhatIsTooLarge) {
    const auto sized = [](std::string_view type, std::uint64_t size) {
        return fmt::format(R"({{"mediaType":"{}","digest":"{}","size":{}}})", type, digest(), size);
    };
    EXPECT_EQ(refused(manifest_text(sized(kGzip, (1ull << 38) + 1))), "DOC: at /layers/0/size: more than 274877906944");
    EXPECT_EQ(refused(manifest_text(sized(kGzip, 1ull << 38))), "");
    EXPECT_EQ(refused(manifest_text("", sized(kConfigType, (4u << 20) + 1))), "DOC: at /config/size: more than 4194304");
    EXPECT_EQ(refused(index_text(sized(kOciManifest, (4u << 20) + 1))), "DOC: at /manifests/0/size: more than 4194304");
    const auto many = [](const std::string& entry, int count) {
        std::string list = entry;
        for (int i = 1; i < count; ++i) list += "," + entry;
        return list;
    };
    EXPECT_EQ(refused(manifest_text(many(descriptor(kGzip), 257))), "DOC: at /layers: more than 256");
    EXPECT_EQ(refused(manifest_text(many(descriptor(kGzip), 256))), "");
    EXPECT_EQ(refused(index_text(many(descriptor(kOciManifest), 1001))), "DOC: at /manifests: more than 1000");
    std::string annotations = "\"0\":\"\"";
    for (int i = 1; i < 1001; ++i) annotations += fmt::format(R"(,"{}":"")", i);
    EXPECT_EQ(refused(manifest_text("", descriptor(kConfigType), ",\"annotations\":{" + annotations + "}")), "DOC: at /annotations: more than 1000");
    EXPECT_EQ(refused(std::string((4u << 20) + 1, ' ')), "DOC: larger than 4194304 bytes");
}

TEST(OciDocument, AsksForWhatItReads) {
    EXPECT_EQ(oci_accept_header(), kOciIndex + ", " + kOciManifest + ", " + kDockerList + ", " + kDockerManifest);
}

} // namespace
} // namespace lxcpp::image
