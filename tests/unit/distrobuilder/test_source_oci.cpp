// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/oci_platform.h"
#include "distrobuilder/source_oci.h"

#include "base/sha256.h"
#include "source_fixture.h"
#include "unit/image/oci_builder.h"

#include <filesystem>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

using image::TarMember;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// Two layers: the second one replaces a file of the first and takes one away.
image::BuiltImage two_layers() {
    const std::string below = image::make_tar(TarMember{.name = "etc/", .type = '5', .mode = "0000755"}, TarMember{.name = "etc/issue", .data = "below"},
                                              TarMember{.name = "etc/gone", .data = "x"}, TarMember{.name = "dev/null", .type = '3'});
    const std::string above = image::make_tar(TarMember{.name = "etc/issue", .data = "above"}, TarMember{.name = "etc/.wh.gone"});
    return image::build_image({below, above, below.substr(0, 0) + image::make_tar(TarMember{.name = "etc/more", .data = "more"})});
}

// A registry that speaks plain http, which only registries.conf allows.
class DockerTest : public SourceTest {
protected:
    DockerTest() {
        const auto config = dir_.path() / "config";
        sys::make_dirs(config);
        sys::write_file_atomic(config / "registries.conf", fmt::format("[[registry]]\nlocation = \"127.0.0.1:{}\"\ninsecure = true\n", server_.port()));
        ::setenv("LXCPP_CONFIG_DIR", config.c_str(), 1);
        recipe_.source.downloader = "docker-http";
        recipe_.source.url = fmt::format("127.0.0.1:{}/repo:v1", server_.port());
        recipe_.image.architecture = "x86_64";
        put(image_);
    }
    ~DockerTest() override { ::unsetenv("LXCPP_CONFIG_DIR"); }

    image::HttpResponse answer(const image::HttpRequest& request) override {
        const auto found = answers_.find(request.path);
        return found == answers_.end() ? image::HttpResponse{.status = "404 Not Found"} : found->second;
    }
    void put(const image::BuiltImage& built) {
        for (const std::string& name : {std::string("v1"), image::digest_of(built.manifest)})
            answers_["/v2/repo/manifests/" + name] = {.headers = {std::string("Content-Type: ") + image::kManifestType}, .body = built.manifest};
        for (const std::string& blob : built.layers) answers_[blob_path(blob)] = {.body = blob};
        answers_[blob_path(built.config)] = {.body = built.config};
    }
    [[nodiscard]] static std::string blob_path(const std::string& bytes) { return "/v2/repo/blobs/" + image::digest_of(bytes); }

    std::map<std::string, image::HttpResponse> answers_;
    image::BuiltImage image_ = two_layers();
};

TEST_F(DockerTest, UnpacksLayerOverLayer) {
    recipe_.source.sha256 = sha256_hex(image_.manifest);
    EXPECT_EQ(build(), "above");
    const auto etc = dir_.path() / "root/etc";
    EXPECT_FALSE(sys::exists(etc / "gone"));
    EXPECT_FALSE(sys::exists(etc / ".wh.gone"));
    EXPECT_EQ(sys::read_file(etc / "more"), "more");
    EXPECT_THAT(listener_.messages,
                ElementsAre("1 device nodes of the image were left out; a container gets its own"));
    EXPECT_THAT(verification(),
                ElementsAre(AllOf(HasSubstr("all digests, from the one in the recipe"),
                                  HasSubstr("over http"))));
    const std::string identity = source_->identity();
    recipe_.source.url = fmt::format("docker://127.0.0.1:{}/repo@sha256:{}", server_.port(), recipe_.source.sha256);
    EXPECT_EQ(build(), "above");
    EXPECT_EQ(source_->identity(), identity);
    recipe_.source.sha256 = sha256_hex("other");
    EXPECT_THAT(build(), HasSubstr("source.url: has another digest than source.sha256"));
}

TEST_F(DockerTest, APlainRegistryIsNotBelieved) {
    EXPECT_THAT(build(), AllOf(HasSubstr("docker-http: "), HasSubstr("nothing says that it is right"), HasSubstr("give its digest")));
    recipe_.source.skip_verification = true;
    EXPECT_EQ(build(), "above");
    EXPECT_THAT(verification(),
                ElementsAre(AllOf(StartsWith("warning: "),
                                  HasSubstr("nobody signed it: it is what its registry says"))));
    recipe_.source.keys = {material(*key_)};
    EXPECT_THAT(build(), HasSubstr("the recipe has source.keys, but images of registries are not signed by them"));
}

TEST_F(DockerTest, EveryDigestCounts) {
    recipe_.source.sha256 = sha256_hex(image_.manifest);
    auto& layer = answers_[blob_path(image_.layers[1])].body;
    layer[600] ^= 1;
    EXPECT_THAT(build(), AllOf(HasSubstr("blobs/" + image::digest_of(image_.layers[1])), HasSubstr("expected")));
    layer[600] ^= 1;
    answers_["/v2/repo/manifests/" + image::digest_of(image_.manifest)].body += " ";
    EXPECT_THAT(build(), HasSubstr("sha256 is"));
    put(image_);
    answers_[blob_path(image_.config)].body[5] ^= 1;
    EXPECT_THAT(build(), HasSubstr("sha256 is"));
}

TEST_F(DockerTest, ThePlatformIsTheRecipes) {
    recipe_.source.skip_verification = true;
    recipe_.image.architecture = "aarch64";
    EXPECT_THAT(build(), HasSubstr("amd64"));
    recipe_.image.architecture = "pdp11";
    EXPECT_THAT(build(), HasSubstr("image.architecture: pdp11 is none that images are for"));
    EXPECT_EQ(platform_of({.architecture = "armv7l"}).text(), "linux/arm/v7");
    EXPECT_EQ(platform_of({.architecture_mapped = "arm64"}).text(), "linux/arm64");
    recipe_.source.url.clear();
    EXPECT_THAT(build(), HasSubstr("source.url: docker-http needs the name of an image"));
}

class FedoraTest : public SourceTest {
protected:
    FedoraTest() {
        recipe_.source.downloader = "fedora-http";
        recipe_.source.url = server_.url("");
        recipe_.image = {.release = "41", .architecture = "x86_64", .architecture_mapped = "x86_64"};
        tree_.put(builds_, "<a href=\"20241029.0/\">x</a><a href=\"20250102.0/\">x</a><a href=\"latest/\">x</a>");
        tree_.put(path_, archive(two_layers()));
        recipe_.source.sha256 = sha256_hex(tree_.get(path_));
    }
    // An OCI layout in an archive.
    static std::string archive(const image::BuiltImage& built) {
        const auto blob = [](const std::string& bytes) { return TarMember{.name = "blobs/sha256/" + sha256_hex(bytes), .data = bytes}; };
        const std::string index = fmt::format(R"({{"schemaVersion":2,"manifests":[{}]}})", image::descriptor(image::kManifestType, built.manifest));
        return image::make_tar(TarMember{.name = "oci-layout", .data = R"({"imageLayoutVersion":"1.0.0"})"}, TarMember{.name = "index.json", .data = index},
                               blob(built.manifest), blob(built.config), blob(built.layers[0]), blob(built.layers[1]), blob(built.layers[2]));
    }
    const std::string builds_ = "packages/Fedora-Container-Base-Generic/41/";
    const std::string path_ = builds_ + "20250102.0/images/Fedora-Container-Base-Generic-41-20250102.0.x86_64.oci.tar.xz";
};

TEST_F(FedoraTest, UnpacksTheNewestBuild) {
    EXPECT_EQ(build(), "above");
    EXPECT_FALSE(sys::exists(dir_.path() / "root/etc/gone"));
    EXPECT_FALSE(sys::exists(dir_.path() / "root/oci-layout"));
    EXPECT_THAT(verification(), ElementsAre(HasSubstr("oci.tar.xz: sha256 of the recipe")));
}

TEST_F(FedoraTest, RefusesWhatIsNotTheImage) {
    tree_.damage(path_);
    EXPECT_THAT(build(), AllOf(HasSubstr("oci.tar.xz"), HasSubstr("expected " + recipe_.source.sha256)));
    recipe_.source.sha256 = sha256_hex(tree_.get(path_)); // by somebody who can count: digests of the layout's own
    EXPECT_THAT(build(), HasSubstr("error: "));
    recipe_.source.sha256.clear();
    EXPECT_THAT(build(), HasSubstr("nothing says that it is right"));
    recipe_.image.release = "42";
    EXPECT_THAT(build(), AllOf(HasSubstr("fedora-http: "), HasSubstr("/42/: there is no such file")));
}

} // namespace
} // namespace lxcpp::distro
