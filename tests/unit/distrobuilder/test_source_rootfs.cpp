// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"
#include "distrobuilder/source_download.h"
#include "image/sha512.h"
#include "source_fixture.h"
#include "sys/file_meta.h"

namespace lxcpp::distro {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// One archive of the recipe's own choice.
class RootfsSource : public SourceTest {
protected:
    RootfsSource() {
        tree_.put("base.tar", tar_);
        recipe_.source.downloader = "rootfs-http";
        recipe_.source.url = server_.url("/base.tar");
    }
    const std::string tar_ = root_tar("base");
};

TEST_F(RootfsSource, NeedsADigestOrASignature) {
    EXPECT_THAT(build(), AllOf(HasSubstr("base.tar: nothing says that it is right"), HasSubstr("source.sha256")));
    recipe_.source.sha256 = sha256_hex(tar_);
    EXPECT_EQ(build(), "base");
    EXPECT_THAT(verification(), ElementsAre("base.tar: sha256 of the recipe"));
    EXPECT_THAT(listener_.messages,
                ElementsAre("base.tar: 1 device nodes were left out; a container gets its own"));
    EXPECT_EQ(sys::stat_path(dir_.path() / "root")->st_mode & 07777, 0755u);
    recipe_.source.sha256 = sha256_hex("other");
    EXPECT_THAT(build(), HasSubstr("sha256 is " + sha256_hex(tar_) + ", expected " + sha256_hex("other")));
    recipe_.source.sha256 = "12";
    EXPECT_THAT(build(), HasSubstr("source.sha256: the sha256 must be 64 hex digits"));
}

TEST_F(RootfsSource, SkippingVerificationIsSaid) {
    recipe_.source.skip_verification = true;
    EXPECT_EQ(build(), "base");
    EXPECT_THAT(
        verification(),
        ElementsAre(
            "warning: base.tar: not verified at all: the recipe has source.skip_verification"));
    const std::string identity = source_->identity();
    EXPECT_EQ(build(), "base");
    EXPECT_EQ(source_->identity(), identity);
    tree_.put("base.tar", root_tar("newer"));
    EXPECT_EQ(build(), "newer");
    EXPECT_NE(source_->identity(), identity);
}

TEST_F(RootfsSource, DeclaredKeysAreAlwaysUsed) {
    recipe_.source.keys = {material(*key_)};
    recipe_.source.skip_verification = true;
    EXPECT_THAT(build(), HasSubstr("base.tar: there is neither a .asc nor a .sig beside it, and the recipe has source.keys"));
    tree_.put("base.tar.sig", detached(tar_, *key_));
    EXPECT_EQ(build(), "base");
    EXPECT_THAT(verification(), ElementsAre("base.tar: signed by " + key_->fingerprint));
    tree_.put("base.tar.asc", detached(tar_, *stranger_));
    EXPECT_THAT(build(), AllOf(HasSubstr("base.tar: signature refused: key"), HasSubstr("not in the keyring"), HasSubstr("add that one")));
    tree_.put("base.tar.asc", detached("other", *key_));
    EXPECT_THAT(build(), HasSubstr("the content was changed after it was signed"));
    tree_.remove("base.tar.asc");
    recipe_.source.sha256 = sha256_hex("other");
    EXPECT_THAT(build(), HasSubstr("source.sha256 says " + sha256_hex("other")));
}

TEST_F(RootfsSource, OfALocalFile) {
    sys::write_file_atomic(dir_.path() / "local.tar", root_tar("local"));
    recipe_.source.url = "file://local.tar"; // beside the recipe
    EXPECT_THAT(build(), HasSubstr("file://local.tar: nothing says that it is right"));
    recipe_.source.sha256 = sha256_hex(root_tar("local"));
    EXPECT_EQ(build(), "local");
    recipe_.source.url = "file://" + (dir_.path() / "local.tar").string();
    EXPECT_EQ(build(), "local");
    recipe_.source.sha256.clear();
    recipe_.source.keys = {material(*key_)};
    sys::write_file_atomic(dir_.path() / "local.tar.asc", detached(root_tar("local"), *key_));
    EXPECT_EQ(build(), "local");
    recipe_.source.url = "file:///nowhere.tar";
    EXPECT_THAT(build(), HasSubstr("file:///nowhere.tar"));
}

TEST_F(RootfsSource, ALocalFileThatChangesIsNoticed) {
    const auto file = dir_.path() / "local.tar";
    const auto unpack = [&] {
        const sys::TempDir root("/tmp", "lxcpp-root-");
        return test::error_of([&] { source_->unpack(root.path()); });
    };
    sys::write_file_atomic(file, tar_);
    recipe_.source.url = "file://local.tar";
    recipe_.source.sha256 = sha256_hex(tar_);
    source_ = open();
    sys::write_file_atomic(file, root_tar("evil"));
    EXPECT_THAT(unpack(), HasSubstr("expected " + sha256_hex(tar_)));
    sys::write_file_atomic(file, tar_);
    recipe_.source.sha256.clear();
    recipe_.source.keys = {material(*key_)};
    sys::write_file_atomic(dir_.path() / "local.tar.asc", detached(tar_, *key_));
    source_ = open();
    sys::write_file_atomic(file, root_tar("evil"));
    EXPECT_EQ(unpack(), ""); // what was verified, which was copied
    EXPECT_THAT(build(), HasSubstr("changed after it was signed"));
}

// Sources that cannot compare while they read, as those of disk images, get what nobody changes any more.
TEST_F(RootfsSource, ALocalFileIsReadAsItWasVerified) {
    recipe_.source.skip_verification = true;
    source_ = open(); // for its work_
    cache_.forget_file(sha256_hex(tar_));
    const auto file = dir_.path() / "local.tar";
    const auto read_after_change = [&](const auto& open_it) {
        sys::write_file_atomic(file, tar_);
        const Fd opened = open_it("file://local.tar");
        sys::write_at(sys::open_file(file, {.access = sys::Access::ReadWrite}), "evil", 0, file.string());
        return sys::read_all(opened, "the copy");
    };
    EXPECT_EQ(read_after_change([&](const std::string& url) { return open_by_sha256(*work_, url, sha256_hex(tar_)); }), tar_);
    image::Sha512 hash;
    hash.update(tar_);
    const std::string sha512 = hash.finish_hex();
    EXPECT_EQ(read_after_change([&](const std::string& url) { return open_by_sha512(*work_, url, sha512); }), tar_);
}

// Nothing is fetched again that is here already.
TEST_F(RootfsSource, IsDownloadedOnce) {
    const auto downloads = [&] {
        std::size_t count = 0;
        for (const auto& request : server_.requests()) count += request.path == "/base.tar" && request.header("if-none-match").empty() ? 1 : 0;
        return count;
    };
    recipe_.source.skip_verification = true;
    EXPECT_EQ(build(), "base");
    EXPECT_EQ(build(), "base");
    EXPECT_EQ(downloads(), 1u);
    recipe_.source.sha256 = sha256_hex(tar_);
    EXPECT_EQ(build(), "base");
    EXPECT_EQ(downloads(), 1u);
}

TEST_F(RootfsSource, NamesWhatTheServerHasNot) {
    recipe_.source.sha256 = sha256_hex(tar_);
    tree_.remove("base.tar");
    EXPECT_THAT(build(), AllOf(HasSubstr("/base.tar"), HasSubstr("404")));
    recipe_.source.url = server_.url("/base.zip");
    tree_.put("base.zip", "PK\003\004 no archive that we know");
    recipe_.source.sha256 = sha256_hex(tree_.get("base.zip"));
    EXPECT_THAT(build(), HasSubstr("error: base.zip"));
    recipe_.source.downloader = "other-http";
    EXPECT_EQ(build(), "error: source.downloader: other-http is not offered");
}

} // namespace
} // namespace lxcpp::distro
