// SPDX-License-Identifier: Apache-2.0
#include "image/simplestreams.h"

#include "support/error_of.h"

#include <fmt/core.h>
#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

using test::error_of;

std::vector<std::string> index_of(std::string_view entries) {
    return parse_streams_index(fmt::format(R"({{"format":"index:1.0","index":{{{}}}}})", entries), "index.json");
}

TEST(StreamsIndex, NamesTheFilesThatListImages) {
    EXPECT_EQ(index_of(R"("images":{"datatype":"image-downloads","path":"streams/v1/images.json","products":["a"]},
                          "ids":{"datatype":"image-ids","path":"streams/v1/ids.json","products":["a"]},
                          "old":{"datatype":"image-downloads","path":"streams/v1/old.json","products":[]})"),
              std::vector<std::string>{"streams/v1/images.json"});
}

TEST(StreamsIndex, RefusesWhatIsNone) {
    EXPECT_EQ(error_of([] { (void)parse_streams_index("{}", "index.json"); }), "index.json: at /: format is missing");
    EXPECT_EQ(error_of([] { (void)parse_streams_index(R"({"format":"products:1.0"})", "index.json"); }),
              "index.json: at /format: expected \"index:1.0\"");
    EXPECT_EQ(error_of([] { (void)index_of(""); }), "index.json: at /index: lists no images to download");
    EXPECT_EQ(error_of([] { (void)index_of(R"("x":{"datatype":"image-downloads","products":["a"]})"); }),
              "index.json: at /index/x: path is missing");
    EXPECT_EQ(error_of([] { (void)index_of(R"("x":{"datatype":"image-downloads","path":"https://evil/x","products":["a"]})"); }),
              "index.json: at /index/x/path: a path with a scheme");
}

const std::string kHash(64, 'a');
const std::string kOther(64, 'b');

std::string item(std::string_view key, std::string_view type, std::string_view more = "") {
    return fmt::format(R"("{}":{{"ftype":"{}","path":"images/x/{}","size":5,"sha256":"{}"{}}})", key, type, key, kHash, more);
}

std::string product(std::string_view items, std::string_view fields = R"("os":"Debian","release":"trixie","arch":"amd64")",
                    std::string_view key = "debian:trixie:amd64:default", std::string_view serial = "20260101_05:24") {
    return fmt::format(R"({{"format":"products:1.0","datatype":"image-downloads","products":{{"{}":{{{},"versions":)"
                       R"({{"{}":{{"items":{{{}}}}}}}}}}}}})",
                       key, fields, serial, items);
}

std::vector<Offer> parse(const std::string& text) { return parse_streams_products(text, "images.json"); }
std::string refused(const std::string& text) {
    return error_of([&] { (void)parse(text); });
}

TEST(StreamsProducts, ReadsWhatImageServersOffer) {
    const auto combined = fmt::format(R"(,"combined_sha256":"{0}","combined_rootxz_sha256":"{0}","combined_squashfs_sha256":"{1}")",
                                      kOther, kHash);
    const auto offers = parse(product(
        item("incus.tar.xz", "incus.tar.xz", combined) + "," + item("lxd.tar.xz", "lxd.tar.xz", combined) + "," +
            item("root.tar.xz", "root.tar.xz") + "," + item("root.squashfs", "squashfs") + "," + item("disk.qcow2", "disk-kvm.img") +
            "," + item("root.20251231.vcdiff", "squashfs.vcdiff"),
        R"("aliases":"debian/trixie/default, debian/13","os":"Debian","release":"trixie","release_title":"trixie","arch":"amd64",
           "variant":"default","support_eol":"2030-06-30","requirements":{"cgroup":"v2"})"));
    ASSERT_EQ(offers.size(), 1u);
    const Offer& offer = offers[0];
    EXPECT_EQ(offer.product, "debian:trixie:amd64:default");
    EXPECT_EQ(offer.distribution, "debian");
    EXPECT_EQ(offer.release, "trixie");
    EXPECT_EQ(offer.release_names, std::vector<std::string>{"13"});
    EXPECT_EQ(offer.variant, "default");
    EXPECT_EQ(offer.architecture, "amd64");
    EXPECT_EQ(offer.aliases, (std::vector<std::string>{"debian/trixie/default", "debian/13"}));
    EXPECT_EQ(offer.support_eol, "2030-06-30");
    EXPECT_EQ(offer.requirements.at("cgroup"), "v2");
    ASSERT_EQ(offer.versions.size(), 1u);
    EXPECT_EQ(offer.versions[0].serial, "20260101_05:24");
    ASSERT_EQ(offer.versions[0].files.size(), 4u); // no disk of a virtual machine, no delta
    const OfferedFile* metadata = offer.versions[0].find(FileRole::IncusMetadata);
    ASSERT_NE(metadata, nullptr);
    EXPECT_EQ(*metadata, (OfferedFile{.role = FileRole::IncusMetadata, .path = "images/x/incus.tar.xz", .size = 5,
                                      .sha256 = kHash, .combined_tar = kOther, .combined_squashfs = kHash}));
}

TEST(StreamsProducts, ReadsEachKindOfFileUnderItsNames) {
    const auto role = [](std::string_view type) {
        const auto offers = parse(product(item("x", type)));
        return offers.empty() ? "none" : std::string(role_name(offers[0].versions[0].files[0].role));
    };
    EXPECT_EQ(role("root.tar.xz"), "rootfs.tar.xz");
    EXPECT_EQ(role("rootfs.tar.xz"), "rootfs.tar.xz");
    for (const char* type : {"squashfs", "root.squashfs", "rootfs.squashfs"}) EXPECT_EQ(role(type), "rootfs.squashfs");
    for (const char* type : {"lxc_meta.tar.xz", "meta.tar.xz"}) EXPECT_EQ(role(type), "meta.tar.xz");
    for (const char* type : {"incus_combined.tar.gz", "lxd_combined.tar.gz"}) EXPECT_EQ(role(type), "incus_combined.tar.gz");
    EXPECT_EQ(role("uefi1.img"), "none");
    EXPECT_EQ(role(""), "none");
}

TEST(StreamsProducts, NamesADistributionAsPeopleWriteIt) {
    const auto distribution = [](std::string_view key, std::string_view os) {
        return parse(product(item("x", "squashfs"), fmt::format(R"("os":"{}","release":"9","arch":"amd64")", os), key)).at(0).distribution;
    };
    EXPECT_EQ(distribution("rockylinux:9:amd64:default", "Rocky Linux"), "rockylinux");
    EXPECT_EQ(distribution("com.ubuntu.cloud:server:9:amd64", "ubuntu"), "ubuntu");
    EXPECT_EQ(distribution("whatever", "Rocky Linux"), "rockylinux");
}

TEST(StreamsProducts, KnowsAReleaseUnderItsOtherNames) {
    const auto offers = parse(product(item("x", "squashfs"),
                                      R"("os":"ubuntu","release":"noble","version":"24.04","release_codename":"Noble Numbat",
                                         "aliases":"24.04,n,ubuntu/lts,other/name","arch":"x86_64")", "x"));
    EXPECT_EQ(offers.at(0).release_names, (std::vector<std::string>{"24.04", "Noble Numbat", "lts"}));
    EXPECT_EQ(offers.at(0).architecture, "amd64");
    EXPECT_EQ(offers.at(0).variant, "default");
}

TEST(StreamsProducts, LeavesOutWhatHasNoDateOrNoFiles) {
    const std::string fields = R"("os":"Debian","release":"trixie","arch":"amd64")";
    EXPECT_TRUE(parse(product(item("x", "squashfs"), fields, "x", "latest")).empty());
    EXPECT_TRUE(parse(product(item("x", "disk1.img"))).empty());
    EXPECT_TRUE(parse(product("")).empty());
}

TEST(StreamsProducts, RefusesPathsThatLeaveTheServer) {
    for (const auto& [path, problem] : std::vector<std::pair<std::string, std::string>>{
             {"../x", "a path that leaves its directory"},
             {"/etc/passwd", "an absolute path"},
             {"https://evil/x", "a path with a scheme"},
             {"a/%2e%2e/b", "a path with characters that need escaping"},
             {"", "an empty path"}}) {
        EXPECT_EQ(refused(product(fmt::format(R"("r":{{"ftype":"squashfs","path":"{}","size":5,"sha256":"{}"}})", path, kHash))),
                  "images.json: at /products/debian:trixie:amd64:default/versions/20260101_05:24/items/r/path: " + problem);
    }
}

TEST(StreamsProducts, RefusesAFileThatIsNotDescribedInFull) {
    const std::string place = "images.json: at /products/debian:trixie:amd64:default/versions/20260101_05:24/items/r";
    const auto file = [](std::string_view fields) { return product(fmt::format(R"("r":{{"ftype":"squashfs"{}}})", fields)); };
    const std::string hash = R"(,"sha256":")" + kHash + "\"";
    EXPECT_EQ(refused(file("")), place + ": path is missing");
    EXPECT_EQ(refused(file(R"(,"path":"a","size":5)")), place + ": sha256 is missing");
    EXPECT_EQ(refused(file(R"(,"path":"a")" + hash)), place + ": size is missing");
    EXPECT_EQ(refused(file(R"(,"path":"a","size":-5)" + hash)), place + "/size: expected a whole number that is not negative");
    EXPECT_EQ(refused(file(R"(,"path":"a","size":1099511627777)" + hash)), place + "/size: larger than any image");
    EXPECT_EQ(refused(file(R"(,"path":1,"size":5)" + hash)), place + "/path: expected a string");
    for (const std::string& wrong : {std::string("../../../etc/passwd"), std::string(63, 'a'), std::string(64, 'A'), std::string()}) {
        EXPECT_EQ(refused(file(fmt::format(R"(,"path":"a","size":5,"sha256":"{}")", wrong))),
                  place + "/sha256: expected a sha256: 64 lower-case hex digits");
    }
}

TEST(StreamsProducts, RefusesWrongFingerprints) {
    const std::string place = "images.json: at /products/debian:trixie:amd64:default/versions/20260101_05:24/items/m";
    for (const char* name : {"combined_sha256", "combined_rootxz_sha256", "combined_squashfs_sha256"}) {
        EXPECT_EQ(refused(product(item("m", "incus.tar.xz", fmt::format(R"(,"{}":"../x")", name)))),
                  fmt::format("{}/{}: expected a sha256: 64 lower-case hex digits", place, name));
    }
    EXPECT_EQ(refused(product(item("m", "incus.tar.xz", fmt::format(R"(,"combined_sha256":"{}","combined_rootxz_sha256":"{}")", kHash, kOther)))),
              place + ": combined_sha256 and combined_rootxz_sha256 differ");
}

TEST(StreamsProducts, RefusesASecondFileOfOneKind) {
    EXPECT_EQ(refused(product(item("a", "squashfs") + "," + item("b", "root.squashfs"))),
              "images.json: at /products/debian:trixie:amd64:default/versions/20260101_05:24/items/b: a second rootfs.squashfs in one build");
}

TEST(StreamsProducts, RefusesNamesThatAreNoNames) {
    const auto fields = [](std::string_view text) { return refused(product(item("x", "squashfs"), text, "p")); };
    EXPECT_EQ(fields(R"("os":"../x","release":"9","arch":"amd64")"), "images.json: at /products/p: \"../x\" is no name");
    EXPECT_EQ(fields(R"("os":"x","release":"..","arch":"amd64")"), "images.json: at /products/p: \"..\" is no name");
    EXPECT_EQ(fields(R"("os":"x","release":"9","arch":"a/b")"), "images.json: at /products/p: \"a/b\" is no name");
    EXPECT_EQ(fields(R"("os":"x","release":"9","arch":"amd64","variant":"")"), "images.json: at /products/p: \"\" is no name");
    EXPECT_EQ(fields(R"("release":"9","arch":"amd64")"), "images.json: at /products/p: os is missing");
    EXPECT_EQ(fields(R"("os":"x","arch":"amd64")"), "images.json: at /products/p: release is missing");
    EXPECT_EQ(fields(R"("os":"x","release":"9")"), "images.json: at /products/p: arch is missing");
}

TEST(StreamsProducts, RefusesOtherDocuments) {
    EXPECT_EQ(refused(R"({"format":"index:1.0"})"), "images.json: at /format: expected \"products:1.0\"");
    EXPECT_EQ(refused(R"({"format":"products:1.0","datatype":"image-ids"})"),
              "images.json: at /datatype: expected \"image-downloads\"");
    EXPECT_EQ(refused(R"({"format":"products:1.0","datatype":"image-downloads"})"), "images.json: at /: products is missing");
    EXPECT_EQ(refused(R"({"format":"products:1.0","datatype":"image-downloads","products":[]})"),
              "images.json: at /products: expected an object");
    EXPECT_EQ(refused(R"({"format":"products:1.0","datatype":"image-downloads","products":{"x":[]}})"),
              "images.json: at /products/x: expected an object");
}

} // namespace
} // namespace lxcpp::image
