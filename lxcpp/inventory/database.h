// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inventory/inventory_error.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <type_traits>

struct sqlite3;
struct sqlite3_stmt;

namespace lxcpp {

// Whether a transaction is on disk when it returns, or only safe against the death of processes.
enum class Durability { Disk, Process };
// Immutable: read without locks and without the write-ahead log; for a read-only file system.
enum class OpenMode { ReadWrite, ReadOnly, Immutable };

class Database;

// One prepared statement. Text is copied in and out. Throws InventoryError.
class Statement {
public:
    // Values for ?1, ?2, ... in order.
    Statement& bind(std::int64_t value);
    Statement& bind(std::string_view text);
    Statement& bind_null();
    template <typename T>
    Statement& bind(const std::optional<T>& value) {
        return value ? bind(*value) : bind_null();
    }

    [[nodiscard]] bool step(); // true: a row can be read
    void run();                // to the end, rows dropped

    // Columns of the row, from 0.
    [[nodiscard]] std::int64_t integer(int column) const;
    [[nodiscard]] std::string text(int column) const;
    [[nodiscard]] bool is_null(int column) const;

private:
    friend class Database;
    Statement(const Database& database, std::string_view sql);
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const noexcept;
    };
    const Database* database_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
    int next_ = 0;
};

// One connection to one SQLite file in WAL mode, used by one process: every use after a fork is an
// Error. Waits for other processes with a growing pause, up to busy_timeout_ms of CLOCK_MONOTONIC.
class Database {
public:
    static constexpr int kBusyTimeoutMs = 30'000;

    Database(const std::filesystem::path& file, OpenMode mode,
             int busy_timeout_ms = kBusyTimeoutMs);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    ~Database();

    [[nodiscard]] const std::string& file() const noexcept { return file_; }
    [[nodiscard]] Statement prepare(std::string_view sql) const;
    void execute(std::string_view sql) const;                       // one statement without values
    [[nodiscard]] std::int64_t integer(std::string_view sql) const; // first column of the first row
    [[nodiscard]] std::int64_t last_insert_id() const noexcept;
    [[nodiscard]] int changes() const noexcept; // rows of the last statement

    // Tries to switch to a write-ahead log; a file system without shared memory keeps the journal.
    void use_write_ahead_log() const;

    // Runs body() between BEGIN IMMEDIATE and COMMIT; rolls back when it throws. On a full disk the
    // write-ahead log is folded in, which frees its space, and body() runs once more: it must not
    // change anything but the data base.
    template <typename Body>
    auto write(Durability durability, Body&& body) {
        try {
            return write_once(durability, body);
        } catch (const InventoryError& error) {
            if (error.problem() != InventoryProblem::Full || !fold_log()) throw;
        }
        return write_once(durability, body);
    }

    // Copies the log into the file and begins it anew, in the space that it has. False when it
    // could not (the disk is full, or somebody reads).
    bool fold_log() const noexcept;

    [[noreturn]] void fail(int result, std::string_view what) const;

private:
    class Transaction {
    public:
        Transaction(const Database& database, Durability durability);
        Transaction(const Transaction&) = delete;
        Transaction& operator=(const Transaction&) = delete;
        ~Transaction();
        void commit();

    private:
        const Database& database_;
        bool open_ = true;
    };
    template <typename Body>
    auto write_once(Durability durability, Body& body) {
        Transaction transaction(*this, durability);
        if constexpr (std::is_void_v<decltype(body())>) {
            body();
            transaction.commit();
        } else {
            auto result = body();
            transaction.commit();
            return result;
        }
    }
    void check_process() const;
    void keep_log_short() const noexcept;
    void begin_log_anew() const noexcept;

    struct Wait; // of one contended lock, and what SQLite told us last
    struct Close {
        void operator()(sqlite3* handle) const noexcept;
    };
    friend class Statement;

    std::string file_;
    pid_t owner_;
    std::unique_ptr<Wait> wait_; // outlives handle_, which calls it
    std::unique_ptr<sqlite3, Close> handle_;
};

} // namespace lxcpp
