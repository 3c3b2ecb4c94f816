// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inventory/inventory_error.h"
#include "inventory/records.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp {

class Database;

// The index over all containers of one administrator (<state>/inventory.db) and the only SQL in the
// project. Each call is one transaction: it is there as a whole or not at all, and waits up to 30 s
// for other processes. Everything throws InventoryError, or StateError where it says so.
//
// Open it late and close it early; it must not be open across a fork or clone (a call on such a
// handle is refused). Lock order: container, then inventory.
//
// Containers and id ranges are on disk when the call returns. Runs and events are safe against the
// death of every process, but a power failure may lose the last of them: a run does not survive it
// anyway, and a start does not wait for the disk.
class Inventory {
public:
    // Creates the file (0600) and missing directories; brings an older one up to date. A damaged
    // file is moved aside (quarantine) and InventoryError{Corrupt} thrown: open again, then
    // rebuild().
    [[nodiscard]] static Inventory open(const std::filesystem::path& file);
    // nullopt when there is none. Writes nothing, also works on a read-only file system.
    [[nodiscard]] static std::optional<Inventory> open_read_only(const std::filesystem::path& file);
    // Renames a damaged file to FILE.corrupt-<time> unless another process did so already or it
    // turns out to be sound. Returns the new name.
    static std::optional<std::filesystem::path> quarantine(const std::filesystem::path& file);

    Inventory(Inventory&&) noexcept;
    Inventory& operator=(Inventory&&) noexcept;
    ~Inventory();

    // False for a new file until rebuild() was called once: containers that exist already may not
    // be in it, so that no range may be given out yet.
    [[nodiscard]] bool complete() const;

    // Adds a container, with the ranges it names and, with a wish, one more that is free. Returns
    // the record as stored. Throws StateError{Exists}, and Error when the pools have no free range
    // left.
    ContainerRecord add_container(ContainerRecord record,
                                  const std::optional<RangeWish>& wish = std::nullopt);
    // The create has finished: ready = true, with the marker of its root directory.
    void set_ready(const ContainerKey& key, std::uint64_t rootfs_device,
                   std::uint64_t rootfs_inode, const Event* event = nullptr);
    // What the container was made of, in place of what was known; verified follows the image.
    void set_image(const ContainerKey& key, const ImageOrigin& image);
    // The containers that cannot do without a tree of the store of images, and those that were made of an image.
    [[nodiscard]] std::vector<ContainerKey> users_of_tree(std::string_view tree) const;
    [[nodiscard]] std::vector<ContainerKey> users_of_image(std::string_view fingerprint) const;
    // Also frees its ranges and its run; no error when absent.
    void remove_container(const ContainerKey& key);
    // Throws StateError{NotFound} and StateError{Exists}.
    void rename_container(const ContainerKey& from, const ContainerKey& to);

    [[nodiscard]] std::optional<ContainerRecord> find(const ContainerKey& key) const;
    // All containers of one lxcpath, or of all, with their runs, by lxcpath and name: one query.
    [[nodiscard]] std::vector<ListedContainer>
    list(const std::optional<std::string>& lxcpath = std::nullopt) const;
    // Those of one lxcpath whose create has not said that it finished.
    [[nodiscard]] std::vector<ContainerRecord> unfinished(const std::string& lxcpath) const;

    // A range that overlaps no range of any container. Throws StateError{NotFound} for an unknown
    // container, Error when the pools are used up.
    IdRange allocate_range(const ContainerKey& key, const RangeWish& wish);
    // Ranges that the container's own configuration maps, in place of those known so far. They may
    // overlap others (an explicit lxc.idmap is obeyed) but are never handed out. Adds an unknown
    // container.
    void note_ranges(const ContainerKey& key, std::span<const IdRange> ranges);
    [[nodiscard]] std::vector<IdRange> all_ranges() const;
    [[nodiscard]] std::vector<RangeConflict> conflicts() const;

    // What runs now, and the event that tells of it, in one transaction. An unknown container is
    // added.
    void set_run(const ContainerKey& key, RunRecord run, const Event* event = nullptr);
    void set_run_state(const ContainerKey& key, State state, const Event* event = nullptr);
    // The run of this init has ended; a run that began meanwhile stays.
    void clear_run(const ContainerKey& key, const ProcessRecord& init, const Event* event = nullptr);
    [[nodiscard]] std::optional<RunRecord> find_run(const ContainerKey& key) const;

    void record_event(const Event& event);
    [[nodiscard]] std::vector<Event> events(const EventFilter& filter = {}) const;

    // Makes the containers of these lxcpaths what scan finds on disk; it is called while nobody
    // else can write. What only the inventory knows (origin, arguments, runs, events) stays;
    // unfinished creates stay; other lxcpaths are not touched.
    RebuildReport rebuild(std::span<const std::string> lxcpaths,
                          const std::function<std::vector<ContainerRecord>()>& scan);
    // Damage that SQLite finds, one line each; empty = sound.
    [[nodiscard]] std::vector<std::string> check() const;

private:
    explicit Inventory(std::unique_ptr<Database> database);

    std::unique_ptr<Database> database_;
};

} // namespace lxcpp
