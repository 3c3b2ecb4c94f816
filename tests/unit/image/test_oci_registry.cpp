// SPDX-License-Identifier: Apache-2.0
#include "oci_registry_fixture.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>

namespace lxcpp::image {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST_F(OciRegistryTest, FindsTheImageAndItsLayers) {
    const OciImage image = resolve();
    EXPECT_EQ(image.fingerprint, sha256_hex(image_.manifest));
    EXPECT_EQ(image.config_text, image_.config);
    EXPECT_EQ(fetch(), image_.layers);
    const auto requests = server_.requests();
    const auto asked = std::ranges::find(requests, "/v2/repo/manifests/v1", &HttpRequest::path);
    ASSERT_NE(asked, requests.end());
    EXPECT_EQ(asked->header("accept"), oci_accept_header());
}

// Somebody may move the tag meanwhile: all that follows is asked for by digest.
TEST_F(OciRegistryTest, ATagIsAskedForOnce) {
    put_manifest("v1", build_index({{"amd64", image_.manifest}}), kIndexType);
    answers_["/v2/repo/manifests/" + digest_of(image_.manifest)] = {.headers = {std::string("Content-Type: ") + kManifestType}, .body = image_.manifest};
    const BuiltImage other = build_image({make_tar(TarMember{.name = "other"})});
    std::atomic<int> asked = 0;
    gate_ = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (request.path != "/v2/repo/manifests/v1" || ++asked == 1) return std::nullopt;
        return HttpResponse{.headers = {std::string("Content-Type: ") + kManifestType}, .body = other.manifest};
    };
    EXPECT_EQ(fetch(), image_.layers);
    EXPECT_EQ(asked, 1);
}

// "urls" of a descriptor would have us ask anybody.
TEST_F(OciRegistryTest, ForeignLayersComeFromTheRegistryToo) {
    HttpServer other([](const HttpRequest&) { return HttpResponse{.status = "500 Asked"}; });
    const std::string from = "application/vnd.oci.image.layer.v1.tar\"";
    const std::string to = "application/vnd.oci.image.layer.nondistributable.v1.tar\",\"urls\":[\"" + other.url("/layer") + "\"]";
    for (auto at = image_.manifest.find(from); at != std::string::npos; at = image_.manifest.find(from, at + 1)) image_.manifest.replace(at, from.size(), to);
    ASSERT_NE(image_.manifest.find("urls"), std::string::npos);
    put_manifest("v1", image_.manifest);
    EXPECT_EQ(fetch(), image_.layers);
    EXPECT_TRUE(other.requests().empty());
}

TEST_F(OciRegistryTest, HttpIsForRegistriesThatTheAdministratorCallsInsecure) {
    options_.registries_conf.reset();
    EXPECT_THAT(refusal(), HasSubstr("https://" + host() + "/v2/repo/manifests/v1"));
    EXPECT_TRUE(server_.requests().empty());
    auto source = registry("repo:v1");
    EXPECT_FALSE(source.trusted());
}

TEST_F(OciRegistryTest, ADigestIsVerified) {
    EXPECT_EQ(resolve("repo@" + digest_of(image_.manifest)).manifest_text, image_.manifest);
    const std::string other = digest_of("other");
    answers_["/v2/repo/manifests/" + other] = answers_["/v2/repo/manifests/v1"];
    EXPECT_THAT(refusal("repo@" + other), AllOf(HasSubstr("manifests/" + other), HasSubstr("sha256 is"), HasSubstr("expected")));
}

TEST_F(OciRegistryTest, AConfigurationIsVerified) {
    auto& response = answers_["/v2/repo/blobs/" + digest_of(image_.config)];
    response.body[10] ^= 1;
    EXPECT_THAT(refusal(), AllOf(HasSubstr("/blobs/" + digest_of(image_.config)), HasSubstr("sha256 is")));
    response.body = image_.config + " ";
    EXPECT_THAT(refusal(), HasSubstr(fmt::format("has {} bytes, expected {}", image_.config.size() + 1, image_.config.size())));
}

TEST_F(OciRegistryTest, DigestsMayBeBySha512) {
    image_ = build_image(image_.layers, "", "amd64", sha512_digest_of);
    put_blob(image_.config, sha512_digest_of);
    for (const std::string& layer : image_.layers) put_blob(layer, sha512_digest_of);
    put_manifest("v1", image_.manifest);
    answers_["/v2/repo/manifests/" + sha512_digest_of(image_.manifest)] = answers_["/v2/repo/manifests/v1"];
    EXPECT_EQ(resolve("repo@" + sha512_digest_of(image_.manifest)).fingerprint, sha256_hex(image_.manifest));
    EXPECT_EQ(fetch(), image_.layers);
    EXPECT_EQ(fetch(), image_.layers) << "from the files that are here";
    auto& layer = answers_["/v2/repo/blobs/" + sha512_digest_of(image_.layers[1])];
    layer.body[700] ^= 1;
    std::filesystem::remove_all(dir_ / "cache/files");
    EXPECT_THAT(fetch_refusal(), AllOf(HasSubstr("sha512 is"), HasSubstr("expected " + sha512_digest_of(image_.layers[1]).substr(7))));
    answers_["/v2/repo/blobs/" + sha512_digest_of(image_.config)].body[10] ^= 1;
    EXPECT_THAT(refusal(), HasSubstr("sha512 is"));
    answers_["/v2/repo/manifests/" + sha512_digest_of(image_.manifest)].body += " ";
    EXPECT_THAT(refusal("repo@" + sha512_digest_of(image_.manifest)), HasSubstr("sha512 is"));
}

TEST_F(OciRegistryTest, RefusalsOfTheRegistryAreReadable) {
    EXPECT_EQ(refusal("repo:v2"), "http://" + host() + "/v2/repo/manifests/v2: 404 Not Found: MANIFEST_UNKNOWN: manifest unknown");
    answers_["/v2/repo/manifests/v1"] = {.status = "451 Whatever", .body = "<html>a page"};
    EXPECT_EQ(refusal(), "http://" + host() + "/v2/repo/manifests/v1: 451");
    answers_["/v2/repo/manifests/v1"] = {.status = "400 Bad", .body = "\x1b[2J free text\n"};
    EXPECT_EQ(refusal(), "http://" + host() + "/v2/repo/manifests/v1: 400: \\x1b[2J free text");
}

TEST_F(OciRegistryTest, TheTypeThatTheServerSaysMustAgree) {
    put_manifest("v1", image_.manifest, kIndexType);
    EXPECT_THAT(refusal(), HasSubstr("the server calls it application/vnd.oci.image.index.v1+json"));
    put_manifest("v1", image_.manifest, "text/html");
    EXPECT_THAT(refusal(), HasSubstr("the server calls it text/html"));
    put_manifest("v1", image_.manifest, std::string(kManifestType) + "; charset=utf-8");
    EXPECT_EQ(refusal(), "");
}

TEST_F(OciRegistryTest, ChoosesThePlatformOfAnIndex) {
    put_manifest("v1", build_index({{"arm64", "none"}, {"amd64", image_.manifest}}), kIndexType);
    answers_["/v2/repo/manifests/" + digest_of(image_.manifest)] = {.headers = {std::string("Content-Type: ") + kManifestType}, .body = image_.manifest};
    EXPECT_EQ(resolve().fingerprint, sha256_hex(image_.manifest));
    EXPECT_THAT(refusal("repo:v1", "s390x"), HasSubstr("no image for linux/s390x; there is linux/amd64, linux/arm64"));
}

TEST_F(OciRegistryTest, TheImageItselfSaysForWhichPlatformItIs) {
    const BuiltImage arm = build_image({image_.layers[0]}, "", "arm64");
    put_manifest("arm", arm.manifest);
    put_blob(arm.config);
    put_manifest("v1", build_index({{"amd64", arm.manifest}}), kIndexType);
    EXPECT_THAT(refusal(), HasSubstr("the image is for linux/arm64, not for linux/amd64"));
}

TEST_F(OciRegistryTest, AnEntryOfAnIndexIsVerified) {
    put_manifest("v1", build_index({{"amd64", image_.manifest}}), kIndexType);
    auto& response = answers_["/v2/repo/manifests/" + digest_of(image_.manifest)];
    response = {.headers = {std::string("Content-Type: ") + kManifestType}, .body = image_.manifest};
    response.body[response.body.find("schema")] = 'S';
    EXPECT_THAT(refusal(), AllOf(HasSubstr("sha256 is"), HasSubstr(sha256_hex(image_.manifest))));
}

TEST_F(OciRegistryTest, IndexesDoNotGoOnForEver) {
    std::string document = image_.manifest;
    const char* type = kManifestType;
    for (int depth = 0; depth < 3; ++depth) {
        document = build_index({{"amd64", document}}, type);
        type = kIndexType;
        put_manifest("depth" + std::to_string(depth), document, kIndexType);
    }
    answers_["/v2/repo/manifests/" + digest_of(image_.manifest)] = {.headers = {std::string("Content-Type: ") + kManifestType}, .body = image_.manifest};
    EXPECT_EQ(refusal("repo:depth1"), "");
    EXPECT_THAT(refusal("repo:depth2"), HasSubstr("an index in an index in an index"));
}

TEST_F(OciRegistryTest, HugeDocumentsAreNotRead) {
    put_manifest("v1", std::string(5u << 20, ' '));
    EXPECT_THAT(refusal(), HasSubstr("has 5242880 bytes, the limit is 4194304"));
    answers_["/v2/repo/manifests/v1"].length = false;
    EXPECT_THAT(refusal(), HasSubstr("more than 4194304 bytes arrive, which is the limit"));
}

TEST_F(OciRegistryTest, LayersThatAreWrongAreRefusedByName) {
    auto& response = answers_[blob_path(1)];
    response.body[700] ^= 1;
    EXPECT_THAT(fetch_refusal(), AllOf(HasSubstr("fetch http://" + host() + blob_path(1)), HasSubstr("sha256 is")));
    response.body = image_.layers[1].substr(1);
    EXPECT_THAT(fetch_refusal(), AllOf(HasSubstr(blob_path(1)), HasSubstr("the server announces")));
    response.body = image_.layers[1] + "x";
    response.length = false;
    EXPECT_THAT(fetch_refusal(), AllOf(HasSubstr(blob_path(1)), HasSubstr("more than the expected")));
}

TEST_F(OciRegistryTest, AnInterruptedLayerGoesOn) {
    const std::string big = make_tar(TarMember{.name = "big", .data = std::string(3u << 20, 'x')});
    image_ = build_image({big});
    put_manifest("v1", image_.manifest);
    put_blob(image_.config);
    put_blob(big);
    answers_[blob_path(0)].cut_after = 2u << 20;
    EXPECT_THAT(fetch_refusal(), HasSubstr("closed before the end"));
    std::atomic<bool> ranged = false;
    gate_ = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
        const std::string range = request.header("range");
        if (request.path != blob_path(0) || !range.starts_with("bytes=")) return std::nullopt;
        ranged = true;
        const auto start = std::stoull(range.substr(6));
        return HttpResponse{.status = "206 Partial Content",
                            .headers = {fmt::format("Content-Range: bytes {}-{}/{}", start, big.size() - 1, big.size())},
                            .body = big.substr(start)};
    };
    EXPECT_EQ(fetch(), image_.layers);
    EXPECT_TRUE(ranged);
}

TEST_F(OciRegistryTest, TooManyRequestsAreMadeAgainLater) {
    std::atomic<int> calls = 0;
    gate_ = [&](const HttpRequest& request) -> std::optional<HttpResponse> {
        if (request.path != "/v2/repo/manifests/v1" || ++calls > 1) return std::nullopt;
        return HttpResponse{.status = "429 Too Many Requests"};
    };
    EXPECT_EQ(refusal(), "");
    EXPECT_EQ(calls, 2);
}

TEST_F(OciRegistryTest, APlaceThatIsNoRegistryIsTold) {
    put_manifest("v1", "<html>hello</html>", "text/html");
    EXPECT_THAT(refusal(), HasSubstr("/v2/repo/manifests/v1: "));
}

TEST_F(OciRegistryTest, MirrorsAreAskedFirst) {
    sys::write_file_atomic(conf(), fmt::format("[[registry]]\nprefix = \"origin.invalid\"\nlocation = \"{0}\"\ninsecure = true\n"
                                               "[[registry.mirror]]\nlocation = \"{0}/not\"\ninsecure = true\n", host()));
    OciRegistry source(parse_docker_name("origin.invalid/repo:v1"), {.http = http_, .cache = cache_, .options = options_, .progress = lines_});
    EXPECT_EQ(source.top().text, image_.manifest);
    ASSERT_EQ(lines_.lines.size(), 1u);
    EXPECT_THAT(lines_.lines[0], AllOf(HasSubstr("mirror " + host()), HasSubstr("MANIFEST_UNKNOWN")));
}

// origin.invalid has a mirror, repo on one server, and is the other repo of it.
class OciMirrorTest : public OciRegistryTest {
protected:
    OciMirrorTest() {
        sys::write_file_atomic(conf(), fmt::format("[[registry]]\nprefix = \"origin.invalid\"\nlocation = \"{0}/origin\"\ninsecure = true\n"
                                                   "[[registry.mirror]]\nlocation = \"{0}\"\ninsecure = true\n", host()));
        for (const auto& [path, response] : std::map(answers_)) answers_["/v2/origin" + path.substr(3)] = response;
    }
    std::vector<std::string> pull() {
        OciRegistry source(parse_docker_name("origin.invalid/repo:v1"), {.http = http_, .cache = cache_, .options = options_, .progress = lines_});
        const OciImage image = resolve_oci_image(source, {.os = "linux", .architecture = "amd64", .variant = {}});
        std::vector<std::string> bytes(image.manifest.layers.size());
        source.fetch_layers(image.manifest.layers, [&](std::size_t i, const OciBlob& blob) {
            EXPECT_EQ(bytes.at(i), "") << "told twice";
            bytes.at(i) = sys::read_file(blob.path);
        }, silent_);
        return bytes;
    }
    [[nodiscard]] std::size_t asked(const std::string& path) const {
        return static_cast<std::size_t>(std::ranges::count(server_.requests(), path, &HttpRequest::path));
    }
};

TEST_F(OciMirrorTest, WhatAMirrorLacksComesFromTheNextPlace) {
    answers_.erase(blob_path(1));
    EXPECT_EQ(pull(), image_.layers);
    ASSERT_EQ(lines_.lines.size(), 1u);
    EXPECT_THAT(lines_.lines[0], AllOf(HasSubstr("mirror " + host()), HasSubstr(blob_path(1)), HasSubstr("404 Not Found")));
    EXPECT_EQ(asked("/v2/origin" + blob_path(1).substr(3)), 1u);
    answers_.erase("/v2/origin" + blob_path(1).substr(3));
    std::filesystem::remove_all(dir_ / "cache/files");
    EXPECT_THAT(test::error_of([&] { (void)pull(); }), AllOf(HasSubstr("/v2/origin" + blob_path(1).substr(3)), HasSubstr("404 Not Found")));
}

TEST_F(OciMirrorTest, WhatAMirrorHasDamagedOrBreaksOffComesFromTheNextPlace) {
    answers_[blob_path(0)].body[700] ^= 1;
    EXPECT_EQ(pull(), image_.layers);
    ASSERT_EQ(lines_.lines.size(), 1u);
    EXPECT_THAT(lines_.lines[0], HasSubstr("sha256 is"));
    std::filesystem::remove_all(dir_ / "cache/files");
    answers_[blob_path(0)] = {.body = image_.layers[0], .cut_after = 600};
    EXPECT_EQ(pull(), image_.layers);
    EXPECT_THAT(lines_.lines.back(), HasSubstr("closed before the end"));
}

TEST_F(OciMirrorTest, DocumentsAreVerifiedOfEachPlace) {
    const std::string config = "/v2/repo/blobs/" + digest_of(image_.config);
    answers_[config].body[10] ^= 1;
    EXPECT_EQ(pull(), image_.layers);
    ASSERT_EQ(lines_.lines.size(), 1u);
    EXPECT_THAT(lines_.lines[0], AllOf(HasSubstr(config), HasSubstr("sha256 is")));
    answers_["/v2/origin" + config.substr(3)].body[10] ^= 1;
    EXPECT_THAT(test::error_of([&] { (void)pull(); }), AllOf(HasSubstr("/v2/origin" + config.substr(3)), HasSubstr("sha256 is")));
}

TEST_F(OciMirrorTest, WhoSaidWhichImageItIsCounts) {
    answers_.erase(blob_path(1));
    OciRegistry source(parse_docker_name("origin.invalid/repo:v1"), {.http = http_, .cache = cache_, .options = options_, .progress = lines_});
    (void)source.top();
    EXPECT_THAT(source.how(), HasSubstr("from " + host() + " over http"));
    EXPECT_FALSE(source.trusted());
}

TEST_F(OciMirrorTest, WhoWantsNoMoreIsNotSentToTheNextPlace) {
    OciRegistry source(parse_docker_name("origin.invalid/repo:v1"), {.http = http_, .cache = cache_, .options = options_, .progress = lines_});
    const OciImage image = resolve_oci_image(source, {.os = "linux", .architecture = "amd64", .variant = {}});
    const auto enough = [](std::size_t, const OciBlob&) { throw OciFetchEnded("enough"); };
    EXPECT_THAT(test::error_of([&] { source.fetch_layers(image.manifest.layers, enough, silent_); }), HasSubstr("enough"));
    EXPECT_TRUE(lines_.lines.empty());
}

} // namespace
} // namespace lxcpp::image
