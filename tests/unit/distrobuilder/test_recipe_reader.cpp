// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/recipe_reader.h"

#include "distrobuilder/recipe_check.h"
#include "distrobuilder/recipe_defaults.h"
#include "distrobuilder/recipe_names.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::distro {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ReadRecipe read(const std::string& text) { return read_recipe(parse_recipe_tree(text, "r.yaml", ".")); }

std::vector<std::string> lines(const std::vector<RecipeProblem>& problems) {
    std::vector<std::string> all;
    for (const RecipeProblem& one : problems) all.push_back(one.line());
    return all;
}

constexpr const char* kSmallest = "image: {distribution: debian}\nsource: {downloader: debootstrap}\npackages: {manager: apt}\n";

std::vector<std::string> checked(const std::string& text) {
    ReadRecipe recipe = read(text);
    set_defaults(recipe.recipe, "x86_64", 0);
    auto all = lines(recipe.errors);
    std::ranges::move(lines(check_recipe(recipe)), std::back_inserter(all));
    return all;
}

// What a parser that knows types would make another text of.
TEST(RecipeReader, KeepsTextsAsTheyStand) {
    const Recipe recipe = read(R"(
image: {release: 7}
source: {same_as: 3.10}
files:
- {generator: dump, path: /a, mode: 0640, gid: 1000, uid: 0x10}
packages:
  custom_manager:
    install: {cmd: true}
  sets:
  - releases: [16.0, 9-Stream, "8", yes, ~]
    packages:
    - |
      two
      lines
    - 'quo''ted'
)").recipe;
    EXPECT_EQ(recipe.image.release, "7");
    EXPECT_EQ(recipe.source.same_as, "3.10");
    EXPECT_EQ(recipe.files[0].mode, "0640");
    EXPECT_EQ(recipe.files[0].gid, "1000");
    EXPECT_EQ(recipe.files[0].uid, "0x10");
    EXPECT_EQ(recipe.packages.custom_manager->install.cmd, "true");
    EXPECT_THAT(recipe.packages.sets[0].filter.releases, ElementsAre("16.0", "9-Stream", "8", "yes", ""));
    EXPECT_THAT(recipe.packages.sets[0].packages, ElementsAre("two\nlines\n", "quo'ted"));
}

// As go-yaml's Unmarshal does, which reads no further.
TEST(RecipeReader, ReadsTheFirstDocument) {
    const ReadRecipe recipe =
        read("---\nimage: {distribution: debian}\n---\nimage: {distribution: other}\nnone: [\n");
    EXPECT_EQ(recipe.recipe.image.distribution, "debian");
    EXPECT_THAT(lines(recipe.errors), IsEmpty());
    EXPECT_THAT(
        lines(recipe.warnings),
        ElementsAre(
            "r.yaml:3:1: a second document begins: the recipe is the first, and this is not read"));
    EXPECT_THAT(lines(read("image: {distribution: debian}\n...\n").warnings), IsEmpty());
}

TEST(RecipeReader, KnowsWhereEntriesStand) {
    const Recipe recipe =
        read("files:\n- generator: dump\n- generator: hosts\nactions:\n- trigger: post-files\n")
            .recipe;
    EXPECT_EQ(recipe.files[1].place.text, "r.yaml:3:3");
    EXPECT_EQ(recipe.actions[0].place.text, "r.yaml:5:3");
}

TEST(RecipeReader, ReadsTruthAndNumbersAsYaml11) {
    for (const char* yes : {"true", "True", "yes", "on", "y", "Y", "ON"}) EXPECT_TRUE(read(std::string("packages: {update: ") + yes + "}").recipe.packages.update) << yes;
    for (const char* no : {"false", "no", "off", "n", "N"}) {
        const auto result = read(std::string("packages: {update: ") + no + "}");
        EXPECT_FALSE(result.recipe.packages.update) << no;
        EXPECT_THAT(result.errors, IsEmpty()) << no;
    }
    EXPECT_EQ(read("targets: {incus: {vm: {size: 8_589_934_592}}}").recipe.targets.incus.vm.size, 8'589'934'592u);
    EXPECT_EQ(read("targets: {incus: {vm: {size: 0x10}}}").recipe.targets.incus.vm.size, 16u);
    EXPECT_EQ(read("targets: {lxc: {config: [{before: 5, after: 4}]}}").recipe.targets.lxc.config[0].before, 5u);
}

TEST(RecipeReader, ReadsAllSections) {
    const Recipe recipe = read(R"(
image: {distribution: d, architecture: amd64, expiry: 1w, name: n, serial: s, variant: v, description: x}
source: {downloader: rootfs-http, url: u, keys: [k], keyserver: ks, suite: su, skip_verification: yes, components: [main], variant: minbase}
targets:
  lxc: {create_message: hello, config: [{type: all, before: 5, content: c, types: [vm]}]}
  incus: {vm: {filesystem: btrfs}}
  type: vm
files: [{generator: template, name: t, path: /p, content: c, template: {properties: {a: b}, when: [create]}, templated: true, pongo: on, source: /s}]
packages:
  manager: apt
  cleanup: true
  sets: [{action: install, early: true, flags: [-x], packages: [p], variants: [v], architectures: [amd64]}]
  repositories: [{name: n, url: u, type: t, key: k}]
actions: [{trigger: post-files, action: a, pongo: true}]
mappings: {architecture_map: debian, architectures: {x86_64: amd64}}
environment: {clear_defaults: true, variables: [{key: A, value: b, releases: [sid]}]}
vars: {colour: blue}
matrix: {releases: [a, b], exclude: [{release: a, variant: cloud}]}
build: {skip_systemd_generator: true, template_files: [f]}
)").recipe;
    EXPECT_EQ(recipe.image.expiry, "1w");
    EXPECT_TRUE(recipe.source.skip_verification);
    EXPECT_THAT(recipe.targets.lxc.config[0].filter.types, ElementsAre(TargetType::Vm));
    EXPECT_EQ(recipe.files[0].instance.properties.at("a"), "b");
    EXPECT_TRUE(recipe.packages.sets[0].early);
    EXPECT_EQ(recipe.packages.repositories[0].key, "k");
    EXPECT_EQ(recipe.environment.variables[0].filter.releases[0], "sid");
    EXPECT_EQ(recipe.mappings.architectures.at("x86_64"), "amd64");
    EXPECT_EQ(recipe.vars.at("colour"), "blue");
    EXPECT_EQ(recipe.matrix.exclude[0].variant, "cloud");
    EXPECT_TRUE(recipe.build.skip_systemd_generator);
}

TEST(RecipeReader, NamesUnknownKeysWithTheirPlace) {
    const auto result = read("image:\n  relase: sid\npackages:\n  sets:\n  - action: install\n    package: [a]\n");
    EXPECT_THAT(lines(result.errors), ElementsAre("r.yaml:2:3: image.relase: there is no such key; did you mean release?",
                                                  "r.yaml:6:5: packages.sets.0.package: there is no such key; did you mean packages?"));
}

TEST(RecipeReader, NamesValuesThatDoNotFit) {
    EXPECT_THAT(lines(read("files: a\n").errors), ElementsAre("r.yaml:1:8: files: a list is expected, this is a text"));
    EXPECT_THAT(lines(read("image: []\n").errors), ElementsAre("r.yaml:1:8: image: a map is expected, this is a list"));
    EXPECT_THAT(lines(read("packages: {update: perhaps}\n").errors), ElementsAre("r.yaml:1:20: packages.update: true or false is expected, not perhaps"));
    EXPECT_THAT(lines(read("targets: {incus: {vm: {size: 4GB}}}\n").errors), ElementsAre(HasSubstr("a number is expected, not 4GB")));
    EXPECT_THAT(lines(read("actions: [{types: [container, lxc]}]\n").errors), ElementsAre(HasSubstr("Invalid filter type \"lxc\"")));
    EXPECT_THAT(lines(read("image: {release: [a]}\n").errors), ElementsAre(HasSubstr("a text is expected, this is a list")));
}

TEST(RecipeReader, ReadsNamesOfOld) {
    const auto result = read("targets: {lxd: {vm: {size: 1}}}\npackages: {manager: luet}\nfiles:\n- generator: lxd-agent\n- {generator: upstart-tty}\n");
    EXPECT_THAT(result.errors, IsEmpty());
    EXPECT_EQ(result.recipe.targets.incus.vm.size, 1u);
    EXPECT_EQ(result.recipe.packages.manager, "anise");
    ASSERT_EQ(result.recipe.files.size(), 1u);
    EXPECT_EQ(result.recipe.files[0].generator, "incus-agent");
    EXPECT_THAT(lines(result.warnings), Contains("r.yaml:1:11: targets.lxd: is read as targets.incus, its name of today"));
    EXPECT_EQ(result.warnings.size(), 4u);
    EXPECT_THAT(lines(read("targets: {lxd: {}, incus: {}}\n").errors), ElementsAre(HasSubstr("targets.lxd: there is no such key")));
}

TEST(RecipeReader, TakesOptionsAsWell) {
    RecipeTree tree = parse_recipe_tree(kSmallest, "r.yaml", ".");
    set_option(tree, "packages.update=1");
    set_option(tree, "files.0.mod=x");
    const auto result = read_recipe(tree);
    EXPECT_TRUE(result.recipe.packages.update);
    EXPECT_THAT(lines(result.errors), ElementsAre("-o files.0.mod=x: files.0.mod: there is no such key; did you mean mode?"));
}

TEST(RecipeCheck, AcceptsTheSmallestRecipe) { EXPECT_THAT(checked(kSmallest), IsEmpty()); }

TEST(RecipeCheck, FindsWhatIsWrong) {
    const std::string source = "source: {downloader: debootstrap}\n";
    const std::string image = "image: {distribution: d}\n";
    EXPECT_THAT(checked(source + "packages: {manager: apt}\nimage: {distribution: ' '}\n"), ElementsAre(HasSubstr("image.distribution may not be empty")));
    EXPECT_THAT(checked(image + "source: {downloader: debotstrap}\npackages: {manager: apt}\n"),
                ElementsAre(testing::AllOf(HasSubstr("r.yaml:2:22: source.downloader: source.downloader must be one of"), HasSubstr("did you mean debootstrap?"))));
    EXPECT_THAT(checked(image + source), ElementsAre(HasSubstr("packages.manager or packages.custom_manager needs to be set")));
    EXPECT_THAT(checked(image + source + "packages: {manager: apt, custom_manager: {}}\n"), ElementsAre(HasSubstr("cannot have both packages.manager and packages.custom_manager set")));
    EXPECT_THAT(checked(image + source + "packages: {manager: aptt}\n"), ElementsAre(HasSubstr("packages.manager must be one of")));
    const auto custom = checked(image + source + "packages: {custom_manager: {install: {cmd: x}}}\n");
    ASSERT_EQ(custom.size(), 4u);
    EXPECT_THAT(custom[0], HasSubstr("packages.custom_manager requires a clean command"));
    const std::string whole = kSmallest;
    EXPECT_THAT(checked(whole + "files: [{generator: dmp}]\n"), ElementsAre(HasSubstr("files.*.generator must be one of")));
    EXPECT_THAT(checked(whole + "files: [{generator: dump, mode: '0888'}]\n"), ElementsAre(HasSubstr("an octal mode is expected, not 0888")));
    EXPECT_THAT(checked(whole + "actions: [{trigger: post-x}]\n"), ElementsAre(HasSubstr("actions.*.trigger must be one of")));
    EXPECT_THAT(checked(whole + "mappings: {architecture_map: x}\n"), ElementsAre(HasSubstr("mappings.architecture_map must be one of")));
    EXPECT_THAT(checked("image: {distribution: d, architecture: z80}\nsource: {downloader: busybox}\npackages: {manager: apt}\n"),
                ElementsAre(HasSubstr("there is no architecture z80")));
    EXPECT_THAT(checked(std::string(kSmallest).replace(std::string(kSmallest).find("{manager: apt}"), 14, "{manager: apt, sets: [{action: purge}]}")),
                ElementsAre(HasSubstr("packages.*.set.*.action must be one of")));
}

TEST(RecipeCheck, TablesOfNamesAreSorted) {
    EXPECT_TRUE(std::ranges::is_sorted(kDownloaders));
    EXPECT_TRUE(std::ranges::is_sorted(kManagers));
    EXPECT_TRUE(std::ranges::is_sorted(kGenerators));
    EXPECT_TRUE(std::ranges::is_sorted(kTriggers));
}

TEST(RecipeLint, TellsWhatIsDoubtful) {
    ReadRecipe recipe = read(R"(
image: {distribution: d, architecture: amd64}
source: {downloader: rootfs-http, url: http://x/y}
packages:
  custom_manager: {install: {cmd: x}, remove: {cmd: x}, clean: {cmd: x}, refresh: {cmd: x}, update: {cmd: x}}
  sets:
  - {action: install, packages: [a], early: true, types: [vm], architectures: [aaarch64, x86_64, amd64]}
actions:
- {trigger: post-files, action: echo}
targets: {lxc: {config: [{type: al}]}}
mappings: {architecture_map: debian}
)");
    set_defaults(recipe.recipe, "x86_64", 0);
    EXPECT_THAT(check_recipe(recipe), IsEmpty());
    const auto told = lines(lint_recipe(recipe));
    EXPECT_THAT(told, Contains(HasSubstr("names no keys and no sha256")));
    EXPECT_THAT(told, Contains(HasSubstr("plain http without keys")));
    EXPECT_THAT(told, Contains(HasSubstr("packages.sets.0.architectures.0: no architecture is called aaarch64 here")));
    EXPECT_THAT(told, Contains(HasSubstr("architectures.1: filters compare with the mapped name, which for x86_64 is amd64")));
    EXPECT_THAT(told, Contains(HasSubstr("a set with types is not early")));
    EXPECT_THAT(told, Contains(HasSubstr("does not begin with \"#!\"")));
    EXPECT_THAT(told, Contains(HasSubstr("al means nothing")));
    EXPECT_THAT(told, Contains(HasSubstr("a command without flags is never run")));
    ReadRecipe good = read(kSmallest);
    set_defaults(good.recipe, "x86_64", 0);
    EXPECT_THAT(lint_recipe(good), IsEmpty());
}

} // namespace
} // namespace lxcpp::distro
