// SPDX-License-Identifier: Apache-2.0
#include "container/inventory_scan.h"
#include "container/record.h"
#include "sys/file.h"
#include "unit/inventory/inventory_fixture.h"

#include <gmock/gmock.h>

#include <fstream>

using namespace lxcpp;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

namespace {

class InventoryScan : public ::testing::Test {
protected:
    InventoryScan() {
        paths_.config = dir_.path() / "etc";
        paths_.state = dir_.path() / "state";
        paths_.data = dir_.path() / "data";
        for (const fs::path& path : {paths_.config, paths_.state, paths_.data})
            sys::make_dirs(path);
    }
    [[nodiscard]] const Paths& paths() const { return paths_; }
    [[nodiscard]] const fs::path& lxcpath() const { return paths_.state; }
    [[nodiscard]] ContainerKey key(const std::string& name) const {
        return {.lxcpath = lxcpath().string(), .name = name};
    }
    void add(const std::string& name, const std::string& config) const {
        sys::make_dirs(lxcpath() / name);
        std::ofstream(lxcpath() / name / "config") << config;
    }

private:
    sys::TempDir dir_{fs::temp_directory_path(), "lxcpp-scan-"};
    Paths paths_;
};

constexpr const char* kMapped =
    "# Template used to create this container: /x/templates/lxcpp-debian\n"
    "# Parameters passed to the template: -r sid\n"
    "lxc.idmap = u 0 2000683008 65536\n"
    "lxc.idmap = g 0 2000683008 65536\n";

} // namespace

TEST_F(InventoryScan, ReadsWhatCreateWroteIntoTheConfiguration) {
    add("c1", kMapped);
    add("c2", "# Parameters passed to the template: --no-validate\nlxc.uts.name = x\n");
    const Scan scan = scan_containers(lxcpath(), paths());
    EXPECT_THAT(scan.problems, IsEmpty());
    ASSERT_EQ(scan.containers.size(), 2u);
    EXPECT_EQ(scan.containers[0].key, key("c1"));
    EXPECT_EQ(scan.containers[0].origin, "template lxcpp-debian");
    EXPECT_TRUE(scan.containers[0].verified);
    EXPECT_FALSE(scan.containers[0].privileged);
    EXPECT_THAT(scan.containers[0].ranges, ElementsAre(IdRange{2000683008, 65536}));
    EXPECT_FALSE(scan.containers[1].verified);
    EXPECT_TRUE(scan.containers[1].privileged);
}

TEST_F(InventoryScan, HiddenDirectoriesAndStrangersAreNoContainers) {
    add(".c1.tmp", kMapped);
    sys::make_dirs(lxcpath() / "empty");
    EXPECT_THAT(scan_containers(lxcpath(), paths()).containers, IsEmpty());
    EXPECT_THAT(scan_containers(lxcpath() / "none", paths()).containers, IsEmpty());
}

TEST_F(InventoryScan, ABrokenConfigurationIsNamedAndTheRestOfItCounts) {
    add("broken", std::string(kMapped) + "lxc.nonsense = 1\n");
    add("sound", kMapped);
    const Scan scan = scan_containers(lxcpath(), paths());
    ASSERT_EQ(scan.containers.size(), 2u);
    EXPECT_THAT(scan.containers[0].ranges, ElementsAre(IdRange{2000683008, 65536}));
    ASSERT_EQ(scan.problems.size(), 1u);
    EXPECT_THAT(scan.problems[0], HasSubstr("broken/config:5: error: lxc.nonsense"));
}

// A container directory belongs to whoever made the container, who might point elsewhere.
TEST_F(InventoryScan, AConfigurationThatIsALinkIsNotRead) {
    std::ofstream(paths().data / "secret") << kMapped;
    sys::make_dirs(lxcpath() / "c1");
    fs::create_symlink(paths().data / "secret", lxcpath() / "c1/config");
    const Scan scan = scan_containers(lxcpath(), paths());
    ASSERT_EQ(scan.containers.size(), 1u);
    EXPECT_THAT(scan.containers[0].ranges, IsEmpty());
    EXPECT_EQ(scan.problems.size(), 1u);
}

// What would happen otherwise: the inventory is gone, and the next container gets the ids of an old
// one.
TEST_F(InventoryScan, ANewInventoryKnowsTheContainersBeforeARangeIsGivenOut) {
    add("old", kMapped);
    Inventory inventory = open_complete_inventory(paths(), lxcpath());
    EXPECT_TRUE(inventory.complete());
    ContainerRecord record;
    record.key = key("new");
    const RangeWish wish{.pools = {{2000683008, 2 * 65536}}, .count = 65536};
    EXPECT_THAT(inventory.add_container(record, wish).ranges,
                ElementsAre(IdRange{2000683008 + 65536, 65536}));
}

TEST_F(InventoryScan, ADamagedInventoryIsMovedAsideAndFilledAgain) {
    add("old", kMapped);
    std::ofstream(inventory_file(paths())) << std::string(8192, 'x');
    const Inventory inventory = open_complete_inventory(paths(), lxcpath());
    EXPECT_EQ(inventory.list().size(), 1u);
}

TEST_F(InventoryScan, LxcpathsAreTheGivenOnesOrAllThatAreKnown) {
    Inventory inventory = Inventory::open(inventory_file(paths()));
    ContainerRecord record;
    record.key = {.lxcpath = "/srv/ct", .name = "c1"};
    inventory.add_container(record);
    EXPECT_THAT(lxcpaths_to_scan(inventory, paths(), {"/a/", "/a"}), ElementsAre("/a"));
    EXPECT_THAT(lxcpaths_to_scan(inventory, paths()), ElementsAre(lxcpath().string(), "/srv/ct"));
}

TEST_F(InventoryScan, ReadsTheImageThatAContainerWasMadeOf) {
    const std::string digits(64, 'a');
    const std::string trees = "tree: " + std::string(64, 'c') + "\ntree: " + std::string(64, 'b') + "\n";
    for (const char* name : {"copied", "stacked"}) {
        const std::string stacked = "overlay:/i/trees/" + std::string(64, 'c') + ":/i/trees/" + std::string(64, 'b') + ":/b";
        const std::string root = name == std::string("stacked") ? stacked : "dir:/nowhere";
        add(name, "lxc.rootfs.path = " + root + "\n");
        std::ofstream(lxcpath() / name / "image") << "fingerprint: " + digits + "\nverified: no\nverification: --no-validate\n" + trees;
    }
    const Scan scan = scan_containers(lxcpath(), paths());
    EXPECT_THAT(scan.problems, IsEmpty());
    ASSERT_EQ(scan.containers.size(), 2u);
    EXPECT_EQ(scan.containers[0].image->fingerprint, digits);
    EXPECT_FALSE(scan.containers[0].verified);
    EXPECT_THAT(scan.containers[0].image->trees, IsEmpty()) << "a copy does without the image";
    EXPECT_THAT(scan.containers[1].image->trees, ElementsAre(std::string(64, 'b'), std::string(64, 'c')));
    EXPECT_EQ(scan.containers[1].origin, "image aaaaaaaaaaaa");
}

TEST_F(InventoryScan, ABrokenConfigurationNeedsTheWholeImage) {
    const std::string tree(64, 'c');
    const std::string root = "lxc.rootfs.path = overlay:/i/trees/" + tree + ":/b\n";
    add("no-root", "lxc.rootfs.path = overlay\nlxc.nonsense = x\n");
    add("no-record", root);
    add("neither", "lxc.nonsense = x\n");
    std::ofstream(lxcpath() / "no-root/image") << "fingerprint: " + std::string(64, 'a') + "\ntree: " + tree + "\n";
    for (const char* name : {"no-record", "neither"}) std::ofstream(lxcpath() / name / "image") << "nonsense\n";
    const Scan scan = scan_containers(lxcpath(), paths());
    ASSERT_EQ(scan.containers.size(), 3u);
    EXPECT_THAT(scan.containers[0].image->trees, ElementsAre(kEveryTree));
    EXPECT_THAT(scan.containers[1].image->trees, ElementsAre(tree)) << "what the root lies on";
    EXPECT_THAT(scan.containers[2].image->trees, ElementsAre(tree)) << "all that it could lie on";
}

// What is known of a container stays when it cannot be read any more; of one that is not known, nobody can say what it
// does without.
TEST_F(InventoryScan, ARebuildForgetsNoTreeThatMayBeNeeded) {
    const std::string tree(64, 'c');
    add("known", "lxc.rootfs.path = overlay:/i/trees/" + tree + ":/b\n");
    Inventory inventory = Inventory::open(inventory_file(paths()));
    std::vector<std::string> problems;
    const std::vector<std::string> here{lxcpath().string()};
    (void)rebuild_inventory(inventory, paths(), here, problems);
    EXPECT_EQ(inventory.users_of_tree(tree).size(), 1u) << "the root says it, without a record of the image";
    for (const char* name : {"known", "new"}) {
        add(name, "lxc.nonsense = x\n");
        std::ofstream(lxcpath() / name / "image") << "nonsense\n";
    }
    (void)rebuild_inventory(inventory, paths(), here, problems);
    EXPECT_EQ(inventory.users_of_tree(tree).size(), 2u);
    EXPECT_THAT(inventory.users_of_tree(std::string(64, 'd')), ElementsAre(key("new"))) << "it may be any";
}

TEST_F(InventoryScan, ADamagedRecordOfAnImageHidesNoIds) {
    add("c1", kMapped);
    std::ofstream(lxcpath() / "c1" / "image") << "nonsense\n";
    const Scan scan = scan_containers(lxcpath(), paths());
    ASSERT_EQ(scan.containers.size(), 1u);
    EXPECT_THAT(scan.containers[0].ranges, ElementsAre(IdRange{2000683008, 65536}));
    EXPECT_THAT(scan.problems, ElementsAre(HasSubstr("image: line 1")));
}
