// SPDX-License-Identifier: Apache-2.0
#include "store/image_store.h"

#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

class ImageStoreTest : public testing::Test {
protected:
    ImageStoreTest() : store_(ImageStore::open(dir_.path())) {}

    // An image of one tree of the same name.
    ImageRecord add(char digit, std::time_t added = 1) {
        ImageRecord record{.fingerprint = std::string(64, digit), .added = added, .trees = {std::string(64, digit)}};
        fs::create_directory(store_.tree_path(record.fingerprint));
        store_.add(record, {.config = "x\n", .config_user = {}, .create_message = {}, .substitute = {}, .templates = {}, .documents = {}});
        return record;
    }
    [[nodiscard]] fs::path inside(const std::string& path) const { return store_.directory() / path; }

    test::TempDir dir_;
    ImageStore store_;
};

TEST_F(ImageStoreTest, IsPrivateAndMadeOnlyWhenAskedFor) {
    EXPECT_EQ(sys::stat_path(store_.directory())->st_mode & 07777u, 0700u);
    const test::TempDir empty;
    EXPECT_FALSE(ImageStore::open_existing(empty.path()));
    EXPECT_THAT(sys::list_dir(empty.path()), IsEmpty());
    EXPECT_TRUE(ImageStore::open_existing(dir_.path()));
    sys::chmod(store_.directory(), 0777);
    EXPECT_THROW((void)ImageStore::open_existing(dir_.path()), Error);
}

TEST_F(ImageStoreTest, KeepsRecordsAndContents) {
    const ImageRecord record = add('a');
    EXPECT_EQ(store_.find(record.fingerprint), record);
    EXPECT_EQ(store_.content(record.fingerprint).config, "x\n");
    EXPECT_FALSE(store_.find(std::string(64, 'b')));
    EXPECT_THAT(error_of([&] { (void)store_.content(std::string(64, 'b')); }), HasSubstr("does not exist"));
    EXPECT_THAT(error_of([&] { (void)store_.find("../../etc"); }), HasSubstr("is no fingerprint"));
    EXPECT_THAT(error_of([&] { (void)store_.tree_path("../../etc"); }), HasSubstr("is no fingerprint"));
}

TEST_F(ImageStoreTest, ReplacesAnImageAsAWhole) {
    ImageRecord record = add('a');
    record.release = "13";
    store_.add(record, {});
    EXPECT_EQ(store_.find(record.fingerprint)->release, "13");
    EXPECT_EQ(store_.content(record.fingerprint), ImageContent{});
    EXPECT_THAT(sys::list_dir(inside("images")), ElementsAre(record.fingerprint));
}

TEST_F(ImageStoreTest, AnImageNeedsItsTrees) {
    const ImageRecord record{.fingerprint = std::string(64, 'a'), .trees = {std::string(64, 'b')}};
    EXPECT_EQ(error_of([&] { store_.add(record, {}); }), "the image's tree " + std::string(64, 'b') + " is not in the store");
    EXPECT_THAT(store_.list(), IsEmpty());
    EXPECT_THAT(sys::list_dir(inside("images")), IsEmpty());
}

TEST_F(ImageStoreTest, ListsTheNewestFirst) {
    add('a', 1);
    add('b', 3);
    add('c', 2);
    store_.set_alias("web", std::string(64, 'c'));
    store_.set_alias("app/1", std::string(64, 'c'));
    const auto images = store_.list();
    ASSERT_EQ(images.size(), 3u);
    EXPECT_EQ(images[0].record.fingerprint[0], 'b');
    EXPECT_EQ(images[1].record.fingerprint[0], 'c');
    EXPECT_THAT(images[1].aliases, ElementsAre("app/1", "web"));
    EXPECT_EQ(images[2].record.fingerprint[0], 'a');
    EXPECT_THAT(store_.fingerprints(), ElementsAre(StartsWith("a"), StartsWith("b"), StartsWith("c")));
}

TEST_F(ImageStoreTest, ADamagedRecordIsToldAndHidesNoOther) {
    add('a');
    add('b');
    sys::write_file_atomic(inside("images/" + std::string(64, 'a') + "/record"), "nonsense\n");
    EXPECT_THAT(error_of([&] { (void)store_.list(); }), HasSubstr("record: line 1:"));
    std::vector<std::string> problems;
    EXPECT_EQ(store_.list(&problems).size(), 1u);
    EXPECT_THAT(problems, ElementsAre(HasSubstr("record: line 1:")));
}

TEST_F(ImageStoreTest, ARecordOfAnotherImageIsRefused) {
    add('a');
    add('b');
    fs::copy_file(inside("images/" + std::string(64, 'a') + "/record"), inside("images/" + std::string(64, 'b') + "/record"),
                  fs::copy_options::overwrite_existing);
    EXPECT_THAT(error_of([&] { (void)store_.find(std::string(64, 'b')); }), HasSubstr("is of another image"));
}

TEST_F(ImageStoreTest, IsFoundByAliasFingerprintOrItsBeginning) {
    const std::string image = add('a').fingerprint;
    store_.set_alias("debian/12", image);
    EXPECT_EQ(store_.resolve("debian/12")->fingerprint, image);
    EXPECT_EQ(store_.resolve(image)->fingerprint, image);
    EXPECT_EQ(store_.resolve("aaaaaa")->fingerprint, image);
    EXPECT_FALSE(store_.resolve("aaaaa")); // too short to mean one
    EXPECT_FALSE(store_.resolve("debian/13"));
    EXPECT_FALSE(store_.resolve("../../etc"));
    EXPECT_FALSE(store_.resolve(""));
    const std::string second = "aaaaaaa" + std::string(57, 'b');
    fs::create_directory(store_.tree_path(second));
    store_.add({.fingerprint = second, .trees = {second}}, {});
    EXPECT_EQ(error_of([&] { (void)store_.resolve("aaaaaa"); }),
              "aaaaaa: two images begin so, " + image + " and " + second + ": give more digits");
    EXPECT_EQ(store_.resolve("aaaaaaab")->fingerprint, second);
}

TEST_F(ImageStoreTest, AliasesMoveAndGo) {
    const std::string first = add('a').fingerprint;
    const std::string second = add('b').fingerprint;
    store_.set_alias("web/1", first);
    store_.set_alias("web/1", second);
    store_.set_alias("other", first);
    EXPECT_THAT(store_.aliases(), ElementsAre(Pair("other", first), Pair("web/1", second)));
    EXPECT_TRUE(store_.remove_alias("other"));
    EXPECT_FALSE(store_.remove_alias("other"));
    store_.remove(second);
    EXPECT_THAT(store_.aliases(), IsEmpty()) << "they go with their image";
    EXPECT_THAT(error_of([&] { store_.set_alias("../x", first); }), HasSubstr("cannot be an alias"));
    EXPECT_EQ(error_of([&] { store_.set_alias("x", second); }), "there is no image " + second);
}

TEST_F(ImageStoreTest, DamagedAliasesAreToldAndInNobodysWay) {
    const std::string image = add('a').fingerprint;
    for (const char* alias : {"sound", "garbage", "empty", "x/y"}) store_.set_alias(alias, image);
    const fs::path aliases = store_.directory() / "aliases";
    sys::write_file_atomic(aliases / "garbage", "x\n");
    sys::write_file_atomic(aliases / "empty", "");
    fs::remove(aliases / "x,y");
    fs::create_directory(aliases / "x,y");
    sys::write_file_atomic(aliases / ".being-written", "");
    EXPECT_THAT(store_.aliases(), ElementsAre(Pair("sound", image)));
    EXPECT_THAT(store_.damaged_aliases(), ElementsAre("empty", "garbage", "x/y"));
    EXPECT_EQ(store_.list().size(), 1u);
    EXPECT_TRUE(store_.has_alias("garbage"));
    EXPECT_TRUE(store_.remove_alias("garbage"));
    EXPECT_FALSE(store_.has_alias("garbage"));
}

TEST_F(ImageStoreTest, RemovingTakesTheRecordAndLeavesTheTree) {
    const ImageRecord record = add('a');
    store_.remove(record.fingerprint);
    EXPECT_FALSE(store_.find(record.fingerprint));
    EXPECT_TRUE(fs::exists(store_.tree_path(record.fingerprint)));
    store_.remove(record.fingerprint); // gone already
}

TEST_F(ImageStoreTest, ATreeThatIsHeldIsThere) {
    const std::string tree = add('a').fingerprint;
    {
        const Fd one = store_.hold_tree(tree);
        const Fd two = store_.hold_tree(tree);
        const Fd other = sys::open_file(inside("locks/" + tree + ".use"), {.access = sys::Access::ReadWrite});
        EXPECT_FALSE(sys::try_lock_file(other, sys::LockKind::Exclusive, "x"));
    }
    EXPECT_THAT(error_of([&] { (void)store_.hold_tree(std::string(64, 'b')); }), HasSubstr("its tree bbbbbbbbbbbb is gone: pull or import the image again"));
    const Fd taker = sys::open_file(inside("locks/" + tree + ".use"), {.access = sys::Access::ReadWrite});
    ASSERT_TRUE(sys::try_lock_file(taker, sys::LockKind::Exclusive, "x"));
    EXPECT_THAT(error_of([&] { (void)store_.hold_tree(tree); }), HasSubstr("is being removed"));
}

TEST_F(ImageStoreTest, NotesWhenAnImageWasUsed) {
    const std::string image = add('a').fingerprint;
    EXPECT_EQ(store_.last_use(std::string(64, 'b')), 0);
    sys::RootedDir::open(inside("images/" + image)).set_times("record", {.tv_sec = 1000, .tv_nsec = 0});
    EXPECT_EQ(store_.last_use(image), 1000);
    store_.touch(image);
    EXPECT_GT(store_.last_use(image), 1000);
}

} // namespace
} // namespace lxcpp
