// SPDX-License-Identifier: Apache-2.0
#include "unit/inventory/inventory_fixture.h"

#include <lxcpp/error.h>

#include <gmock/gmock.h>

#include <sys/stat.h>

using namespace lxcpp;
using namespace lxcpp::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Containers = InventoryTest;

template <typename Body>
StateProblem state_problem(Body&& body) {
    try {
        body();
    } catch (const StateError& error) {
        return error.problem();
    }
    throw std::runtime_error("no StateError was thrown");
}

TEST_F(Containers, NewFileIsPrivateAndSaysThatItIsNew) {
    EXPECT_FALSE(open().complete());
    EXPECT_FALSE(open().complete());
    struct stat info {};
    ASSERT_EQ(::stat(file().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777u, 0600u);
}

TEST_F(Containers, WhatIsAddedIsFoundAgain) {
    Inventory inventory = open();
    ContainerRecord made = record("c1", {{1000, 10}, {5000, 1}});
    made.privileged = true;
    made.verified = false;
    made.ready = false;
    made.creator = {.pid = 77, .start_time = 123456789, .boot_id = "boot"};
    made.rootfs_device = ~0ull; // all 64 bits survive
    made.rootfs_inode = 42;
    EXPECT_EQ(inventory.add_container(made), made);
    EXPECT_EQ(open().find(made.key), made);
    EXPECT_EQ(inventory.find(key("c2")), std::nullopt);
}

TEST_F(Containers, TheSameNameTwiceIsRefusedButNotInAnotherLxcpath) {
    Inventory inventory = open();
    inventory.add_container(record("c1"));
    EXPECT_EQ(state_problem([&] { inventory.add_container(record("c1")); }), StateProblem::Exists);
    ContainerRecord other = record("c1");
    other.key.lxcpath = "/srv/ct";
    EXPECT_NO_THROW(inventory.add_container(other));
}

TEST_F(Containers, OneLxcpathWrittenInTwoWaysIsOne) {
    Inventory inventory = open();
    inventory.add_container(record("c1"));
    EXPECT_TRUE(inventory.find(key("c1", "/var/lib/lxcpp/")));
    EXPECT_TRUE(inventory.find(key("c1", "/var//lib/./lxcpp")));
    EXPECT_EQ(inventory.list("/var/lib/lxcpp/").size(), 1u);
}

TEST_F(Containers, UnfinishedOnesAreThoseOfOneLxcpathThatAreNotReady) {
    Inventory inventory = open();
    inventory.add_container(record("c1"));
    for (const ContainerKey& one : {key("c2"), key("c3", "/elsewhere")}) {
        ContainerRecord made = record("c2");
        made.key = one;
        made.ready = false;
        inventory.add_container(made);
    }
    const auto found = inventory.unfinished("/var/lib/lxcpp/");
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found.front().key.name, "c2");
}

TEST_F(Containers, ReadyForgetsTheCreator) {
    Inventory inventory = open();
    ContainerRecord made = record("c1");
    made.ready = false;
    made.creator = {.pid = 77, .start_time = 1, .boot_id = "boot"};
    inventory.add_container(made);
    inventory.set_ready(made.key, 5, 6);
    const ContainerRecord stored = *inventory.find(made.key);
    EXPECT_TRUE(stored.ready);
    EXPECT_EQ(stored.creator, ProcessRecord{});
    EXPECT_EQ(stored.rootfs_device, 5u);
    EXPECT_EQ(stored.rootfs_inode, 6u);
    EXPECT_EQ(state_problem([&] { inventory.set_ready(key("c9"), 1, 1); }), StateProblem::NotFound);
}

TEST_F(Containers, RemoveFreesEverythingOfIt) {
    Inventory inventory = open();
    inventory.add_container(record("c1"), wish(1));
    inventory.set_run(key("c1"), {.init = {.pid = 5}});
    inventory.remove_container(key("c1"));
    EXPECT_TRUE(inventory.list().empty());
    EXPECT_TRUE(inventory.all_ranges().empty());
    EXPECT_TRUE(inventory.check().empty());
    EXPECT_NO_THROW(inventory.remove_container(key("c1")));
}

TEST_F(Containers, RenameKeepsRangesAndRefusesATakenName) {
    Inventory inventory = open();
    inventory.add_container(record("c1"), wish(1));
    inventory.add_container(record("c2"));
    EXPECT_EQ(state_problem([&] { inventory.rename_container(key("c1"), key("c2")); }),
              StateProblem::Exists);
    EXPECT_EQ(state_problem([&] { inventory.rename_container(key("no"), key("c3")); }),
              StateProblem::NotFound);
    inventory.rename_container(key("c1"), key("c3"));
    EXPECT_EQ(inventory.find(key("c1")), std::nullopt);
    EXPECT_EQ(inventory.find(key("c3"))->ranges.size(), 1u);
}

TEST_F(Containers, ListHasRunsAndRangesByName) {
    Inventory inventory = open();
    inventory.add_container(record("b", {{100, 5}, {10, 5}}));
    inventory.add_container(record("a"));
    inventory.add_container(record("c", {{1000, 5}}));
    const RunRecord run{.init = {.pid = 5, .start_time = 6, .boot_id = "x"},
                        .supervisor = {.pid = 7, .start_time = 8, .boot_id = "x"},
                        .state = State::Frozen,
                        .started_at = 9,
                        .started_by = 1000};
    inventory.set_run(key("b"), run);
    const auto rows = inventory.list("/var/lib/lxcpp");
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0].container.key.name, "a");
    EXPECT_EQ(rows[0].run, std::nullopt);
    EXPECT_EQ(rows[1].run, run);
    EXPECT_THAT(rows[1].container.ranges, ElementsAre(IdRange{10, 5}, IdRange{100, 5}));
    EXPECT_THAT(rows[2].container.ranges, ElementsAre(IdRange{1000, 5}));
    EXPECT_TRUE(inventory.list("/elsewhere").empty());
}

TEST_F(Containers, AHandleThatCrossedAForkIsRefused) {
    Inventory inventory = open();
    inventory.add_container(record("c1"));
    const pid_t child = in_child([&] {
        try {
            static_cast<void>(inventory.list());
        } catch (const InventoryError& error) {
            return std::string(error.what()).find("used after a fork") != std::string::npos;
        }
        return false;
    });
    EXPECT_TRUE(succeeded(child));
    EXPECT_EQ(inventory.list().size(), 1u);
}

TEST_F(Containers, ReadOnlyNeedsAnExistingFileAndCannotWrite) {
    EXPECT_FALSE(Inventory::open_read_only(file()));
    open().add_container(record("c1"));
    auto reader = Inventory::open_read_only(file());
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->list().size(), 1u);
    try {
        reader->add_container(record("c2"));
        FAIL() << "a read-only inventory was written";
    } catch (const InventoryError& error) {
        EXPECT_EQ(error.problem(), InventoryProblem::ReadOnly);
        EXPECT_THAT(error.what(), HasSubstr("attempt to write a readonly database"));
    }
}

TEST_F(Containers, AReaderSeesWhatAWriterHasCommittedMeanwhile) {
    Inventory writer = open();
    auto reader = Inventory::open_read_only(file());
    ASSERT_TRUE(reader);
    EXPECT_TRUE(reader->list().empty());
    writer.add_container(record("c1"));
    EXPECT_EQ(reader->list().size(), 1u);
}

TEST_F(Containers, TheImageOfAContainerIsFoundAgainWithItsUsers) {
    Inventory inventory = open();
    ContainerRecord made = record("c1", {{1000, 10}, {5000, 1}});
    made.image = ImageOrigin{.fingerprint = "ff", .source = "https://x", .signer = "", .verification = "why", .verified = true, .trees = {"t1", "t2"}};
    EXPECT_EQ(inventory.add_container(made), made);
    EXPECT_EQ(inventory.add_container(record("c2")).image, std::nullopt);
    EXPECT_THAT(inventory.users_of_tree("t2"), ElementsAre(key("c1")));
    EXPECT_THAT(inventory.users_of_image("ff"), ElementsAre(key("c1")));
    EXPECT_TRUE(inventory.users_of_tree("t").empty());
    ImageOrigin copied{.fingerprint = "ff", .source = "", .signer = "", .verification = "", .verified = false, .trees = {}};
    inventory.set_image(key("c2"), copied);
    EXPECT_EQ(inventory.find(key("c2"))->image, copied);
    EXPECT_FALSE(inventory.find(key("c2"))->verified) << "a container of an image that nobody verified";
    EXPECT_THAT(inventory.users_of_image("ff"), ElementsAre(key("c1"), key("c2")));
    inventory.remove_container(key("c1"));
    EXPECT_TRUE(inventory.users_of_tree("t2").empty());
    EXPECT_TRUE(inventory.check().empty());
}
