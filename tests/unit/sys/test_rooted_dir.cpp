// SPDX-License-Identifier: Apache-2.0
#include "sys/rooted_dir.h"

#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/xattr.h>
#include <thread>
#include <unistd.h>

using namespace lxcpp;
using sys::Links;
using sys::RootedDir;
using test::error_of;
using testing::ElementsAre;
using testing::IsEmpty;
namespace fs = std::filesystem;

namespace {

// root/ is the tree; outside/ is what nobody may reach from in there.
class RootedDirTest : public testing::Test {
protected:
    RootedDirTest() {
        sys::make_dirs(temp_ / "root/dir");
        sys::make_dirs(temp_ / "outside");
        sys::write_file_atomic(temp_ / "outside/secret", "secret");
        sys::write_file_atomic(temp_ / "root/file", "inside");
    }
    void link(const std::string& target, const std::string& name) const {
        fs::create_symlink(target, temp_ / ("root/" + name));
    }
    std::string outside() const { return temp_ / "outside"; }
    std::string in_root(const std::string& verb, const std::string& path) const {
        return verb + " " + path + " in " + (temp_ / "root").native();
    }
    void expect_outside_untouched() const {
        EXPECT_THAT(sys::list_dir(outside()), ElementsAre("secret"));
        EXPECT_EQ(sys::read_file(temp_ / "outside/secret"), "secret");
    }
    std::vector<std::string> names(std::string_view path = "") const {
        std::vector<std::string> result;
        for (const sys::DirEntry& entry : root_.list(path)) result.push_back(entry.name);
        return result;
    }

    test::TempDir temp_;
    RootedDir root_{RootedDir::open((fs::create_directories(temp_ / "root"), temp_ / "root"))};
};

class DescriptorLimit { // for one test
public:
    explicit DescriptorLimit(rlim_t count) {
        ::getrlimit(RLIMIT_NOFILE, &old_);
        const rlimit lower{count, old_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &lower);
    }
    DescriptorLimit(const DescriptorLimit&) = delete;
    DescriptorLimit& operator=(const DescriptorLimit&) = delete;
    ~DescriptorLimit() { ::setrlimit(RLIMIT_NOFILE, &old_); }

private:
    rlimit old_{};
};

} // namespace

TEST_F(RootedDirTest, OpenRefusesALinkToADirectory) {
    fs::create_symlink("root", temp_ / "alias");
    const std::string alias = temp_ / "alias";
    EXPECT_EQ(error_of([&] { (void)RootedDir::open(alias); }),
              "open directory " + alias + ": Not a directory");
    EXPECT_NE(error_of([&] { (void)RootedDir::open(alias + "/"); }), "");
}

TEST_F(RootedDirTest, DotDotCannotLeave) {
    EXPECT_EQ(error_of([&] { (void)root_.read_file("../outside/secret"); }),
              in_root("open", "../outside/secret") +
                  " (it leads out of the tree): Invalid cross-device link");
    // As in a chroot, ".." of the root is the root.
    EXPECT_FALSE(root_.read_file("../outside/secret", 100, Links::InRoot));
    EXPECT_EQ(root_.read_file("dir/../file"), "inside");
    for (const char* path : {"..", "dir/..", "a/../..", "/", ".", ""}) {
        EXPECT_NE(error_of([&] { root_.write_file(path, "x"); }), "") << path;
        EXPECT_NE(error_of([&] { root_.make_dir(path); }), "") << path;
        EXPECT_NE(error_of([&] { root_.remove_tree(path); }), "") << path;
    }
    EXPECT_THAT(names(), ElementsAre("dir", "file"));
    expect_outside_untouched();
}

TEST_F(RootedDirTest, LeadingSlashMeansTheRoot) {
    EXPECT_EQ(root_.read_file("/file"), "inside");
    EXPECT_EQ(root_.read_file("///file"), "inside");
    EXPECT_FALSE(root_.exists(outside()));
}

TEST_F(RootedDirTest, RefuseModeTakesNoLinkAnywhere) {
    link(outside(), "dir_link");
    link("file", "file_link");
    EXPECT_EQ(error_of([&] { (void)root_.read_file("dir_link/secret"); }),
              in_root("open", "dir_link/secret") +
                  " (symbolic links are refused here): Too many levels of symbolic links");
    EXPECT_NE(error_of([&] { (void)root_.read_file("file_link"); }), "");
    EXPECT_NE(error_of([&] { root_.write_file("dir_link/new", "x"); }), "");
    EXPECT_NE(error_of([&] { root_.make_dirs("dir_link/new/dir"); }), "");
    EXPECT_NE(error_of([&] { root_.remove("dir_link/secret"); }), "");
    EXPECT_NE(error_of([&] { root_.chmod("dir_link/secret", 0777); }), "");
    EXPECT_NE(error_of([&] { root_.remove_tree("dir_link"); }), "");
    expect_outside_untouched();
}

TEST_F(RootedDirTest, InRootModeTakesAbsoluteLinksAsTheGuestDoes) {
    link("/dir", "absolute");
    link(outside(), "host");
    link("../../../../../../dir", "up");
    root_.write_file("absolute/one", "1", 0644, Links::InRoot);
    root_.write_file("up/two", "2", 0644, Links::InRoot);
    EXPECT_THAT(names("dir"), ElementsAre("one", "two"));
    EXPECT_NE(error_of([&] { root_.write_file("host/three", "3", 0644, Links::InRoot); }), "");
    expect_outside_untouched();
}

TEST_F(RootedDirTest, MagicLinksAreNotFollowed) {
    link("/proc/self/root/etc/passwd", "magic");
    EXPECT_FALSE(root_.read_file("magic", 100, Links::InRoot)); // no /proc in the tree
    const RootedDir proc = RootedDir::open("/proc");
    for (const Links links : {Links::Refuse, Links::InRoot}) {
        const int own = ::getpid();
        const std::string path = std::to_string(own) + "/root/etc/passwd";
        EXPECT_NE(error_of([&] { (void)proc.read_file(path, 1 << 20, links); }), "");
        EXPECT_NE(error_of([&] {
                      (void)proc.read_file(std::to_string(own) + "/cwd/anything", 1 << 20, links);
                  }),
                  "");
    }
}

TEST_F(RootedDirTest, ALinkAtTheEndIsReplacedNotFollowed) {
    const std::string secret = temp_ / "outside/secret";
    link(secret, "victim");
    root_.write_file("victim", "mine");
    EXPECT_FALSE(root_.read_link("victim"));
    EXPECT_EQ(root_.read_file("victim"), "mine");
    link(secret, "other");
    root_.remove("other");
    EXPECT_FALSE(root_.exists("other"));
    expect_outside_untouched();
}

TEST_F(RootedDirTest, MetadataOfALinkIsNotThatOfItsTarget) {
    link(temp_ / "outside/secret", "link");
    const auto before = *sys::stat_path(temp_ / "outside/secret");
    EXPECT_TRUE(S_ISLNK(root_.stat("link")->st_mode));
    EXPECT_EQ(error_of([&] { root_.chmod("link", 0777); }),
              in_root("change the mode of", "link") + ": Too many levels of symbolic links");
    root_.chown("link", ::geteuid(), ::getegid());
    root_.set_times("link", {1000, 0});
    EXPECT_EQ(root_.stat("link")->st_mtim.tv_sec, 1000);
    const auto after = *sys::stat_path(temp_ / "outside/secret");
    EXPECT_EQ(after.st_mode, before.st_mode);
    EXPECT_EQ(after.st_mtim.tv_sec, before.st_mtim.tv_sec);
    EXPECT_NE(error_of([&] { root_.set_xattr("link", "user.test", "x"); }), "");
    EXPECT_LT(::getxattr((temp_ / "outside/secret").c_str(), "user.test", nullptr, 0), 0);
    EXPECT_EQ(root_.read_link("link"), (temp_ / "outside/secret").native());
}

TEST_F(RootedDirTest, MetadataOfFilesAndOfTheTopCanBeSet) {
    root_.chmod("file", 04711);
    EXPECT_EQ(root_.stat("file")->st_mode & 07777u, 04711u);
    root_.set_times("file", {2000, 5});
    EXPECT_EQ(root_.stat("file")->st_mtim.tv_sec, 2000);
    root_.chmod("", 0750);
    EXPECT_EQ(root_.stat("")->st_mode & 07777u, 0750u);
    root_.set_times("/", {3000, 0});
    EXPECT_EQ(root_.stat(".")->st_mtim.tv_sec, 3000);
}

TEST_F(RootedDirTest, AFifoIsNeverOpenedForReading) {
    root_.make_node("fifo", S_IFIFO | 0600, 0);
    link("fifo", "to_fifo");
    // Would wait for ever for a writer.
    EXPECT_EQ(error_of([&] { (void)root_.read_file("fifo"); }),
              in_root("read", "fifo") + ": it is not a regular file");
    EXPECT_EQ(error_of([&] { (void)root_.read_file("to_fifo", 100, Links::InRoot); }),
              in_root("read", "to_fifo") + ": it is not a regular file");
    EXPECT_EQ(error_of([&] { (void)root_.read_file("dir"); }),
              in_root("read", "dir") + ": it is not a regular file");
}

TEST_F(RootedDirTest, MessagesDoNotDriveTheTerminal) {
    EXPECT_EQ(error_of([&] { root_.make_dir("no\x1b[2J/x"); }),
              in_root("create directory", "no\\x1b[2J/x") + ": No such file or directory");
    EXPECT_NE(error_of([&] { (void)root_.open_at(std::string_view("file\0x", 6), O_RDONLY); }), "");
}

TEST_F(RootedDirTest, ReadFileHasALimit) {
    EXPECT_EQ(error_of([&] { (void)root_.read_file("file", 5); }),
              in_root("read", "file") + ": it is larger than 5 bytes");
    EXPECT_FALSE(root_.read_file("none"));
    EXPECT_FALSE(root_.read_file("file/none"));
}

TEST_F(RootedDirTest, MakeDirsThroughTheGuestsOwnLinks) {
    sys::make_dirs(temp_ / "root/run");
    sys::make_dirs(temp_ / "root/var");
    link("/run", "var/run");
    root_.make_dirs("var/run/a/b", 0711, Links::InRoot);
    EXPECT_EQ(root_.stat("run/a/b")->st_mode & 07777u, 0711u);
    root_.make_dirs("run/a/b");
    root_.make_dirs("");
    EXPECT_NE(error_of([&] { root_.make_dirs("file"); }), "");
    EXPECT_NE(error_of([&] { root_.make_dirs("file/below"); }), "");
    link(outside() + "/made", "dangling");
    EXPECT_NE(error_of([&] { root_.make_dirs("dangling/x", 0755, Links::InRoot); }), "");
    expect_outside_untouched();
}

TEST_F(RootedDirTest, HardLinksAndRenamesStayInside) {
    link(temp_ / "outside/secret", "link");
    root_.make_hard_link("link", "copy"); // of the link itself
    EXPECT_TRUE(root_.read_link("copy"));
    EXPECT_NE(error_of([&] { root_.make_hard_link("../outside/secret", "stolen"); }), "");
    EXPECT_NE(error_of([&] { root_.rename("file", "../outside/file"); }), "");
    root_.write_file("dir/file", "old");
    EXPECT_EQ(error_of([&] { root_.rename("file", "dir/file", false); }),
              in_root("rename file to", "dir/file") + ": File exists");
    root_.rename("file", "dir/file");
    EXPECT_EQ(root_.read_file("dir/file"), "inside");
    expect_outside_untouched();
}

TEST_F(RootedDirTest, RemoveTreeRemovesLinksNotTargets) {
    root_.make_dirs("tree/a/b");
    root_.write_file("tree/a/b/file", "x");
    root_.make_node("tree/fifo", S_IFIFO | 0600, 0);
    link(outside(), "tree/a/out");
    link("..", "tree/a/up");
    root_.remove_tree("tree");
    EXPECT_THAT(names(), ElementsAre("dir", "file"));
    root_.remove_tree("tree"); // absent: nothing to do
    root_.remove_tree("", true);
    EXPECT_THAT(names(), IsEmpty());
    expect_outside_untouched();
}

TEST_F(RootedDirTest, RemoveTreeIsNotStoppedByDepth) {
    constexpr int kDepth = 700;
    RootedDir here = root_.sub_dir("dir");
    for (int i = 0; i < kDepth; ++i) {
        here.make_dir("d");
        here.make_node("f", S_IFREG | 0600, 0);
        here = here.sub_dir("d");
    }
    const DescriptorLimit limit(128); // one for each level would be too many
    root_.remove_tree("dir");
    EXPECT_THAT(names(), ElementsAre("file"));
}

// A guest that swaps a directory with a link to the outside while we write below it.
TEST_F(RootedDirTest, SwappedDirectoriesNeverLeadOutside) {
    root_.make_dir("a");
    link(outside(), "b");
    std::atomic<bool> stop = false;
    std::thread guest([&] {
        const std::string a = temp_ / "root/a";
        const std::string b = temp_ / "root/b";
        while (!stop) ::renameat2(AT_FDCWD, a.c_str(), AT_FDCWD, b.c_str(), RENAME_EXCHANGE);
    });
    int refused = 0;
    int written = 0;
    for (int i = 0; (i < 300 || refused == 0 || written == 0) && i < 100'000; ++i) {
        const std::string error = error_of([&] { root_.make_node("a/evil", S_IFREG | 0600, 0); });
        (error.empty() ? written : refused) += 1;
        (void)error_of([&] { root_.remove("a/evil"); });
        (void)error_of([&] { root_.remove("a/secret"); });
        (void)error_of([&] { root_.remove_tree("a", true); });
    }
    stop = true;
    guest.join();
    EXPECT_GT(refused, 0);
    EXPECT_GT(written, 0);
    expect_outside_untouched();
}
