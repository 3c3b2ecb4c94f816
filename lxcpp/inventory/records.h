// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/id_range.h"

#include <lxcpp/state.h>

#include <cstdint>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

// The rows of the inventory as values. Times are wall clock: they are shown, never computed with.
namespace lxcpp {

// Which container. lxcpath is stored in normal form without a trailing '/': "/x" and "/x/" are one.
struct ContainerKey {
    std::string lxcpath;
    std::string name;
    bool operator==(const ContainerKey&) const = default;
};

// A process that cannot be confused with a later one of the same number.
struct ProcessRecord {
    pid_t pid = 0; // 0 = none
    std::uint64_t start_time = 0;
    std::string boot_id;
    bool operator==(const ProcessRecord&) const = default;
};

// The image of the store that a container was made of.
inline constexpr std::string_view kEveryTree = "*";

struct ImageOrigin {
    std::string fingerprint;
    std::string source;
    std::string signer;       // fingerprint of a key; empty: nobody signed
    std::string verification; // how it was verified, or why not
    bool verified = false;
    std::vector<std::string> trees; // of the store, that it cannot do without; sorted. kEveryTree: nobody knows which
    bool operator==(const ImageOrigin&) const = default;
};

struct ContainerRecord {
    ContainerKey key;
    std::int64_t created = 0; // seconds; 0 = now
    std::string origin;       // "template debian", "copy of c1", "rebuild"
    std::string create_args;  // the template's arguments, as a JSON array
    bool privileged = false;
    bool verified = true; // false: created with --no-validate, and shown as such
    bool ready = true;    // false: a create is (or was) at work; creator says which process
    ProcessRecord creator;
    std::uint64_t rootfs_device = 0; // st_dev and st_ino of the root directory, 0 = not known
    std::uint64_t rootfs_inode = 0;
    std::vector<IdRange> ranges; // host ids it maps, ascending
    std::optional<ImageOrigin> image = std::nullopt; // none: made without one
    bool operator==(const ContainerRecord&) const = default;
};

// A started container as it was written at its last change of state: a hint where to look, never
// proof that it runs.
struct RunRecord {
    ProcessRecord init;
    ProcessRecord supervisor;
    State state = State::Starting;
    std::int64_t started_at = 0; // seconds; 0 = now
    uid_t started_by = 0;
    bool operator==(const RunRecord&) const = default;
};

struct ListedContainer {
    ContainerRecord container;
    std::optional<RunRecord> run;
};

// Something that happened to a container. It outlives the container's own row.
struct Event {
    std::int64_t id = 0;      // given by the inventory, ascending
    std::int64_t time_ms = 0; // milliseconds; 0 = now
    ContainerKey key;
    std::string event; // "create", "start", "stop", "reboot", "freeze", "destroy", ...
    std::optional<State> state;
    uid_t uid = 0;                  // who asked
    std::optional<int> exit_status; // of init, as a shell reports it: code, or 128 + signal
    std::string detail;
    bool operator==(const Event&) const = default;
};

struct EventFilter {
    std::optional<std::string> lxcpath;
    std::optional<std::string> name;
    std::optional<std::string> event;
    std::int64_t after_id = 0; // only later ones
    std::int64_t since_ms = 0; // not before this time
    std::size_t limit = 1'000; // the newest that match, oldest first; 0 = all
};

// Asks for count ids from the pools, tried in this order.
struct RangeWish {
    std::vector<IdRange> pools;
    std::uint32_t count = 65536;
};

struct RebuildReport {
    std::vector<ContainerKey> added;
    std::vector<ContainerKey> updated; // their ranges or privilege had been wrong
    std::vector<ContainerKey> removed; // no directory any more
};

// Two containers that may touch each other's files and processes.
struct RangeConflict {
    ContainerKey first;
    ContainerKey second;
    IdRange range; // of the second
};

} // namespace lxcpp
