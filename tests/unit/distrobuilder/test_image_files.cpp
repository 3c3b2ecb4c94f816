// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/image_files.h"

#include "image/yaml_document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::distro {
namespace {

using testing::ElementsAre;

std::string levels(std::uint64_t after, std::uint64_t before) {
    std::string all;
    for (std::uint64_t level = 1; level <= 5; ++level)
        if (is_for_level({.before = before, .after = after}, level)) all += std::to_string(level);
    return all;
}

TEST(LxcLevels, AreThoseOfDistrobuilder) {
    EXPECT_EQ(levels(0, 0), "12345");
    EXPECT_EQ(levels(0, 5), "1234");
    EXPECT_EQ(levels(4, 0), "5");
    EXPECT_EQ(levels(1, 4), "23");
    EXPECT_EQ(levels(4, 2), "15"); // below the one or above the other
    EXPECT_EQ(levels(3, 3), "1245");
    EXPECT_EQ(levels(5, 0), "");
}

const std::string* find(const NamedTexts& members, std::string_view name) {
    for (const auto& [one, text] : members)
        if (one == name) return &text;
    return nullptr;
}

TEST(LxcMetadata, HasAFileForEachLevelWithContent) {
    Recipe recipe;
    recipe.image.expiry = "1d";
    recipe.targets.lxc.create_message = "Hello";
    recipe.targets.lxc.config = {{.type = "all", .content = "lxc.arch = x86_64"},
                                 {.type = "all", .before = 5, .content = "old"},
                                 {.type = "user", .after = 4, .content = "user\n"},
                                 {.type = "systemd", .content = "never"}};
    const NamedTexts members = lxc_metadata(recipe, {.lxc_templates = {"/etc/hosts"}}, {"./dev/null"}, 1000);
    EXPECT_EQ(*find(members, "config"), "lxc.arch = x86_64\n");
    EXPECT_EQ(*find(members, "config.4"), "lxc.arch = x86_64\nold\n");
    EXPECT_EQ(*find(members, "config-user"), "lxc.arch = x86_64\nuser\n");
    EXPECT_EQ(*find(members, "config-user.1"), "lxc.arch = x86_64\nold\n");
    EXPECT_EQ(*find(members, "create-message"), "Hello\n");
    EXPECT_EQ(*find(members, "expiry"), "87400\n");
    EXPECT_EQ(*find(members, "excludes-user"), "./dev/null\n");
    EXPECT_EQ(*find(members, "templates"), "/etc/hosts\n");
    recipe.targets.lxc.config = {{.type = "all", .before = 5, .content = "old"}};
    const NamedTexts older = lxc_metadata(recipe, {}, {}, 1000);
    EXPECT_EQ(find(older, "config"), nullptr);
    EXPECT_EQ(find(older, "templates"), nullptr);
    EXPECT_EQ(*find(older, "excludes-user"), "\n");
}

TEST(IncusMetadata, IsReadByAnyParser) {
    Recipe recipe;
    recipe.image = {.distribution = "debian", .release = "sid", .architecture = "x86_64", .variant = "cloud", .name = "n",
                    .description = "Debian \"sid\": x", .serial = "s", .expiry = "1d", .architecture_mapped = "amd64"};
    const ImageFiles files{.instance_templates = {{.target = "/etc/hosts", .file = "hosts.tpl", .text = "t\n", .when = {"create"}, .properties = {{"a", "#b"}}, .mode = "0755"}}};
    const NamedTexts members = incus_metadata(recipe, files, 1000);
    ASSERT_EQ(members.size(), 2u);
    EXPECT_EQ(members[1], (std::pair<std::string, std::string>("templates/hosts.tpl", "t\n")));
    const auto root = image::parse_yaml(members[0].second, "metadata.yaml");
    EXPECT_EQ(root.find("architecture")->text, "x86_64");
    EXPECT_EQ(root.find("creation_date")->text, "1000");
    EXPECT_EQ(root.find("expiry_date")->text, "87400");
    EXPECT_EQ(root.find("properties")->find("architecture")->text, "amd64");
    EXPECT_EQ(root.find("properties")->find("description")->text, "Debian \"sid\": x");
    const auto* rule = root.find("templates")->find("/etc/hosts");
    ASSERT_NE(rule, nullptr);
    EXPECT_EQ(rule->find("template")->text, "hosts.tpl");
    EXPECT_EQ(rule->find("properties")->find("a")->text, "#b");
    EXPECT_EQ(rule->find("mode")->text, "0755");
    EXPECT_EQ(rule->find("uid"), nullptr);
}

// As distrobuilder writes it: who reads them may want each key.
TEST(IncusMetadata, SaysAlsoWhatARuleHasNot) {
    const NamedTexts members = incus_metadata({}, {.instance_templates = {{.target = "/a", .file = "t.tpl", .text = "x\n"}}}, 1000);
    const auto root = image::parse_yaml(members[0].second, "metadata.yaml");
    const auto* rule = root.find("templates")->find("/a");
    ASSERT_NE(rule, nullptr);
    for (const char* key : {"when", "create_only", "properties"}) EXPECT_NE(rule->find(key), nullptr) << key;
    EXPECT_EQ(rule->find("create_only")->text, "false");
}

TEST(IncusMetadata, HasATemplateOfTwoFilesOnce) {
    const InstanceTemplate first{.target = "/a", .file = "t.tpl", .text = "x\n", .when = {"create"}};
    InstanceTemplate second = first;
    second.target = "/b";
    const NamedTexts members = incus_metadata({}, {.instance_templates = {first, second}}, 1000);
    ASSERT_EQ(members.size(), 2u);
    EXPECT_EQ(image::parse_yaml(members[0].second, "metadata.yaml").find("templates")->find("/b")->find("template")->text, "t.tpl");
}

} // namespace
} // namespace lxcpp::distro
