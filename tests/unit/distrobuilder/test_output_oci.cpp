// SPDX-License-Identifier: Apache-2.0
#include "output_fixture.h"

#include "base/sha256.h"
#include "image/oci_document.h"
#include "image/oci_image_config.h"
#include "image/oci_local.h"
#include "support/error_of.h"

#include <gmock/gmock.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class OciOutput : public Outputs {
protected:
    image::OciManifest manifest(const std::string& layout) {
        const auto index = std::get<image::OciIndex>(image::parse_oci_document(text(layout + "/index.json"), "index", ""));
        EXPECT_EQ(index.manifests.size(), 1u);
        name = index.manifests.at(0).ref_name;
        const std::string document = text(layout + "/blobs/sha256/" + index.manifests.at(0).digest.hex);
        EXPECT_EQ(sha256_hex(document), index.manifests.at(0).digest.hex);
        return std::get<image::OciManifest>(image::parse_oci_document(document, "manifest", ""));
    }
    image::OciImageConfig config(const std::string& layout) {
        return image::parse_oci_image_config(text(layout + "/blobs/sha256/" + manifest(layout).config.hex), "config");
    }
    std::string name;
};

TEST_F(OciOutput, IsALayoutOfOneLayer) {
    options.oci = OciForm::Layout;
    options.compression = {.name = "zstd", .level = 3};
    put("tree/sbin/init", "");
    put("tree/lib/systemd/systemd", "");
    recipe.targets.oci.labels = {{"a", "b"}};
    put("tree/etc/.wh.hostname", "would take hostname away");
    const auto written = write(write_oci_image);
    EXPECT_THAT(written, Contains(OutputFile{"debian-trixie.oci/index.json", text("out/debian-trixie.oci/index.json").size(),
                                             sha256_hex(text("out/debian-trixie.oci/index.json"))}));
    const auto image = manifest("out/debian-trixie.oci");
    EXPECT_EQ(name, "trixie");
    ASSERT_EQ(image.layers.size(), 1u);
    EXPECT_EQ(image.layers[0].compression, image::LayerCompression::Zstd);
    EXPECT_EQ(image.annotations.at("org.opencontainers.image.created"), "2027-01-15T08:00:00Z");
    EXPECT_EQ(image.annotations.at("org.opencontainers.image.description"), "Debian trixie");
    const std::string layer = text("out/debian-trixie.oci/blobs/sha256/" + image.layers[0].digest.hex);
    EXPECT_EQ(layer.size(), image.layers[0].size);
    EXPECT_EQ(sha256_hex(layer), image.layers[0].digest.hex);
    EXPECT_THAT(names_of(members_of(layer)), Contains("./etc/hostname"));
    EXPECT_THAT(names_of(members_of(layer)), Not(Contains("./etc/.wh.hostname")));
    const auto about = config("out/debian-trixie.oci");
    EXPECT_THAT(about.diff_ids, ElementsAre(image::OciDigest{"sha256", sha256_hex(image::decompress_all(source_of(layer), "layer", {}))}));
    EXPECT_EQ(about.platform.text(), "linux/amd64");
    EXPECT_THAT(about.command, ElementsAre("/sbin/init"));
    EXPECT_EQ(about.stop_signal, "SIGRTMIN+3");
    EXPECT_EQ(about.labels, (std::map<std::string, std::string>{{"a", "b"}}));
    EXPECT_EQ(about.environment.at(0).first, "PATH");
}

// Distributions have names of their own for architectures.
TEST_F(OciOutput, IsForThePlatformThatOthersCallSo) {
    options.oci = OciForm::Layout;
    struct Case {
        const char* given;
        const char* kernel;
        const char* platform;
    };
    for (const Case& one : {Case{"generic_64", "x86_64", "linux/amd64"}, {"x86_64_v2", "x86_64", "linux/amd64"}, {"386", "i686", "linux/386"},
                            {"armhfp", "armv7l", "linux/arm/v7"}, {"riscv32", "riscv32", "linux/riscv32"}}) {
        recipe.image.architecture = recipe.image.architecture_mapped = one.given;
        recipe.image.architecture_kernel = one.kernel;
        (void)write(write_oci_image);
        EXPECT_EQ(config("out/debian-trixie.oci").platform.text(), one.platform);
        const auto index = std::get<image::OciIndex>(image::parse_oci_document(text("out/debian-trixie.oci/index.json"), "index", ""));
        EXPECT_EQ(index.manifests.at(0).platform->text(), one.platform);
        std::filesystem::remove_all(top / "out/debian-trixie.oci");
    }
}

TEST_F(OciOutput, RunsWhatTheRecipeSays) {
    options.oci = OciForm::Layout;
    options.oci_tag = "a tag/1";
    options.compression = {.name = "none", .level = std::nullopt};
    recipe.targets.oci = {.entrypoint = {"/bin/app"}, .cmd = {"--serve"}, .env = {"PATH=/app", "A=b=c"}, .user = "1000:100", .working_dir = "/srv"};
    put("tree/sbin/init", "");
    write(write_oci_image);
    const auto about = config("out/debian-trixie.oci");
    EXPECT_EQ(name, "a-tag-1");
    EXPECT_THAT(about.entrypoint, ElementsAre("/bin/app"));
    EXPECT_THAT(about.command, ElementsAre("--serve"));
    EXPECT_EQ(about.environment, (std::vector<std::pair<std::string, std::string>>{{"PATH", "/app"}, {"A", "b=c"}}));
    EXPECT_EQ(about.user, "1000:100");
    EXPECT_EQ(about.working_directory, "/srv");
    EXPECT_EQ(about.stop_signal, "");
    recipe.targets.oci.env = {"NAME"};
    EXPECT_THAT(error_of([&] { write(write_oci_image); }), HasSubstr("targets.oci.env: 'NAME': NAME=VALUE is expected"));
    recipe.targets.oci = {};
    fs::remove(top / "tree/sbin/init");
    write(write_oci_image); // replaces the layout
    EXPECT_THAT(config("out/debian-trixie.oci").command, ElementsAre("/bin/sh"));
    EXPECT_THAT(left(), ElementsAre("debian-trixie.oci"));
}

TEST_F(OciOutput, IsAnArchiveThatWeRead) {
    const auto written = write(write_oci_image); // xz: no layer has that
    ASSERT_EQ(written.size(), 1u);
    EXPECT_EQ(written[0], (OutputFile{"debian-trixie.oci.tar", text("out/debian-trixie.oci.tar").size(), sha256_hex(text("out/debian-trixie.oci.tar"))}));
    EXPECT_EQ(left().size(), 1u);
    const auto names = names_of(members_of(text("out/debian-trixie.oci.tar")));
    EXPECT_THAT(names, Contains("oci-layout"));
    const auto source = image::open_local_image(image::parse_oci_reference("oci-archive:" + (top / "out/debian-trixie.oci.tar").string()), top.path());
    ASSERT_NE(source, nullptr);
    EXPECT_EQ(write(write_oci_image), written);
}

TEST_F(OciOutput, TakesThePlaceOfALayoutOnly) {
    options.oci = OciForm::Layout;
    put("out/debian-trixie.oci/mine", "x");
    EXPECT_THAT(error_of([&] { write(write_oci_image); }), HasSubstr("debian-trixie.oci: it is there already, and no OCI layout"));
    EXPECT_EQ(text("out/debian-trixie.oci/mine"), "x");
}

} // namespace
} // namespace lxcpp::distro
