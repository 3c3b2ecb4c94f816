// SPDX-License-Identifier: Apache-2.0
#include "image/hashed_file.h"

#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

TEST(HashedFile, GivesOnlyBytesThatWereHashed) {
    const test::TempDir dir;
    std::string text(1'000'000, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 7 / 1000);
    sys::write_file_atomic(dir / "f", "junk" + text);
    const Fd fd = sys::open_file(dir / "f", {.access = sys::Access::ReadWrite});
    sys::seek_to(fd, 4, "f");
    Sha256 before;
    before.update("before");
    HashedFile file(fd, "f", before);
    EXPECT_EQ(file.sha256(), sha256_hex("before" + text));
    EXPECT_EQ(file.size(), text.size());
    std::string part(300'000, '\0');
    for (const std::uint64_t offset : {700'000u, 0u, 131'071u, 5u}) {
        file.read_at(offset, part);
        EXPECT_TRUE(part == text.substr(offset, part.size())) << offset;
    }
    EXPECT_EQ(test::error_of([&] { file.read_at(800'000, part); }), "f: damaged: it ends too early");
    EXPECT_EQ(test::error_of([&] { file.read_at(UINT64_MAX, part); }), "f: damaged: it ends too early");
    HashedFile changed(fd, "f"); // from the end of the file: nothing
    EXPECT_EQ(changed.size(), 0u);
    sys::write_at(fd, "x", 4 + 600'000, "f");
    EXPECT_EQ(test::error_of([&] { file.read_at(500'000, part); }), "f: it changed while it was read");
}

} // namespace
} // namespace lxcpp::image
