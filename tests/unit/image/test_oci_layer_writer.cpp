// SPDX-License-Identifier: Apache-2.0
#include "image/oci_layer_writer.h"

#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "tar_builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sys/stat.h>

namespace lxcpp::image {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Layers over each other in one directory; what an overlay shows is the same (tests/root).
class OciLayerWriterTest : public testing::Test {
protected:
    OciLayerWriterTest() {
        fs::create_directory(dir_ / "root");
        fs::create_directory(dir_ / "canary");
        sys::write_file_atomic(dir_ / "canary/secret", "untouched");
    }

    template <typename... Members>
    std::string apply(bool on_top, const Members&... members) {
        return test::error_of([&] {
            const auto root = sys::RootedDir::open(dir_ / "root");
            OciLayerWriter writer(root, on_top);
            TarReader reader(text_source(make_tar(members...)), "layer");
            while (const TarEntry* entry = reader.next()) writer.write(*entry, reader);
            writer.finish();
        });
    }
    template <typename... Members>
    void below(const Members&... members) {
        ASSERT_EQ(apply(false, members...), "");
    }
    template <typename... Members>
    std::string above(const Members&... members) {
        return apply(true, members...);
    }
    [[nodiscard]] std::vector<std::string> names(std::string_view path = "") const { return sys::list_dir(dir_ / "root" / path); }
    [[nodiscard]] std::string read(std::string_view path) const { return sys::read_file(dir_ / "root" / path); }
    [[nodiscard]] struct stat info(std::string_view path) const {
        struct stat result {};
        EXPECT_EQ(::lstat((dir_ / "root" / path).c_str(), &result), 0) << path;
        return result;
    }

    test::TempDir dir_;
};

TarMember dir(const std::string& name) { return {.name = name, .type = '5', .mode = "0000755"}; }
TarMember file(const std::string& name, const std::string& data = "x") { return {.name = name, .data = data}; }
TarMember link(const std::string& name, const std::string& target) { return {.name = name, .type = '2', .link = target}; }
TarMember hard(const std::string& name, const std::string& target) { return {.name = name, .type = '1', .link = target}; }

TEST_F(OciLayerWriterTest, ALinkThatChangesLeadsToItsNewPlaceFromThereOn) {
    below(dir("x"), dir("y"), link("a", "x"));
    EXPECT_EQ(above(file("a/f1"), link("a", "y"), file("a/f2")), "");
    EXPECT_THAT(names("x"), ElementsAre("f1"));
    EXPECT_THAT(names("y"), ElementsAre("f2"));
}

TEST_F(OciLayerWriterTest, AWhiteoutTakesAwayWhatIsBelow) {
    below(dir("d"), file("d/a"), file("d/b"), dir("t"), dir("t/u"), file("t/u/v"), link("l", "d"));
    EXPECT_EQ(above(file("d/.wh.a"), file(".wh.t"), file(".wh.l"), file(".wh.absent"), file("none/.wh.x")), "");
    EXPECT_THAT(names(), ElementsAre("d"));
    EXPECT_THAT(names("d"), ElementsAre("b"));
}

TEST_F(OciLayerWriterTest, AWhiteoutOfALinkDoesNotFollowIt) {
    below(link("l", (dir_ / "canary/secret").string()), link("m", (dir_ / "canary").string()));
    EXPECT_EQ(above(file(".wh.l"), file(".wh.m")), "");
    EXPECT_THAT(names(), IsEmpty());
    EXPECT_EQ(sys::read_file(dir_ / "canary/secret"), "untouched");
}

TEST_F(OciLayerWriterTest, WhatTheLayerBringsStaysInAnyOrder) {
    below(file("f", "old"), dir("d"), file("d/old"), file("g", "old"));
    EXPECT_EQ(above(file(".wh.f"), file("f", "new"), dir("d"), file("d/new"), file(".wh.d"), file("g", "new"), file(".wh.g")), "");
    EXPECT_EQ(read("f"), "new");
    EXPECT_EQ(read("g"), "new");
    EXPECT_THAT(names("d"), ElementsAre("new"));
}

TEST_F(OciLayerWriterTest, ADirectoryTakenAwayAndMadeAnewIsAnother) {
    below(dir("d"), file("d/a"), file("d/b"));
    EXPECT_EQ(above(file("d/c"), file(".wh.d")), "");
    EXPECT_THAT(names("d"), ElementsAre("c"));
    EXPECT_EQ(above(file(".wh.d"), dir("d"), file("d/e")), "");
    EXPECT_THAT(names("d"), ElementsAre("e"));
}

TEST_F(OciLayerWriterTest, AnOpaqueMarkerHidesOnlyWhatIsBelowWhereverItStands) {
    for (const bool first : {true, false}) {
        fs::remove_all(dir_ / "root");
        fs::create_directory(dir_ / "root");
        below(dir("d"), file("d/old"), dir("d/sub"), file("d/sub/old"), file("e"));
        const TarMember opaque = file("d/.wh..wh..opq");
        const auto error = first ? above(opaque, dir("d"), file("d/new"), file("d/sub/new"))
                                 : above(dir("d"), file("d/new"), file("d/sub/new"), opaque);
        EXPECT_EQ(error, "");
        EXPECT_THAT(names("d"), ElementsAre("new", "sub"));
        EXPECT_THAT(names("d/sub"), ElementsAre("new"));
        EXPECT_THAT(names(), ElementsAre("d", "e"));
    }
}

TEST_F(OciLayerWriterTest, TheRootItselfCanBeOpaque) {
    below(file("a"), dir("b"));
    EXPECT_EQ(above(file("c"), file(".wh..wh..opq")), "");
    EXPECT_THAT(names(), ElementsAre("c"));
}

TEST_F(OciLayerWriterTest, MarkersThatSayNothingAreRefused) { // row 23
    below(file("a"));
    const auto bad = [&](const TarMember& member) { return above(member); };
    for (const char* name : {".wh.", ".wh..", ".wh...", ".wh..wh.plnk", ".wh..wh..opq2", "d/.wh."})
        EXPECT_THAT(bad(file(name)), HasSubstr("says that something is removed, and not what")) << name;
    EXPECT_THAT(bad(dir(".wh..wh..opq")), HasSubstr("and no file"));
    EXPECT_THAT(bad(link(".wh.a", "b")), HasSubstr("and no file"));
    EXPECT_THAT(bad(file(".wh.d/x")), HasSubstr("below a name that says what is removed"));
    EXPECT_THAT(bad(file("c/.wh.d/x")), HasSubstr("below a name that says what is removed"));
    EXPECT_THAT(names(), ElementsAre("a"));
    EXPECT_THAT(apply(false, file(".wh.")), HasSubstr("and not what"));
}

TEST_F(OciLayerWriterTest, InTheLowestLayerMarkersMeanNothing) {
    below(file("a"), file(".wh.a"), file(".wh..wh..opq"), file(".wh.b"));
    EXPECT_THAT(names(), ElementsAre("a"));
}

TEST_F(OciLayerWriterTest, ACharacterDeviceIsNoWhiteout) { // row 24
    below(file("a"));
    EXPECT_EQ(above(TarMember{.name = "a", .type = '3'}), "");
    EXPECT_EQ(read("a"), "x");
}

TEST_F(OciLayerWriterTest, WhatIsBelowMayBecomeSomethingElse) {
    below(file("f"), dir("d"), file("d/x"), link("l", "f"), link("k", "d"));
    EXPECT_EQ(above(dir("f"), file("f/y"), file("d", "file"), file("l", "file"), dir("k"), file("k/z")), "");
    EXPECT_THAT(names("f"), ElementsAre("y"));
    EXPECT_EQ(read("d"), "file");
    EXPECT_EQ(read("l"), "file");
    EXPECT_FALSE(fs::is_symlink(dir_ / "root/k"));
    EXPECT_THAT(names("k"), ElementsAre("z"));
}

TEST_F(OciLayerWriterTest, WhatIsInTheWayOfADirectoryMakesRoom) { // as containers/storage does it; umoci refuses
    below(file("f"), file("plain"), link("to_file", "plain"), link("to_nothing", "nowhere"), link("loop", "loop"), file("g"), file("h"));
    EXPECT_EQ(above(file("f/x"), file("to_file/a/b"), file("to_nothing/x"), file("loop/x"), hard("g/hard", "h"), dir("h/sub")), "");
    EXPECT_EQ(above(file("f/y")), "");
    EXPECT_THAT(names("f"), ElementsAre("x", "y"));
    EXPECT_THAT(names("to_file/a"), ElementsAre("b"));
    EXPECT_EQ(read("loop/x") + read("to_nothing/x"), "xx");
    for (const char* path : {"to_file", "to_nothing", "loop", "h/sub"}) EXPECT_TRUE(S_ISDIR(info(path).st_mode)) << path;
    EXPECT_EQ(info("f").st_mode & 07777u, 0755u);
    EXPECT_THAT(names(), ElementsAre("f", "g", "h", "loop", "plain", "to_file", "to_nothing"));
    const auto clash = HasSubstr("the layer has it as something else already");
    EXPECT_THAT(above(file("own"), file("own/x")), clash);
    EXPECT_THAT(above(link("dangling", "nowhere"), file("dangling/x")), clash);
    EXPECT_EQ(above(file("f/x/deep"), file("f/.wh.x")), "") << "a marker never takes what the layer brings";
    EXPECT_EQ(read("f/x/deep"), "x");
}

TEST_F(OciLayerWriterTest, MarkersFindTheirDirectoryThroughLinks) { // as umoci does it
    const auto fresh = [&] {
        fs::remove_all(dir_ / "root");
        fs::create_directory(dir_ / "root");
        below(dir("d"), file("d/old"), dir("d/sub"), file("d/sub/o"), link("l", "d"), link("abs", "/l"), dir("e"), link("e/up", "../../d/."),
              file("f"), link("lf", "f"), link("out", (dir_ / "canary").string()));
    };
    for (const char* way : {"l", "abs", "e/up"}) {
        const std::string by(way);
        fresh();
        EXPECT_EQ(above(file("d/new"), file(by + "/.wh..wh..opq")), "");
        EXPECT_THAT(names("d"), ElementsAre("new")) << by;
        fresh();
        EXPECT_EQ(above(file(by + "/new"), file("d/.wh..wh..opq"), file(by + "/.wh.new")), "");
        EXPECT_THAT(names("d"), ElementsAre("new")) << by;
        fresh();
        EXPECT_EQ(above(file("d/old", "new"), file(by + "/.wh.old"), file(by + "/.wh.sub")), "");
        EXPECT_THAT(names("d"), ElementsAre("old")) << by;
        EXPECT_TRUE(fs::is_symlink(dir_ / "root" / by));
    }
    fresh();
    EXPECT_EQ(above(file("f/.wh..wh..opq"), file("f/.wh.x"), file("lf/.wh.x"), file("none/.wh..wh..opq"), file("out/.wh..wh..opq"), file("out/.wh.secret")), "");
    EXPECT_THAT(names(), ElementsAre("abs", "d", "e", "f", "l", "lf", "out"));
    EXPECT_EQ(sys::read_file(dir_ / "canary/secret"), "untouched");
}

TEST_F(OciLayerWriterTest, WithinALayerNothingBecomesSomethingElse) { // row 21
    below(file("z"));
    const auto clash = HasSubstr("the layer has it as something else already");
    EXPECT_THAT(above(dir("d"), file("d/x"), link("d", "/")), clash);
    EXPECT_THAT(above(file("e/x"), file("e")), clash);
    EXPECT_THAT(above(link("l", "/"), dir("l")), clash);
    EXPECT_THAT(above(file("same", "1"), file("same", "2")), "");
    EXPECT_EQ(read("same"), "2");
}

TEST_F(OciLayerWriterTest, DirectoriesKeepWhatIsInThemAndTakeNewAttributes) {
    below(dir("d"), file("d/x"));
    EXPECT_EQ(above(TarMember{.name = "d", .type = '5', .mode = "0001777"}), "");
    EXPECT_THAT(names("d"), ElementsAre("x"));
    EXPECT_EQ(info("d").st_mode & 07777u, 01777u);
}

TEST_F(OciLayerWriterTest, ALinkOfALayerBelowStaysWithinTheRoot) { // row 4
    below(link("out", dir_.path().string() + "/canary"), link("up", "../../../../../.."), dir("usr"), dir("usr/lib"), link("lib", "usr/lib"));
    EXPECT_EQ(above(file("out/.wh.secret"), file("out/.wh..wh..opq")), "");
    EXPECT_EQ(above(file("out/secret", "stolen")), ""); // in a directory of the tree
    EXPECT_EQ(sys::read_file(dir_ / "canary/secret"), "untouched");
    EXPECT_EQ(above(file("up/top")), "");
    EXPECT_EQ(above(file("lib/so"), file("lib/.wh.old")), "");
    EXPECT_EQ(read("top"), "x");
    EXPECT_EQ(read("usr/lib/so"), "x");
}

TEST_F(OciLayerWriterTest, HardLinksReachFilesBelowAndStayLinks) {
    below(file("a", "data"), link("s", "a"));
    EXPECT_EQ(above(hard("b", "a"), hard("t", "s"), file(".wh.a")), "");
    EXPECT_EQ(read("b"), "data");
    EXPECT_EQ(fs::read_symlink(dir_ / "root/t"), "a");
    EXPECT_THAT(names(), ElementsAre("b", "s", "t"));
    EXPECT_THAT(above(hard("c", "gone")), HasSubstr("which is not there"));
    EXPECT_THAT(above(dir("d"), hard("c", "d")), HasSubstr("which is a directory"));
}

TEST_F(OciLayerWriterTest, DirectoriesOfLayersBelowKeepTheirTimes) {
    TarMember old = dir("d");
    old.mtime = "00000001000";
    TarMember sub = old;
    sub.name = "d/sub";
    below(old, sub, file("d/a"), file("d/sub/b"), hard("d/sub/b2", "d/sub/b"));
    EXPECT_EQ(above(file("d/new"), file("d/.wh.a"), hard("d/c", "d/sub/b"), file("d/made/x")), "");
    EXPECT_EQ(info("d").st_mtim.tv_sec, 01000);
    EXPECT_EQ(info("d/sub").st_mtim.tv_sec, 01000);
    EXPECT_EQ(info("d/sub/b2").st_nlink, 3u);
    EXPECT_GT(info("d/made").st_mtim.tv_sec, 1'000'000);
    TarMember said = dir("d");
    said.mtime = "00000002000";
    EXPECT_EQ(above(file("d/newer"), said), "");
    EXPECT_EQ(info("d").st_mtim.tv_sec, 02000) << "the layer says it";
}

TEST_F(OciLayerWriterTest, NamesFromTheRootOnAreOfTheImagesRoot) { // row 1
    below(dir("/"), dir("/d"), file("//d/a"), hard("/d/b", "/d/a"));
    EXPECT_EQ(above(file("/d/.wh.a"), TarMember{.name = "/", .type = '5', .mode = "0000755"}), "");
    EXPECT_THAT(names("d"), ElementsAre("b"));
    EXPECT_THAT(above(file("../x")), HasSubstr("a path with '..'"));
    EXPECT_THAT(above(file("/d/../../x")), HasSubstr("a path with '..'"));
    EXPECT_THAT(above(file("/d/../.wh.canary")), HasSubstr("a path with '..'"));
    EXPECT_THAT(above(hard("h", "../canary/secret")), HasSubstr("a path with '..'"));
    EXPECT_EQ(sys::list_dir(dir_ / "canary").size(), 1u);
}

TEST_F(OciLayerWriterTest, NamesOfOursAreOrdinaryNames) { // row 30
    below(file("config"), file("partial"), dir("rootfs"), file("image"), file("work"));
    EXPECT_THAT(names(), ElementsAre("config", "image", "partial", "rootfs", "work"));
}

} // namespace
} // namespace lxcpp::image
