// SPDX-License-Identifier: Apache-2.0
#include "unit/inventory/inventory_fixture.h"

#include "inventory/database.h"

#include <gmock/gmock.h>

using namespace lxcpp;
using namespace lxcpp::testing;

using Runs = InventoryTest;

namespace {

Event event(const std::string& name, const std::string& word) {
    return {.time_ms = 1'700'000'000'000, .key = key(name), .event = word, .uid = 1000};
}

} // namespace

TEST_F(Runs, ARunAndItsEventComeTogether) {
    Inventory inventory = open();
    const Event started = event("c1", "start");
    inventory.set_run(key("c1"), {.init = {.pid = 5}, .state = State::Running}, &started);
    ASSERT_TRUE(inventory.find_run(key("c1")));
    EXPECT_EQ(inventory.find_run(key("c1"))->state, State::Running);
    EXPECT_EQ(inventory.events().size(), 1u);
    const Event frozen = event("c1", "freeze");
    inventory.set_run_state(key("c1"), State::Frozen, &frozen);
    EXPECT_EQ(inventory.find_run(key("c1"))->state, State::Frozen);
    const Event stopped = event("c1", "stop");
    inventory.clear_run(key("c1"), {.pid = 5}, &stopped);
    EXPECT_EQ(inventory.find_run(key("c1")), std::nullopt);
    EXPECT_EQ(inventory.events().size(), 3u);
}

TEST_F(Runs, ASecondStartReplacesTheFirst) {
    Inventory inventory = open();
    inventory.set_run(key("c1"), {.init = {.pid = 5}});
    inventory.set_run(key("c1"), {.init = {.pid = 6}});
    EXPECT_EQ(inventory.find_run(key("c1"))->init.pid, 6);
    EXPECT_EQ(inventory.list().size(), 1u);
}

// A clean-up notes the end only after it was told; the container may run again by then.
TEST_F(Runs, TheEndOfOneRunLeavesTheNext) {
    Inventory inventory = open();
    const ProcessRecord first{.pid = 5, .start_time = 7, .boot_id = "b"};
    const Event stopped = event("c1", "stop");
    for (const ProcessRecord& next : {ProcessRecord{6, 7, "b"}, ProcessRecord{5, 8, "b"}, ProcessRecord{5, 7, "c"}}) {
        inventory.set_run(key("c1"), {.init = next});
        inventory.clear_run(key("c1"), first, &stopped);
        EXPECT_TRUE(inventory.find_run(key("c1"))) << next.pid << ' ' << next.start_time << ' ' << next.boot_id;
    }
    EXPECT_EQ(inventory.events().size(), 3u);
}

TEST_F(Runs, EventsKeepEveryField) {
    Inventory inventory = open();
    Event full = event("c1", "stop");
    full.state = State::Stopped;
    full.exit_status = 137;
    full.detail = "killed\nby 'root'";
    inventory.record_event(full);
    inventory.record_event(event("c1", "destroy"));
    auto events = inventory.events();
    ASSERT_EQ(events.size(), 2u);
    full.id = events[0].id;
    EXPECT_EQ(events[0], full);
    EXPECT_EQ(events[1].state, std::nullopt);
    EXPECT_EQ(events[1].exit_status, std::nullopt);
}

TEST_F(Runs, EventsOutliveTheirContainer) {
    Inventory inventory = open();
    inventory.add_container(record("c1"));
    inventory.record_event(event("c1", "create"));
    inventory.remove_container(key("c1"));
    EXPECT_EQ(inventory.events({.name = "c1"}).size(), 1u);
}

TEST_F(Runs, FilterAndLimitGiveTheNewestInOrder) {
    Inventory inventory = open();
    for (int i = 0; i < 5; ++i) {
        inventory.record_event(event(i % 2 == 0 ? "even" : "odd", std::to_string(i)));
    }
    const auto words = [&](const EventFilter& filter) {
        std::string text;
        for (const Event& found : inventory.events(filter)) text += found.event;
        return text;
    };
    EXPECT_EQ(words({}), "01234");
    EXPECT_EQ(words({.limit = 2}), "34");
    EXPECT_EQ(words({.limit = 0}), "01234");
    EXPECT_EQ(words({.name = "even"}), "024");
    EXPECT_EQ(words({.event = "3"}), "3");
    EXPECT_EQ(words({.lxcpath = "/var/lib/lxcpp/"}), "01234");
    EXPECT_EQ(words({.lxcpath = "/else"}), "");
    EXPECT_EQ(words({.after_id = 3}), "34");
    EXPECT_EQ(words({.since_ms = 1'700'000'000'001}), "");
}

TEST_F(Runs, OldEventsAreCutOff) {
    Inventory inventory = open();
    inventory.record_event(event("c1", "first"));
    // The next event has the number at which the oldest are cut off.
    Database(file(), OpenMode::ReadWrite)
        .execute("UPDATE sqlite_sequence SET seq = 100999 WHERE name = 'events'");
    inventory.record_event(event("c1", "second"));
    const auto left = inventory.events({.limit = 0});
    ASSERT_EQ(left.size(), 1u);
    EXPECT_EQ(left[0].event, "second");
}

// As the tools use it: every process opens the file alone, and is gone before the next one comes.
TEST_F(Runs, TheLogOfShortConnectionsStaysShort) {
    const Event started = event("c1", "start");
    std::uintmax_t largest = 0;
    for (int i = 0; i < 300; ++i) {
        open().set_run(key("c1"), {.init = {.pid = i}}, &started);
        largest = std::max(largest, std::filesystem::file_size(file().string() + "-wal"));
    }
    EXPECT_LT(largest, 128u * 4120);
    EXPECT_EQ(open().events().size(), 300u);
    EXPECT_EQ(open().find_run(key("c1"))->init.pid, 299);
}

TEST_F(Runs, AReaderDoesNotDelayWhoShortensTheLog) {
    open().record_event(event("c1", "create"));
    const Database reader(file(), OpenMode::ReadOnly);
    Statement held = reader.prepare("SELECT id FROM events");
    ASSERT_TRUE(held.step()); // a read transaction that stays open
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) open().record_event(event("c1", "start"));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(Database::kBusyTimeoutMs / 1000));
    EXPECT_EQ(open().events().size(), 101u);
}
