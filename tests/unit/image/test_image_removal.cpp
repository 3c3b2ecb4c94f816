// SPDX-License-Identifier: Apache-2.0
#include "image/image_removal.h"

#include "image/image_check.h"
#include "image/tree_check.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ImageRemovalTest : public testing::Test {
protected:
    ImageRemovalTest() : store_(ImageStore::open(dir_.path())), trees_(ImageCache::open(store_.directory())) {}

    static std::string name(char digit) { return std::string(64, digit); }
    void add_tree(char digit) {
        auto tree = trees_.begin_tree(name(digit), 0ms);
        sys::write_file_atomic(tree.path() / "file", std::string(1, digit));
        SilentProgress silent;
        (void)tree.publish(sum_tree(sys::RootedDir::open(tree.path()), "", silent));
    }
    ImageRecord add(char digit, const std::string& tree_digits) {
        ImageRecord record{.fingerprint = name(digit), .trees = {}};
        for (const char tree : tree_digits) {
            if (!fs::exists(store_.tree_path(name(tree)))) add_tree(tree);
            record.trees.push_back(name(tree));
        }
        store_.add(record, {});
        return record;
    }
    std::string refused(const ImageRecord& record) {
        return error_of([&] { (void)remove_image(store_, trees_, record, users_); });
    }
    [[nodiscard]] std::vector<std::string> trees() const {
        std::vector<std::string> found;
        for (const std::string& tree : sys::list_dir(store_.directory() / "trees")) found.push_back(tree.substr(0, 2));
        return found;
    }
    [[nodiscard]] std::vector<std::string> problems(char digit) const {
        SilentProgress silent;
        return ImageCheck(store_, trees_, silent).problems(name(digit));
    }

    test::TempDir dir_;
    ImageStore store_;
    ImageCache trees_;
    std::map<std::string, std::vector<std::string>> needed_;
    TreeUsers users_ = [this](std::string_view tree) { return needed_[std::string(tree)]; };
};

TEST_F(ImageRemovalTest, TakesWhatNoOtherImageHas) {
    const ImageRecord record = add('a', "12");
    add('b', "13");
    store_.set_alias("x", record.fingerprint);
    EXPECT_GT(remove_image(store_, trees_, record, users_), 0u);
    EXPECT_THAT(trees(), ElementsAre("11", "33"));
    EXPECT_FALSE(store_.find(name('a')));
    EXPECT_THAT(store_.aliases(), IsEmpty());
    EXPECT_THAT(problems('b'), IsEmpty());
}

TEST_F(ImageRemovalTest, WhatContainersNeedStays) {
    const ImageRecord record = add('a', "12");
    needed_[name('1')] = {"web", "db"};
    needed_[name('2')] = {"web"};
    EXPECT_EQ(refused(record), "image aaaaaaaaaaaa is needed by db, web");
    EXPECT_THAT(problems('a'), IsEmpty());
    add('b', "1"); // the tree that db needs would stay
    needed_[name('2')] = {};
    EXPECT_EQ(refused(record), "");
    EXPECT_THAT(trees(), ElementsAre("11"));
}

TEST_F(ImageRemovalTest, WhatACreateHoldsStays) {
    const ImageRecord record = add('a', "12");
    {
        const Fd held = store_.hold_tree(name('2'));
        EXPECT_EQ(refused(record), "image aaaaaaaaaaaa is in use by another command; try again when that is done");
        EXPECT_TRUE(store_.find(name('a')));
    }
    EXPECT_EQ(refused(record), "");
}

// Who begins a create after the containers were asked for must not get a tree that is about to go.
TEST_F(ImageRemovalTest, ContainersAreAskedForWhileNobodyCanBegin) {
    const ImageRecord record = add('a', "1");
    std::string said;
    users_ = [&](std::string_view tree) {
        said = error_of([&] { (void)store_.hold_tree(tree); });
        return std::vector<std::string>();
    };
    EXPECT_EQ(refused(record), "");
    EXPECT_THAT(said, HasSubstr("is being removed"));
}

TEST_F(ImageRemovalTest, ADamagedRecordStopsIt) {
    const ImageRecord record = add('a', "1");
    add('b', "1");
    sys::write_file_atomic(store_.directory() / "images" / name('b') / "record", "x\n");
    EXPECT_THAT(refused(record), HasSubstr("record: line 1"));
    EXPECT_THAT(trees(), ElementsAre("11"));
}

TEST_F(ImageRemovalTest, LeftoversAreWhatNoImageNamesAndNoContainerNeeds) {
    add('a', "1");
    add_tree('2');
    add_tree('3');
    needed_[name('3')] = {"web"};
    sys::write_file_atomic(trees_.file_path(name('4')).string() + ".part", "half");
    fs::create_directory(store_.directory() / "images/.new-abc");
    fs::create_directories(store_.directory() / "trees/.5.new/x");
    SilentProgress silent;
    EXPECT_THAT(ImageCheck(store_, trees_, silent).leftovers(),
                testing::UnorderedElementsAre(HasSubstr("interrupted work 5"), HasSubstr("interrupted work 4444"), HasSubstr("tree without an image 2222"),
                                              HasSubstr("tree without an image 3333")));
    EXPECT_EQ(remove_unnamed(store_, trees_, users_).removed.size(), 3u);
    EXPECT_THAT(trees(), ElementsAre("11", "33"));
    EXPECT_THAT(sys::list_dir(store_.directory() / "images"), ElementsAre(name('a')));
    EXPECT_THAT(problems('a'), IsEmpty());
}

TEST_F(ImageRemovalTest, WhatIsDeletedMeanwhileIsNoProblem) {
    add('a', "1");
    trees_.remove_tree(name('1'));
    EXPECT_THAT(problems('a'), ElementsAre(HasSubstr("it is not there")));
    sys::remove_file(store_.directory() / "images" / name('a') / "record");
    EXPECT_THAT(problems('a'), ElementsAre("its record is not there"));
    store_.remove(name('a'));
    EXPECT_THAT(problems('a'), IsEmpty());
}

TEST_F(ImageRemovalTest, LeftoversOfACommandThatRunsStay) {
    add_tree('2');
    const ImageCache other = ImageCache::open(store_.directory());
    EXPECT_THROW((void)remove_unnamed(store_, trees_, users_), StateError);
    EXPECT_THAT(trees(), ElementsAre("22"));
}

TEST_F(ImageRemovalTest, CheckingNamesWhatDiffers) {
    add('a', "12");
    add('b', "2");
    EXPECT_THAT(problems('a'), IsEmpty());
    sys::write_file_atomic(store_.tree_path(name('2')) / "file", "X");
    EXPECT_THAT(problems('a'), ElementsAre("tree 222222222222: /file is not what it was"));
    EXPECT_THAT(problems('b'), ElementsAre("tree 222222222222: /file is not what it was"));
    sys::write_file_atomic(store_.tree_path(name('2')) / "new", "X");
    EXPECT_THAT(problems('b'), ElementsAre("tree 222222222222: /file, /new are not what they were"));
    sys::remove_file(store_.tree_path(name('2')) / "new");
    trees_.remove_tree(name('1'));
    EXPECT_THAT(problems('a'), ElementsAre("tree 111111111111: it is not there", "tree 222222222222: /file is not what it was"));
    fs::remove(store_.directory() / "sums" / name('2'));
    EXPECT_THAT(problems('b'), ElementsAre("tree 222222222222: its sums are gone: what it held cannot be compared"));
    sys::write_file_atomic(store_.directory() / "aliases/gone", name('c') + "\n");
    SilentProgress silent;
    EXPECT_THAT(ImageCheck(store_, trees_, silent).store_problems(), ElementsAre("alias gone means the image cccccccccccc, which is not there"));
}

} // namespace
} // namespace lxcpp::image
