// SPDX-License-Identifier: Apache-2.0
#include "image/server_parts.h"

#include "base/sha256.h"
#include "gpg_fixture.h"
#include "served_tree.h"
#include "support/error_of.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>

using namespace lxcpp;
using namespace lxcpp::image;
using lxcpp::test::error_of;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

namespace {

const std::string kDir = "images/debian/trixie/amd64/default/20260101_05:24/";
const std::string kIncus = kDir + "incus.tar.xz";
const std::string kRoot = kDir + "rootfs.tar.xz";
const std::string kLxc = kDir + "meta.tar.xz";
const std::string kSums = kDir + "SHA256SUMS";

} // namespace

class ServerPartsTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        signer_ = std::make_unique<Signer>();
        good_ = signer_->make_key("good");
        stranger_ = signer_->make_key("stranger");
    }
    static void TearDownTestSuite() { signer_.reset(); }

    ServerPartsTest() : dir_("/tmp", "lxcpp-parts-"), cache_(ImageCache::open(dir_.path())), server_(std::ref(tree_)) {
        for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
        access_.server = {.name = "test", .url = server_.url(""), .keyrings = {}, .fingerprints = {}};
        for (const auto& path : {kIncus, kRoot, kLxc}) tree_.put(path, "content of " + path);
        tree_.put(kSums, sums());
    }

    [[nodiscard]] std::string sums() const {
        std::string text;
        for (const auto& path : {kIncus, kRoot, kLxc})
            text += sha256_hex(tree_.get(path)) + "  " + path.substr(kDir.size()) + "\n";
        return text;
    }
    static std::string sign(const std::string& text, const Signer::Key& key = good_) {
        return signer_->sign("--detach-sign", text, {"-u", key.fingerprint, "--armor"});
    }
    void expect_keys() { access_.server.keyrings = {good_.keyring}; }
    [[nodiscard]] OfferedFile file(FileRole role, const std::string& path) const {
        return {.role = role, .path = path, .size = tree_.get(path).size(), .sha256 = sha256_hex(tree_.get(path)),
                .combined_tar = {}, .combined_squashfs = {}};
    }
    // As simplestreams has it, with digests; as the classic index, without.
    void offer_streams() { version_.files = {file(FileRole::IncusMetadata, kIncus), file(FileRole::RootTar, kRoot)}; }
    void offer_classic() {
        version_.files = {{.role = FileRole::LxcMetadata, .path = kLxc, .size = {}, .sha256 = {}, .combined_tar = {}, .combined_squashfs = {}},
                          {.role = FileRole::RootTar, .path = kRoot, .size = {}, .sha256 = {}, .combined_tar = {}, .combined_squashfs = {}}};
    }
    ServerParts fetch() {
        const FileChoice choice{&version_.files[0], &version_.files[1], ""};
        return fetch_server_parts(access_, version_, choice, cache_, http_, listener_);
    }
    std::string refusal() {
        return error_of([&] { return fetch(); });
    }
    static std::string content(const std::optional<Fd>& fd) { return fd ? sys::read_all(*fd, "part") : "none"; }
    [[nodiscard]] std::string url(const std::string& path) const { return access_.server.url + "/" + path; }
    static std::unique_ptr<Signer> signer_;
    static Signer::Key good_, stranger_;
    sys::TempDir dir_;
    ImageCache cache_;
    ServedTree tree_;
    HttpServer server_;
    HttpClient http_{{.retries = 0, .first_backoff = 1ms}};
    Listener listener_;
    ServerAccess access_;
    OfferedVersion version_{.serial = "20260101_05:24", .files = {}};
};
std::unique_ptr<Signer> ServerPartsTest::signer_;
Signer::Key ServerPartsTest::good_, ServerPartsTest::stranger_;

TEST_F(ServerPartsTest, StreamsWithLxcsMetadataBeside) {
    offer_streams();
    const auto fetched = fetch();
    EXPECT_EQ(content(fetched.parts.metadata), "content of " + kIncus);
    EXPECT_EQ(fetched.parts.metadata_name, "incus.tar.xz");
    EXPECT_EQ(content(fetched.parts.root), "content of " + kRoot);
    EXPECT_EQ(content(fetched.parts.lxc_metadata), "content of " + kLxc);
    EXPECT_EQ(fetched.parts.lxc_metadata_name, "meta.tar.xz");
    EXPECT_EQ(fetched.how, "sha256 of each part");
    EXPECT_EQ(fetched.signer, "");
    EXPECT_EQ(fetched.downloads.size(), 3u);
}

TEST_F(ServerPartsTest, LxcsMetadataNeedNotBeThere) {
    offer_streams();
    tree_.remove(kLxc);
    EXPECT_EQ(content(fetch().parts.lxc_metadata), "none");
    tree_.remove(kSums);
    EXPECT_EQ(content(fetch().parts.lxc_metadata), "none");
}

TEST_F(ServerPartsTest, LxcsMetadataInTheIndex) {
    offer_streams();
    version_.files.push_back(file(FileRole::LxcMetadata, kLxc));
    tree_.damage(kLxc);
    EXPECT_THAT(refusal(), StartsWith("fetch " + url(kLxc) + ": sha256 is "));
}

TEST_F(ServerPartsTest, OneByteOfAnyPart) {
    for (const bool classic : {false, true}) {
        for (const auto& path : {classic ? kLxc : kIncus, kRoot, kLxc}) {
            classic ? offer_classic() : offer_streams();
            std::filesystem::remove_all(dir_.path() / "files"); // what is here already is not fetched
            const auto good = tree_.get(path);
            tree_.damage(path);
            EXPECT_THAT(refusal(), StartsWith("fetch " + url(path) + ": sha256 is "));
            tree_.put(path, good);
        }
    }
    EXPECT_EQ(refusal(), "");
}

TEST_F(ServerPartsTest, WrongSizesAreRefused) {
    offer_streams();
    tree_.put(kRoot, tree_.get(kRoot) + "more");
    EXPECT_THAT(refusal(), HasSubstr(kRoot + ": the server announces"));
}

TEST_F(ServerPartsTest, CombinedImage) {
    version_.files = {file(FileRole::Combined, kIncus)};
    const FileChoice choice{&version_.files[0], &version_.files[0], version_.files[0].sha256};
    const auto fetched = fetch_server_parts(access_, version_, choice, cache_, http_, listener_);
    EXPECT_EQ(content(fetched.parts.metadata), "content of " + kIncus);
    EXPECT_FALSE(fetched.parts.root || fetched.parts.lxc_metadata);
}

TEST_F(ServerPartsTest, ClassicSaysWhatWasChecked) {
    offer_classic();
    EXPECT_EQ(fetch().how, "sha256 of each part in SHA256SUMS");
    EXPECT_EQ(content(fetch().parts.metadata), "content of " + kLxc);
    tree_.remove(kSums);
    EXPECT_EQ(fetch().how, "nothing for the parts: the server names no digests");
    tree_.put(kSums, "nonsense\n");
    EXPECT_EQ(refusal(), url(kSums) + ": line 1: expected a sha256 in lower case, two blanks and a name");
}

TEST_F(ServerPartsTest, ClassicWithSignedSums) {
    offer_classic();
    expect_keys();
    tree_.put(kSums + ".asc", sign(tree_.get(kSums)));
    const auto fetched = fetch();
    EXPECT_EQ(fetched.signer, good_.fingerprint);
    EXPECT_EQ(fetched.how, "sha256 of each part in SHA256SUMS signed by " + good_.fingerprint);
    tree_.damage(kSums);
    EXPECT_THAT(refusal(), StartsWith(url(kSums) + ": signature refused: the content was changed"));
    tree_.put(kSums, sums());
    tree_.put(kSums + ".asc", sign(sums(), stranger_));
    EXPECT_THAT(refusal(), HasSubstr("is not in the keyring"));
}

TEST_F(ServerPartsTest, ClassicWithSignedParts) {
    offer_classic();
    expect_keys();
    tree_.put(kRoot + ".asc", sign(tree_.get(kRoot)));
    EXPECT_THAT(refusal(), StartsWith(url(kLxc) + ": there are keys for this server"));
    tree_.put(kLxc + ".asc", sign(tree_.get(kLxc)));
    const auto fetched = fetch();
    EXPECT_EQ(content(fetched.parts.root), "content of " + kRoot) << "from its beginning";
    EXPECT_EQ(fetched.signer, good_.fingerprint);
    EXPECT_THAT(fetched.how, HasSubstr("does not say of which build"));
    tree_.damage(kRoot);
    EXPECT_THAT(refusal(), StartsWith(url(kRoot) + ": signature refused: the content was changed"));
}

TEST_F(ServerPartsTest, WithoutValidationSignaturesAreNotLookedAt) {
    offer_classic();
    expect_keys();
    access_.validate = false;
    tree_.put(kSums + ".asc", "nonsense");
    EXPECT_EQ(fetch().how, "sha256 of each part in SHA256SUMS");
}

TEST_F(ServerPartsTest, UnsignedMetadataOfLxcIsLeftOut) {
    offer_streams();
    expect_keys();
    EXPECT_EQ(content(fetch().parts.lxc_metadata), "none");
    tree_.put(kLxc + ".asc", sign(tree_.get(kLxc)));
    EXPECT_EQ(content(fetch().parts.lxc_metadata), "content of " + kLxc);
    tree_.put(kLxc + ".asc", sign(tree_.get(kLxc), stranger_));
    EXPECT_THAT(refusal(), HasSubstr("is not in the keyring"));
    tree_.put(kSums + ".asc", sign(tree_.get(kSums)));
    EXPECT_EQ(content(fetch().parts.lxc_metadata), "content of " + kLxc);
}

TEST_F(ServerPartsTest, GoesOnWhereItStopped) {
    const std::string text(4u << 20, 'r');
    std::atomic<bool> cut = true;
    HttpServer half([&](const HttpRequest& request) {
        HttpResponse response{.headers = {"ETag: \"1\""}, .body = text};
        const std::string range = request.header("range");
        if (!request.path.ends_with("/rootfs.tar.xz")) return HttpResponse{.status = "404 Not Found"};
        if (cut) response.cut_after = 3u << 20;
        if (range.empty()) return response;
        const auto start = std::stoull(range.substr(6));
        response.status = "206 Partial Content";
        response.headers.push_back(fmt::format("Content-Range: bytes {}-{}/{}", start, text.size() - 1, text.size()));
        response.body = text.substr(start);
        return response;
    });
    version_.files = {{.role = FileRole::Combined, .path = kRoot, .size = text.size(), .sha256 = sha256_hex(text), .combined_tar = {}, .combined_squashfs = {}}};
    access_.server.url = half.url("");
    const FileChoice choice{&version_.files[0], &version_.files[0], ""};
    const auto run = [&] { return fetch_server_parts(access_, version_, choice, cache_, http_, listener_); };
    EXPECT_THAT(error_of(run), HasSubstr("the connection was closed before the end of the file"));
    cut = false;
    EXPECT_EQ(content(run().parts.metadata), text);
    EXPECT_EQ(half.requests().back().header("range"), fmt::format("bytes={}-", 3u << 20));
}
