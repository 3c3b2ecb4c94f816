// SPDX-License-Identifier: Apache-2.0
#include "image/oci_certificates.h"

#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace lxcpp::image {
namespace {

using testing::HasSubstr;

class OciCertificatesTest : public testing::Test {
protected:
    void put(const std::string& path, const std::string& text) {
        std::filesystem::create_directories((dir_ / path).parent_path());
        sys::write_file_atomic(dir_ / path, text);
    }
    [[nodiscard]] RegistryCertificates read(const std::string& host) const {
        return read_registry_certificates(std::array{dir_ / "own", dir_ / "absent", dir_ / "docker"}, host);
    }
    std::string refusal(const std::string& host) {
        return test::error_of([&] { (void)read(host); });
    }

    test::TempDir dir_;
};

TEST_F(OciCertificatesTest, AreThoseOfTheHostAndItsPort) {
    put("own/host/a.crt", "A");
    put("docker/host/b.crt", "B");
    put("docker/host:5000/c.crt", "C");
    put("docker/host/readme", "text");
    EXPECT_EQ(read("host").authorities, "A\nB\n");
    EXPECT_EQ(read("host:5000").authorities, "C\n");
    EXPECT_EQ(read("other").authorities, "");
    EXPECT_EQ(read("host").client, "");
}

TEST_F(OciCertificatesTest, TheFirstPairIsShown) {
    put("own/host/b.cert", "B");
    put("own/host/b.key", "B's key");
    put("own/host/a.cert", "A");
    put("own/host/a.key", "A's key");
    put("docker/host/0.cert", "0");
    put("docker/host/0.key", "0's key");
    EXPECT_EQ(read("host").client, "A");
    EXPECT_EQ(read("host").client_key, "A's key");
    EXPECT_EQ(read("host").authorities, "");
}

TEST_F(OciCertificatesTest, HalfAPairIsToldBeforeAnybodyWonders) {
    put("own/host/a.cert", "A");
    EXPECT_THAT(refusal("host"), HasSubstr("own/host/a.cert: there is no a.key for it (certificates of authorities are called NAME.crt)"));
    put("docker/other/a.key", "A");
    EXPECT_THAT(refusal("other"), HasSubstr("docker/other/a.key: there is no a.cert for it"));
}

} // namespace
} // namespace lxcpp::image
