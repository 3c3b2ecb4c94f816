// SPDX-License-Identifier: Apache-2.0
#include "image/cache.h"

#include "image/digest.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/rooted_dir.h"
#include "sys/temp_dir.h"
#include "support/error_of.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp;
using namespace lxcpp::image;
using lxcpp::test::error_of;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class CacheTest : public testing::Test {
protected:
    CacheTest() : scratch_("/tmp", "lxcpp-cache-"), cache_(ImageCache::open(root())) {}

    std::filesystem::path root() { return scratch_.path() / "cache"; }
    std::filesystem::path add_file(const std::string& text, std::time_t used) {
        const auto path = cache_.file_path(sha256_hex(text));
        sys::write_file_atomic(path, text);
        set_used(path, used);
        return path;
    }
    void add_tree(const std::string& name, const std::string& content, std::time_t used) {
        auto tree = cache_.begin_tree(name, 0ms);
        sys::write_file_atomic(tree.path() / "data", content);
        set_used(tree.publish(), used);
    }
    static void set_used(const std::filesystem::path& path, std::time_t used) {
        sys::RootedDir::open(path.parent_path())
            .set_times(path.filename().string(), {.tv_sec = used, .tv_nsec = 0});
    }
    std::vector<std::string> names() {
        std::vector<std::string> found;
        for (const auto& entry : cache_.list())
            found.push_back(std::string(cache_kind_name(entry.kind)) + " " +
                            entry.name.substr(0, 8));
        return found;
    }

    sys::TempDir scratch_;
    ImageCache cache_;
};

TEST_F(CacheTest, IsPrivate) {
    EXPECT_EQ(sys::stat_path(root())->st_mode & 07777, 0700u);
    const auto path = cache_.file_path(sha256_hex("a"));
    EXPECT_EQ(sys::stat_path(path.parent_path())->st_mode & 07777, 0700u);
}

TEST_F(CacheTest, RefusesADirectoryThatOthersMayWrite) {
    const auto open_to_all = scratch_.path() / "open";
    sys::make_dir(open_to_all, 0777);
    sys::chmod(open_to_all, 0777);
    EXPECT_THROW((void)ImageCache::open(open_to_all), Error);
    std::filesystem::create_directory_symlink(root(), scratch_.path() / "link");
    EXPECT_THROW((void)ImageCache::open(scratch_.path() / "link"), Error);
}

TEST_F(CacheTest, FilesAreHashedAgainAtUse) {
    const auto digest = sha256_hex("content");
    EXPECT_FALSE(cache_.open_file(digest));
    const auto path = add_file("content", 1000);
    EXPECT_EQ(sys::read_all(*cache_.open_file(digest), "file"), "content");
    sys::write_file_atomic(path, "poisoned");
    EXPECT_FALSE(cache_.open_file(digest));
    EXPECT_FALSE(sys::exists(path)) << "a wrong file does not stay";
    EXPECT_THAT(error_of([&] { return cache_.file_path("../../etc/passwd"); }),
                HasSubstr("the sha256 must be 64 hex digits"));
}

TEST_F(CacheTest, DigestsNameTheFileAndBothValues) {
    const auto path = scratch_.path() / "file";
    sys::write_file_atomic(path, "content");
    const auto wrong = sha256_hex("other");
    EXPECT_EQ(error_of([&] { return open_verified(path, wrong); }),
              path.string() + ": sha256 is " + sha256_hex("content") + ", expected " + wrong);
    EXPECT_TRUE(open_verified(path, sha256_hex("content")));
    EXPECT_FALSE(open_verified(scratch_.path() / "absent", wrong));
    std::filesystem::create_symlink(path, scratch_.path() / "link");
    EXPECT_THROW((void)open_verified(scratch_.path() / "link", sha256_hex("content")), Error);
}

TEST_F(CacheTest, TreesAppearWholeOrNotAtAll) {
    {
        auto tree = cache_.begin_tree("debian-12", 0ms);
        sys::write_file_atomic(tree.path() / "data", "half");
        EXPECT_FALSE(cache_.use_tree("debian-12"));
    }
    EXPECT_THAT(sys::list_dir(root() / "trees"), IsEmpty());

    add_tree("debian-12", "first", 1000);
    EXPECT_EQ(sys::read_file(cache_.use_tree("debian-12")->path() / "data"), "first");
    add_tree("debian-12", "second", 1000);
    EXPECT_EQ(sys::read_file(cache_.use_tree("debian-12")->path() / "data"), "second");
    EXPECT_THAT(sys::list_dir(root() / "trees"), ElementsAre("debian-12"));
    cache_.remove_tree("debian-12");
    EXPECT_FALSE(cache_.use_tree("debian-12"));
}

TEST_F(CacheTest, WhatIsUsedIsNotTakenAway) {
    {
        auto tree = cache_.begin_tree("base", 0ms);
        tree.publish("its sums");
    }
    auto used = cache_.use_tree("base");
    ASSERT_TRUE(used);
    EXPECT_EQ(used->sums(), "its sums");
    EXPECT_TRUE(cache_.use_tree("base")) << "many may use it";
    EXPECT_FALSE(cache_.remove_tree("base"));
    EXPECT_TRUE(sys::exists(used->path()));
    used.reset();
    EXPECT_TRUE(cache_.remove_tree("base"));
    EXPECT_FALSE(cache_.use_tree("base"));
    EXPECT_THAT(sys::list_dir(root() / "sums"), IsEmpty());
}

TEST_F(CacheTest, PruneTakesTheSumsOfATreeToo) {
    add_tree("base", "content", 1000);
    cache_.prune({.all = true, .older_than = {}, .max_size = {}});
    EXPECT_THAT(sys::list_dir(root() / "sums"), IsEmpty());
    EXPECT_THAT(sys::list_dir(root() / "locks"), ElementsAre("use"));
}

TEST_F(CacheTest, LeftoversGoWhenNobodyElseIsHere) {
    sys::make_dirs(root() / "trees/.base.new/etc");
    sys::make_dir(cache_.scratch() / "gone", 0700);
    sys::write_file_atomic(cache_.file_path(sha256_hex("a")).string() + ".part", "half");
    const auto other_half = cache_.file_path(sha256_hex("a")).parent_path() / ".lxcpp-0123";
    const auto index = root() / "indexes/.lxcpp-4567";
    const auto sums = root() / "sums/gone";
    const auto others = root() / "project/.git"; // somebody put it here, and it is none of ours
    sys::make_dirs(others.parent_path());
    sys::write_file_atomic(others, "x");
    sys::write_file_atomic(sums, "x");
    sys::make_dir(index.parent_path(), 0700);
    for (const auto& path : {other_half, index}) sys::write_file_atomic(path, "half");
    {
        const auto other = ImageCache::open(root());
        cache_.remove_leftovers();
        EXPECT_TRUE(sys::exists(cache_.scratch() / "gone")) << "somebody may be using it";
    }
    cache_.remove_leftovers();
    EXPECT_THAT(sys::list_dir(cache_.scratch()), IsEmpty());
    EXPECT_THAT(sys::list_dir(root() / "trees"), IsEmpty());
    EXPECT_THAT(names(), ElementsAre("partial ca978112")) << "a download can be resumed";
    for (const auto& path : {other_half, index, sums}) EXPECT_FALSE(sys::exists(path)) << path;
    EXPECT_TRUE(sys::exists(others));
    EXPECT_NO_THROW((void)ImageCache::open(root())) << "it is open for all again";
}

TEST_F(CacheTest, InterruptedDownloadsStayForTwoWeeks) {
    const std::time_t day = 24 * 60 * 60;
    const auto put = [&](const std::filesystem::path& path, std::time_t days) {
        sys::write_file_atomic(path, "half");
        set_used(path, std::time(nullptr) - days * day);
        return path;
    };
    sys::make_dir(root() / "unnamed", 0700);
    const auto file = [&](const char* content) { return cache_.file_path(sha256_hex(content)).string(); };
    const auto fresh = put(file("a") + ".part", 13);
    const auto whole = put(file("c"), 400); // a package of a template, say
    for (const auto& path : {put(file("b") + ".part", 15), put(file("b") + ".part.version", 15), put(root() / "unnamed" / sha256_hex("url"), 15)}) {
        cache_.remove_leftovers();
        EXPECT_FALSE(sys::exists(path)) << path;
    }
    for (const auto& path : {fresh, whole}) EXPECT_TRUE(sys::exists(path)) << path;
}

TEST_F(CacheTest, DownloadsThatNobodyNeedsGo) {
    const auto digest = sha256_hex("a");
    const auto whole = add_file("a", 1000);
    const std::string part = whole.string() + ".part";
    for (const auto* suffix : {".part", ".part.version"}) sys::write_file_atomic(whole.string() + suffix, "x");
    {
        const Fd download = sys::open_file(part, {.access = sys::Access::ReadWrite});
        ASSERT_TRUE(sys::try_lock_file(download, sys::LockKind::Exclusive, part));
        cache_.forget_file(digest);
        EXPECT_TRUE(sys::exists(whole)) << "somebody is at it";
    }
    cache_.forget_file(digest);
    EXPECT_THAT(names(), IsEmpty());
    EXPECT_NO_THROW(cache_.forget_file(digest));
    EXPECT_NO_THROW(cache_.forget_file(sha256_hex("b")));
}

TEST_F(CacheTest, DownloadsWithoutADigestArePrunedToo) {
    sys::make_dir(root() / "unnamed", 0700);
    sys::write_file_atomic(root() / "unnamed" / sha256_hex("url"), "x");
    EXPECT_EQ(names().size(), 1u);
    cache_.prune({});
    EXPECT_THAT(names(), IsEmpty());
}

TEST_F(CacheTest, ADoubtedTreeIsAbsentUntilItIsBuiltAnew) {
    add_tree("base", "old", 1000);
    EXPECT_TRUE(cache_.built("base"));
    cache_.doubt("base");
    EXPECT_FALSE(cache_.has_tree("base"));
    EXPECT_FALSE(cache_.built("base"));
    EXPECT_FALSE(cache_.use_tree("base"));
    EXPECT_TRUE(ImageCache::open(root()).use_tree("base")) << "others still have it";
    add_tree("base", "new", 1000);
    EXPECT_EQ(sys::read_file(cache_.use_tree("base").value().path() / "data"), "new");
    EXPECT_THAT(sys::list_dir(root() / "trees"), ElementsAre("base"));
}

TEST_F(CacheTest, WhatGuardsADoubtedTreeLivesUntilItIsReplaced) {
    add_tree("base", "old", 1000);
    std::string seen;
    const auto data = [&] { return sys::read_file(root() / "trees/base/data"); };
    cache_.doubt("base", [&] {
        seen = data();
        return std::shared_ptr<void>(nullptr, [&](void*) { seen += " " + data(); });
    });
    add_tree("base", "new", 1000);
    EXPECT_EQ(seen, "old new");
    cache_.doubt("base", [&]() -> std::shared_ptr<void> { throw Error("it is in use"); });
    EXPECT_EQ(error_of([&] { add_tree("base", "newest", 1000); }), "it is in use");
    EXPECT_EQ(data(), "new");
    EXPECT_THAT(sys::list_dir(root() / "trees"), ElementsAre("base"));
}

TEST_F(CacheTest, OneBuilderAtATime) {
    auto first = cache_.begin_tree("debian-12", 0ms);
    EXPECT_EQ(error_of([&] { return cache_.begin_tree("debian-12", 10ms).path(); }),
              "another command is still building the cached tree debian-12");
    EXPECT_NO_THROW((void)cache_.begin_tree("debian-13", 0ms));
    first.publish();
    EXPECT_NO_THROW((void)cache_.begin_tree("debian-12", 0ms));
}

TEST_F(CacheTest, WhatAKilledBuilderLeftIsReplaced) {
    sys::make_dir(root() / "trees/.debian-12.new", 0700);
    sys::write_file_atomic(root() / "trees/.debian-12.new/junk", "junk");
    auto tree = cache_.begin_tree("debian-12", 0ms);
    EXPECT_THAT(sys::list_dir(tree.path()), IsEmpty());
}

TEST_F(CacheTest, TreeNamesAreChecked) {
    for (const auto* name : {"", ".", "..", "../x", "a/b", ".hidden", "-rf", "a\nb"})
        EXPECT_THAT(error_of([&] { return cache_.use_tree(name); }), HasSubstr("name of a cached tree"));
    EXPECT_THROW((void)cache_.begin_tree(std::string(129, 'a'), 0ms), Error);
    EXPECT_NO_THROW((void)cache_.use_tree("debian-bookworm_amd64+x.1"));
}

TEST_F(CacheTest, ListsMostRecentlyUsedFirst) {
    add_file("old", 1000);
    add_tree("base", std::string(100'000, 'x'), 2000);
    sys::write_file_atomic(add_file("new", 3000).string() + ".part", "half");
    set_used(cache_.file_path(sha256_hex("new")).string() + ".part", 1500);
    EXPECT_THAT(names(), ElementsAre("file " + sha256_hex("new").substr(0, 8), "tree base",
                                     "partial " + sha256_hex("new").substr(0, 8),
                                     "file " + sha256_hex("old").substr(0, 8)));
    EXPECT_GE(cache_.list().at(1).size, 100'000u);
    const auto before = std::time(nullptr);
    (void)cache_.use_tree("base");
    EXPECT_GE(cache_.list().front().last_used, before) << "finding counts as use";
}

TEST_F(CacheTest, PrunesByAge) {
    add_file("old", std::time(nullptr) - 100 * 3600);
    add_file("new", std::time(nullptr));
    const auto pruned = cache_.prune({.older_than = 50h});
    ASSERT_EQ(pruned.removed.size(), 1u);
    EXPECT_EQ(pruned.removed.front().name, sha256_hex("old"));
    EXPECT_THAT(names(), ElementsAre("file " + sha256_hex("new").substr(0, 8)));
}

TEST_F(CacheTest, PrunesBySizeTheLeastRecentlyUsed) {
    add_file(std::string(40'000, 'a'), 1000);
    add_tree("base", std::string(40'000, 'b'), 2000);
    add_file(std::string(40'000, 'c'), 3000);
    const auto pruned = cache_.prune({.max_size = 110'000});
    ASSERT_EQ(pruned.removed.size(), 1u);
    EXPECT_EQ(pruned.removed.front().last_used, 1000);
    EXPECT_LE(pruned.kept_size, 110'000u);
    EXPECT_EQ(names().size(), 2u);
}

TEST_F(CacheTest, PrunesAllAndLeftoversAlways) {
    add_file("a", 1000);
    add_tree("base", "x", 1000);
    sys::make_dir(root() / "trees/.dead.new", 0700);
    sys::write_file_atomic(cache_.file_path(sha256_hex("b")).string() + ".part", "half");
    EXPECT_EQ(cache_.prune({}).removed.size(), 2u);
    EXPECT_EQ(names().size(), 2u);
    EXPECT_EQ(cache_.prune({.all = true}).removed.size(), 2u);
    EXPECT_THAT(names(), IsEmpty());
}

TEST_F(CacheTest, NothingIsPrunedUnderARunningCreate) {
    add_file("a", 1000);
    {
        const auto other = ImageCache::open(root());
        EXPECT_THAT(error_of([&] { return cache_.prune({.all = true}).kept_size; }),
                    HasSubstr("is in use by a running create; prune it when that is done"));
        EXPECT_THAT(error_of([&] {
                        return cache_.prune({.all = true, .users = "a running build"}).kept_size;
                    }),
                    HasSubstr("is in use by a running build; prune it when that is done"));
    }
    EXPECT_EQ(cache_.prune({.all = true}).removed.size(), 1u);
    EXPECT_NO_THROW((void)ImageCache::open(root())) << "the lock is shared again";
}

TEST_F(CacheTest, PruneNeverLeavesTheCache) {
    const auto canary = scratch_.path() / "canary";
    sys::make_dir(canary, 0700);
    sys::write_file_atomic(canary / "file", "keep");
    std::filesystem::create_directory_symlink(canary, root() / "trees" / "link");
    {
        auto tree = cache_.begin_tree("base", 0ms);
        std::filesystem::create_directory_symlink(canary, tree.path() / "link");
        tree.publish();
    }
    (void)cache_.prune({.all = true});
    EXPECT_EQ(sys::read_file(canary / "file"), "keep");
    EXPECT_THAT(sys::list_dir(root() / "trees"), IsEmpty());
}
