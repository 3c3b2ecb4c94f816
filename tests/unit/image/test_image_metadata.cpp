// SPDX-License-Identifier: Apache-2.0
#include "image/image_metadata.h"

#include "image_builder.h"
#include "support/error_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

ImageDescription describe(const std::string& archive) {
    return describe_image(read_metadata_archive(archive, "meta"), "meta");
}

// What reading says of a metadata.yaml; "" when it is fine.
std::string refused(const std::string& yaml) {
    return error_of([&] { (void)describe(incus_archive(yaml)); });
}

std::string refused_template(const std::string& rule) {
    return refused("architecture: x86_64\ntemplates:\n  " + rule + "\n");
}

TEST(ImageMetadata, ReadsWhatIncusSays) {
    const ImageDescription image = describe(incus_archive());
    EXPECT_EQ(image.record.distribution, "debian"); // as everybody types it
    EXPECT_EQ(image.record.release, "bookworm");
    EXPECT_EQ(image.record.variant, "default");
    EXPECT_EQ(image.record.architecture, "x86_64");
    EXPECT_EQ(image.record.serial, "20231114_05:24");
    EXPECT_EQ(image.record.description, "Debian bookworm");
    EXPECT_EQ(image.record.created, 1'700'000'000);
    EXPECT_EQ(image.record.expires, 1'800'000'000);
    EXPECT_THAT(image.record.properties, ElementsAre(Pair("requirements.cgroup", "v2")));
    EXPECT_EQ(image.content.documents.at("metadata.yaml"), kSomeMetadata);
    EXPECT_THAT(image.notes, IsEmpty());
}

TEST(ImageMetadata, ReadsTemplatesWithTheirText) {
    const auto templates = describe(incus_archive()).content.templates;
    ASSERT_EQ(templates.size(), 2u);
    EXPECT_EQ(templates[0].target, "/etc/hostname");
    EXPECT_EQ(templates[0].text, "{{ container.name }}\n");
    EXPECT_THAT(templates[0].when, ElementsAre("create", "copy"));
    EXPECT_FALSE(templates[0].create_only);
    EXPECT_EQ(templates[0].mode, 0644u);
    EXPECT_TRUE(templates[1].create_only);
    EXPECT_EQ(templates[1].uid, 3u);
    EXPECT_EQ(templates[1].gid, 4u);
    EXPECT_EQ(templates[1].mode, 0600u);
    EXPECT_THAT(templates[1].properties, ElementsAre(Pair("who", "me")));
}

TEST(ImageMetadata, KnowsArchitecturesByAnyName) {
    EXPECT_EQ(describe(incus_archive("architecture: arm64\n")).record.architecture, "aarch64");
    EXPECT_EQ(describe(incus_archive("architecture: strange\n")).record.architecture, "strange");
}

TEST(ImageMetadata, RefusesWhatIsMissingOrOfAnotherKind) {
    EXPECT_EQ(refused("creation_date: 1\n"), "meta: metadata.yaml: architecture: it is missing");
    EXPECT_EQ(refused("[]"), "meta: metadata.yaml: a map is expected");
    EXPECT_EQ(refused(""), "meta: metadata.yaml: a map is expected");
    EXPECT_EQ(refused("architecture: [x]\n"), "meta: metadata.yaml: architecture: a word is expected");
    EXPECT_EQ(refused("architecture: x\ncreation_date: -1\n"), "meta: metadata.yaml: creation_date: seconds since 1970 are expected");
    EXPECT_EQ(refused("architecture: x\nexpiry_date: 99999999999999\n"), "meta: metadata.yaml: expiry_date: seconds since 1970 are expected");
    EXPECT_EQ(refused("architecture: x\nproperties: [a]\n"), "meta: metadata.yaml: properties: a map is expected");
    EXPECT_EQ(refused("architecture: x\nproperties: {a: [b]}\n"), "meta: metadata.yaml: properties: a: a word is expected");
    EXPECT_EQ(refused("architecture: x\nproperties: {'a: b': c}\n"), "meta: metadata.yaml: properties: a: b: not a name of a property");
    EXPECT_EQ(refused("architecture: x\ntemplates: {/a: ~}\n"), "meta: metadata.yaml: templates: /a: a map is expected");
}

TEST(ImageMetadata, NullIsAsIfItWereNotThere) {
    EXPECT_EQ(refused("architecture: x\ncreation_date: ~\nexpiry_date:\nproperties:\ntemplates:\n"), "");
}

TEST(ImageMetadata, RefusesTemplatesThatReachOut) {
    const std::string at = "meta: metadata.yaml: templates: ";
    EXPECT_EQ(refused_template("etc/x: {template: hosts.tpl}"), at + "'etc/x' is no path of a file in a container");
    EXPECT_EQ(refused_template("/etc/../x: {template: hosts.tpl}"), at + "'/etc/../x' is no path of a file in a container");
    EXPECT_EQ(refused_template("/etc/: {template: hosts.tpl}"), at + "'/etc/' is no path of a file in a container");
    EXPECT_EQ(refused_template("/x: {template: ../metadata.yaml}"), at + "/x: it has no name of a file in templates/");
    EXPECT_EQ(refused_template("/x: {when: [create]}"), at + "/x: it has no name of a file in templates/");
    EXPECT_EQ(refused_template("/x: {template: none.tpl}"), at + "/x: templates/none.tpl is not in the image");
    EXPECT_EQ(refused_template("/x: {template: hosts.tpl, uid: 65536}"), at + "/x: uid: '65536' is no number from 0 to 65535");
    EXPECT_EQ(refused_template("/x: {template: hosts.tpl, mode: 010000}"), at + "/x: mode: '010000' is no number from 0 to 7777");
    EXPECT_EQ(refused_template("/x: {template: hosts.tpl, create_only: maybe}"), at + "/x: create_only: true or false is expected");
    EXPECT_EQ(refused_template("/x: {template: hosts.tpl, when: create}"), at + "/x: when: a list is expected");
}

TEST(ImageMetadata, ATemplateIsNoLink) {
    const std::string archive = tar_member({.name = "metadata.yaml", .data = "architecture: x\ntemplates: {/x: {template: l}}\n"}) +
                                tar_member({.name = "templates/l", .type = '2', .link = "/etc/shadow"}) + tar_end();
    EXPECT_EQ(error_of([&] { (void)describe(archive); }), "meta: metadata.yaml: templates: /x: templates/l is not in the image");
}

TEST(ImageMetadata, ReadsWhatLxcSays) {
    const std::string archive = make_tar(
        TarMember{.name = "config", .data = "a\nlxc.arch = arm64\n"}, TarMember{.name = "config.3", .data = "old\n"},
        TarMember{.name = "config-user", .data = "b\n"}, TarMember{.name = "config-user.7", .data = "c\n"},
        TarMember{.name = "create-message", .data = "hello\n"}, TarMember{.name = "templates", .data = "/etc/hostname\n\n/etc/hosts\n"},
        TarMember{.name = "excludes", .data = "dev/a\n"}, TarMember{.name = "excludes-user", .data = "dev/*\ndev/a\n"},
        TarMember{.name = "expiry", .data = "1800000000\n"}, TarMember{.name = "fstab", .data = "none /x tmpfs\n"});
    const ImageDescription image = describe(archive);
    EXPECT_EQ(image.content.config, "a\nlxc.arch = arm64\n");
    EXPECT_EQ(image.record.architecture, "aarch64");
    EXPECT_EQ(image.content.config_user, "c\n");
    EXPECT_EQ(image.content.create_message, "hello\n");
    EXPECT_THAT(image.content.substitute, ElementsAre("/etc/hostname", "/etc/hosts"));
    EXPECT_THAT(image.excludes, ElementsAre("dev/a", "dev/*"));
    EXPECT_EQ(image.record.expires, 1'800'000'000);
    EXPECT_THAT(image.notes, ElementsAre("meta: the fstab in it is not applied: an image may not mount"));
}

TEST(ImageMetadata, RefusesWhatIsNoMetadata) {
    EXPECT_EQ(error_of([] { (void)describe(root_archive()); }),
              "meta: holds neither metadata.yaml (Incus, LXD) nor config (LXC): it is not the metadata of an image");
    EXPECT_EQ(error_of([] { (void)describe(make_tar(TarMember{.name = "config"}, TarMember{.name = "./config"})); }),
              "meta: config stands in there twice");
    EXPECT_THAT(error_of([] { (void)describe(make_tar(TarMember{.name = "config", .data = std::string((1u << 20) + 1, 'x')})); }),
                HasSubstr("meta: config is larger than 1048576 bytes"));
    EXPECT_EQ(error_of([] { (void)describe(make_tar(TarMember{.name = "config"}, TarMember{.name = "expiry", .data = "soon"})); }),
              "meta: expiry is 'soon': seconds since 1970 are expected");
}

TEST(ImageMetadata, IsLimitedAsAWhole) {
    MetadataFiles files;
    for (int i = 0; i < 16; ++i) files.add(std::to_string(i), std::string(1u << 20, 'x'));
    EXPECT_EQ(error_of([&] { files.add("16", "x"); }), "its metadata is larger than 16777216 bytes");
}

} // namespace
} // namespace lxcpp::image
