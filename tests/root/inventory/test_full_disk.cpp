// SPDX-License-Identifier: Apache-2.0
#include "unit/inventory/inventory_fixture.h"

#include "inventory/database.h"

#include <gmock/gmock.h>

#include <fstream>
#include <sys/mount.h>

using namespace lxcpp;
using namespace lxcpp::testing;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

// A file system of a few hundred kilobytes.
class FullDisk : public ::testing::Test {
protected:
    void SetUp() override {
        if (::geteuid() != 0) GTEST_SKIP() << "needs root: mounts a tmpfs";
        ASSERT_EQ(::mount("lxcpp-test", disk().c_str(), "tmpfs", 0, "size=512k"), 0);
        mounted_ = true;
    }
    void TearDown() override {
        if (mounted_) ::umount2(disk().c_str(), MNT_DETACH);
    }
    [[nodiscard]] const fs::path& disk() const { return dir_.path(); }
    [[nodiscard]] fs::path file() const { return disk() / "inventory.db"; }

    void fill_up() const {
        std::ofstream filler(disk() / "filler", std::ios::binary);
        const std::string block(1024, 'x');
        while (filler.write(block.data(), 1024) && filler.flush()) {
        }
    }
    void remount(const char* options, unsigned long flags) const {
        ASSERT_EQ(::mount("none", disk().c_str(), "none", MS_REMOUNT | flags, options), 0);
    }

private:
    sys::TempDir dir_{fs::temp_directory_path(), "lxcpp-disk-"};
    bool mounted_ = false;
};

// Adds containers until the disk is full; how many were acknowledged.
int add_until_full(Inventory& inventory) {
    for (int added = 0; added < 10'000; ++added) {
        ContainerRecord made = record("c" + std::to_string(added), {{1000u + added * 10u, 10}});
        made.create_args = std::string(2000, 'a');
        try {
            inventory.add_container(made);
        } catch (const InventoryError& error) {
            EXPECT_EQ(error.problem(), InventoryProblem::Full) << error.what();
            EXPECT_THAT(error.what(), HasSubstr("nothing was changed: free some space and repeat"));
            return added;
        }
    }
    return -1;
}

} // namespace

TEST_F(FullDisk, IsATypedErrorAndWhatWasAcknowledgedStays) {
    Inventory inventory = Inventory::open(file());
    const int added = add_until_full(inventory);
    ASSERT_GT(added, 10);
    EXPECT_EQ(inventory.list().size(), static_cast<std::size_t>(added));
    EXPECT_TRUE(inventory.check().empty());
}

TEST_F(FullDisk, TheDataBaseWorksAgainOnceThereIsSpace) {
    Inventory inventory = Inventory::open(file());
    const int added = add_until_full(inventory);
    remount("size=2m", 0);
    inventory.add_container(record("later"));
    EXPECT_EQ(Inventory::open(file()).list().size(), static_cast<std::size_t>(added) + 1);
    EXPECT_TRUE(inventory.check().empty());
}

// What an administrator with a full disk does first.
TEST_F(FullDisk, RemovingAndListingNeedNoSpace) {
    Inventory inventory = Inventory::open(file());
    for (int i = 0; i < 20; ++i) inventory.add_container(record("c" + std::to_string(i)));
    fill_up();
    for (int i = 0; i < 20; ++i) inventory.remove_container(key("c" + std::to_string(i)));
    EXPECT_TRUE(inventory.list().empty());
}

TEST_F(FullDisk, AFileThatCannotBeMadeIsReportedAndLeavesNoHalf) {
    fill_up();
    try {
        static_cast<void>(Inventory::open(file()));
        FAIL() << "a data base fitted on a full disk";
    } catch (const InventoryError& error) {
        EXPECT_EQ(error.problem(), InventoryProblem::Full) << error.what();
    }
    fs::remove(disk() / "filler");
    EXPECT_TRUE(Inventory::open(file()).list().empty());
}

TEST_F(FullDisk, AReadOnlyFileSystemCanBeListedAndSaysSoWhenWritten) {
    Inventory::open(file()).add_container(record("c1"));
    Database(file(), OpenMode::ReadWrite).execute("PRAGMA wal_checkpoint(TRUNCATE)");
    remount("size=512k", MS_RDONLY);
    const auto reader = Inventory::open_read_only(file());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->list().size(), 1u);
    try {
        Inventory::open(file()).add_container(record("c2"));
        FAIL() << "a read-only file system was written";
    } catch (const InventoryError& error) {
        EXPECT_EQ(error.problem(), InventoryProblem::ReadOnly) << error.what();
    }
}

TEST_F(FullDisk, AReadOnlyFileSystemWithAnUnfinishedLogCanBeListed) {
    Inventory::open(file()).add_container(record("c1"));
    ASSERT_GT(fs::file_size(file().string() + "-wal"), 0u);
    remount("size=512k", MS_RDONLY);
    const auto reader = Inventory::open_read_only(file());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->list().size(), 1u);
}
