// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/recipe_tree.h"

#include "support/error_of.h"
#include "support/temp_dir.h"

#include <filesystem>
#include <fmt/core.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace lxcpp::distro {
namespace {

using image::YamlKind;
using image::YamlNode;
using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;

RecipeTree tree_of(const std::string& text) { return parse_recipe_tree(text, "r.yaml", "."); }

std::vector<std::string> texts(const YamlNode& list) {
    std::vector<std::string> all;
    for (const YamlNode& item : list.items) all.push_back(item.text);
    return all;
}

TEST(RecipeTree, KnowsWhereAValueStands) {
    const RecipeTree tree = tree_of("image:\n  release: sid\n");
    EXPECT_EQ(tree.describe(tree.root.find("image")->find("release")->place), "r.yaml:2:12");
    EXPECT_EQ(tree.describe(tree.root.find("image")->members[0].place), "r.yaml:2:3");
}

TEST(RecipeTree, ReadsAnchorsAndMergeKeys) {
    const RecipeTree tree = tree_of("a: &x {one: 1, two: 2}\nb:\n  <<: *x\n  two: 3\nc: *x\n");
    EXPECT_EQ(tree.root.find("b")->find("one")->text, "1");
    EXPECT_EQ(tree.root.find("b")->find("two")->text, "3");
    EXPECT_EQ(tree.root.find("c")->find("two")->text, "2");
    EXPECT_THAT(error_of([] { (void)tree_of("a: &x [*x]\n"); }), HasSubstr("r.yaml:1:8"));
    std::string laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int i = 1; i < 12; ++i) {
        laughs += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
        for (int j = 0; j < 10; ++j) laughs += "*a" + std::to_string(i - 1) + (j < 9 ? ", " : "]\n");
    }
    EXPECT_THAT(error_of([&] { (void)tree_of(laughs); }), HasSubstr("more than 200000 values"));
}

TEST(RecipeTree, RefusesWhatIsNoRecipe) {
    EXPECT_EQ(error_of([] { (void)tree_of("- a\n"); }), "r.yaml:1:1: a recipe is a map of sections");
    EXPECT_EQ(error_of([] { (void)tree_of("a: 1\nb: 2\na: 3\n"); }), "r.yaml:3:1: \"a\" stands there twice");
    EXPECT_EQ(tree_of("").root.kind, YamlKind::Map);
}

class RecipeFiles : public testing::Test {
protected:
    void write(const std::string& name, const std::string& text) {
        std::filesystem::create_directories((folder.path() / name).parent_path());
        std::ofstream(folder.path() / name) << text;
    }
    RecipeTree read(const std::string& name) { return read_recipe_tree((folder.path() / name).string()); }

    test::TempDir folder;
};

TEST_F(RecipeFiles, ExtendAndIncludeEachOther) {
    write("base.yaml", "image: {distribution: debian, variant: default}\npackages:\n  sets: [a, b]\n  manager: apt\n");
    write("parts/cloud.yaml", "packages:\n  sets: [c]\n");
    write("own.yaml", "extends: base.yaml\ninclude: [parts/cloud.yaml]\nimage:\n  variant: cloud\npackages:\n  sets: [d]\n");
    const RecipeTree tree = read("own.yaml");
    EXPECT_EQ(tree.root.find("image")->find("distribution")->text, "debian");
    EXPECT_EQ(tree.root.find("image")->find("variant")->text, "cloud");
    EXPECT_THAT(texts(*tree.root.find("packages")->find("sets")), ElementsAre("a", "b", "c", "d"));
    EXPECT_EQ(tree.root.find("extends"), nullptr);
    EXPECT_THAT(tree.describe(tree.root.find("packages")->find("manager")->place), HasSubstr("base.yaml:4:12"));
    EXPECT_EQ(tree.directory, folder.path());
}

TEST_F(RecipeFiles, AListCanTakeThePlaceOfTheOneBefore) {
    write("base.yaml", "a: [1, 2]\nb: {x: 1}\n");
    write("own.yaml", "extends: base.yaml\na: !replace [3]\nb: !replace {y: 2}\n");
    const RecipeTree tree = read("own.yaml");
    EXPECT_THAT(texts(*tree.root.find("a")), ElementsAre("3"));
    EXPECT_EQ(tree.root.find("b")->find("x"), nullptr);
}

TEST_F(RecipeFiles, NeverGoInACircle) {
    write("a.yaml", "include: [b.yaml]\n");
    write("b.yaml", "extends: a.yaml\n");
    EXPECT_THAT(error_of([&] { (void)read("a.yaml"); }), HasSubstr("is what this is part of"));
    write("c.yaml", "extends: none.yaml\n");
    EXPECT_THAT(error_of([&] { (void)read("c.yaml"); }), HasSubstr("c.yaml:1:10: "));
    EXPECT_THAT(error_of([&] { (void)read("c.yaml"); }), HasSubstr("No such file"));
}

// Two at each level: it would be 32768 of the last one.
TEST_F(RecipeFiles, AreNotEndlesslyMany) {
    for (int i = 1; i < 15; ++i) write(fmt::format("{}.yaml", i), fmt::format("include: [{0}.yaml, {0}.yaml]\n", i + 1));
    write("15.yaml", "a: [x]\n");
    EXPECT_THAT(error_of([&] { (void)read("1.yaml"); }), HasSubstr("more than 256 files make one recipe"));
}

// A pipe would be waited for.
TEST_F(RecipeFiles, AreFiles) {
    write("b.yaml", "include: [/dev/zero]\n");
    ASSERT_THAT(error_of([&] { (void)read("b.yaml"); }), HasSubstr("b.yaml:1:11: /dev/zero: is no file"));
    ASSERT_EQ(::mkfifo((folder.path() / "pipe").c_str(), 0600), 0);
    write("a.yaml", "include: [pipe]\n");
    EXPECT_THAT(error_of([&] { (void)read("a.yaml"); }), HasSubstr("pipe: is no file"));
    write("c.yaml", "include: {a: b}\n");
    EXPECT_THAT(error_of([&] { (void)read("c.yaml"); }), HasSubstr("c.yaml:1:10: a list of paths of files is expected"));
}

TEST(RecipeOptions, SetValuesByTheirPath) {
    RecipeTree tree = tree_of("image: {release: sid}\npackages:\n  sets:\n  - packages: [a]\n");
    set_option(tree, "image.release=bookworm");
    set_option(tree, "packages.sets.0.packages.0=x=1,y");
    set_option(tree, "packages.sets.0.packages.1=z");
    set_option(tree, "packages.repositories.0.url=deb http://a b");
    set_option(tree, "vars.colour=blue");
    EXPECT_EQ(tree.root.find("image")->find("release")->text, "bookworm");
    EXPECT_THAT(texts(*tree.root.find("packages")->find("sets")->items[0].find("packages")), ElementsAre("x=1,y", "z"));
    EXPECT_EQ(tree.root.find("packages")->find("repositories")->items[0].find("url")->text, "deb http://a b");
    EXPECT_EQ(tree.root.find("vars")->find("colour")->text, "blue");
    EXPECT_EQ(tree.describe(tree.root.find("image")->find("release")->place), "-o image.release=bookworm");
}

TEST(RecipeOptions, SayWhyTheyDoNotFit) {
    RecipeTree tree = tree_of("packages:\n  sets:\n  - action: install\n");
    const auto refused = [&](const std::string& option) { return error_of([&] { set_option(tree, option); }); };
    EXPECT_EQ(refused("image.release"), "-o image.release: KEY=VALUE is expected, as in image.release=bookworm");
    EXPECT_EQ(refused("=x"), "-o =x: KEY=VALUE is expected, as in image.release=bookworm");
    EXPECT_EQ(refused("imag.release=x"), "-o imag.release=x: there is no section imag; did you mean image?");
    EXPECT_EQ(refused("packages.sets.3.action=x"), "-o packages.sets.3.action=x: has 1 items, the first of them is 0: there is no 3");
    EXPECT_EQ(refused("packages.sets.one.action=x"), "-o packages.sets.one.action=x: is a list; the number of an item is expected, not one");
    EXPECT_EQ(refused("packages.sets=x"), "-o packages.sets=x: is a list; name one value of it");
    EXPECT_EQ(refused("packages.sets.0.action.x=y"), "-o packages.sets.0.action.x=y: is a single value, there is nothing below it");
}

TEST(RecipeOptions, AreNotRepeatedWhole) {
    RecipeTree tree = parse_recipe_tree("image: {}\n", "r.yaml", ".");
    for (const std::string& option : {std::string(100'000, 'x'), std::string(100'000, 'x') + "=y", "image." + std::string(100'000, '.') + "=y"})
        EXPECT_LT(error_of([&] { set_option(tree, option); }).size(), 600u);
}

TEST(RecipeOptions, AreSeparatedByCommas) {
    EXPECT_THAT(split_options("image.release=a,image.variant=b"), ElementsAre("image.release=a", "image.variant=b"));
    EXPECT_THAT(split_options("packages.repositories.0.url=a,b=c"), ElementsAre("packages.repositories.0.url=a,b=c"));
    EXPECT_THAT(split_options("image.release=a,,image.variant=b"), ElementsAre("image.release=a,", "image.variant=b"));
    EXPECT_THAT(split_options(R"("image.description=a,image.release=""b""",image.variant=c)"),
                ElementsAre(R"(image.description=a,image.release="b")", "image.variant=c"));
    EXPECT_THAT(split_options("image.release=a, image.variant=b"), ElementsAre("image.release=a", "image.variant=b"));
    EXPECT_THAT(split_options("image.description=a, b"), ElementsAre("image.description=a, b"));
    EXPECT_THAT(split_options(""), ElementsAre());
    EXPECT_EQ(error_of([] { (void)split_options("\"a"); }), "an option begins with a quote that is not closed");
}

} // namespace
} // namespace lxcpp::distro
