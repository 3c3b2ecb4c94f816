// SPDX-License-Identifier: Apache-2.0
#include "image/archive_kind.h"

#include "image_builder.h"
#include "support/error_of.h"
#include "support/temp_dir.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

ArchiveKind kind(const std::string& content) {
    const test::TempDir dir;
    const Fd file = file_of(dir / "x", content);
    const ArchiveKind found = archive_kind(file, "x");
    EXPECT_EQ(sys::read_all(file, "x"), content); // at its beginning again
    return found;
}

TEST(ArchiveKind, IsToldByTheMembers) {
    EXPECT_EQ(kind(combined_archive()), ArchiveKind::Combined);
    EXPECT_EQ(kind(root_members("rootfs/") + incus_archive()), ArchiveKind::Combined);
    EXPECT_EQ(kind(incus_archive()), ArchiveKind::Metadata);
    EXPECT_EQ(kind(make_tar(TarMember{.name = "config"}, TarMember{.name = "expiry"})), ArchiveKind::Metadata);
    for (const char* name : {"config-user.1", "config.4", "create-message"})
        EXPECT_EQ(kind(make_tar(TarMember{.name = name}, TarMember{.name = "expiry"})), ArchiveKind::Metadata) << name;
    EXPECT_EQ(kind(root_archive()), ArchiveKind::Root);
    EXPECT_EQ(kind(make_tar(TarMember{.name = "backup/", .type = '5'},
                            TarMember{.name = "backup/index.yaml"})),
              ArchiveKind::Backup);
    const TarMember layout{.name = "oci-layout"};
    EXPECT_EQ(kind(make_tar(TarMember{.name = "blobs/", .type = '5'},
                            TarMember{.name = "blobs/sha256/0123"}, TarMember{.name = "index.json"},
                            layout)),
              ArchiveKind::Oci);
    EXPECT_EQ(kind(make_tar(layout, TarMember{.name = "index.json"})), ArchiveKind::Oci);
    EXPECT_EQ(kind(make_tar(TarMember{.name = "blobs/", .type = '5'},
                            TarMember{.name = "bin/", .type = '5'})),
              ArchiveKind::Root);
    EXPECT_EQ(kind("hsqs" + std::string(100, 'x')), ArchiveKind::Root);
    EXPECT_NE(test::error_of([] { (void)kind("no archive"); }), "");
}

} // namespace
} // namespace lxcpp::image
