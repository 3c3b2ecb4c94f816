// SPDX-License-Identifier: Apache-2.0
#include "inventory/database.h"

#include "base/scope_exit.h"
#include "sys/limits.h"

#include <fmt/core.h>
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <random>
#include <thread>
#include <unistd.h>

namespace lxcpp {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;

// Small, because the first process after a pause reads the whole log again.
constexpr int kLogPages = 64;
// The file grows in steps of this many bytes: room to fold the log in when the disk is full.
constexpr int kGrowth = 128 * 1024;

InventoryProblem problem_of(int result, int system_error) {
    if (system_error == ENOSPC || system_error == EDQUOT) return InventoryProblem::Full;
    switch (result & 0xff) {
    case SQLITE_FULL:
        return InventoryProblem::Full;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return InventoryProblem::Corrupt;
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return InventoryProblem::ReadOnly;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return InventoryProblem::Busy;
    default:
        break;
    }
    if (system_error == EROFS || system_error == EACCES) return InventoryProblem::ReadOnly;
    return InventoryProblem::Other;
}

std::string_view advice(InventoryProblem problem) {
    switch (problem) {
    case InventoryProblem::Full:
        return "; nothing was changed: free some space and repeat";
    case InventoryProblem::Corrupt:
        return "; lxcpp-inventory rebuild restores it";
    case InventoryProblem::Busy:
        return "; another process keeps it locked";
    default:
        return "";
    }
}

std::string limit_note() {
    const auto limit = sys::file_size_limit();
    return limit ? fmt::format(" (File too large? ulimit -f allows files of {} bytes)", *limit) : "";
}

// SQLite's own text, with the system's reason where there was one.
std::string reason(sqlite3* handle, int result, int system_error) {
    std::string text = handle != nullptr ? sqlite3_errmsg(handle) : sqlite3_errstr(result);
    if (system_error != 0) text += fmt::format(" ({})", std::strerror(system_error));
    else if ((result & 0xff) == SQLITE_IOERR) text += limit_note(); // of which SQLite loses the number
    return text;
}

// file: URIs take percent escapes: a path goes in as it is.
std::string immutable_uri(const std::string& file) {
    std::string uri = "file:";
    for (const char c : file) {
        if (c == '%' || c == '?' || c == '#') {
            uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
        } else {
            uri += c;
        }
    }
    return uri + "?immutable=1";
}

} // namespace

// The busy handler's state. Pauses double from 0.2 ms to 25 ms and vary, so that many waiting
// writers do not knock in step.
struct Database::Wait {
    explicit Wait(int timeout_ms) : timeout(timeout_ms) {}

    bool pause(int round) {
        const auto now = Clock::now();
        if (round == 0) deadline = now + timeout;
        if (now >= deadline) return false;
        const long longest = std::min(200L << std::min(round, 7), 25'000L);
        std::uniform_int_distribution<long> pick(longest / 2, longest);
        const auto left = std::chrono::duration_cast<microseconds>(deadline - now);
        std::this_thread::sleep_for(std::min(microseconds(pick(random)), left));
        return true;
    }

    static int call(void* self, int round) {
        return static_cast<Wait*>(self)->pause(round) ? 1 : 0;
    }

    static int note_log(void* self, sqlite3*, const char*, int pages) {
        static_cast<Wait*>(self)->log_pages = pages;
        return SQLITE_OK;
    }

    int log_pages = 0; // of the write-ahead log, after the last commit
    std::chrono::milliseconds timeout;
    Clock::time_point deadline;
    std::minstd_rand random{static_cast<unsigned>(::getpid())};
};

void Statement::Finalize::operator()(sqlite3_stmt* statement) const noexcept {
    sqlite3_finalize(statement);
}

void Database::Close::operator()(sqlite3* handle) const noexcept {
    sqlite3_close_v2(handle);
}

Statement::Statement(const Database& database, std::string_view sql) : database_(&database) {
    sqlite3_stmt* statement = nullptr;
    const int result = sqlite3_prepare_v2(database.handle_.get(), sql.data(),
                                          static_cast<int>(sql.size()), &statement, nullptr);
    statement_.reset(statement);
    if (result != SQLITE_OK) database.fail(result, "read its structure");
}

Statement& Statement::bind(std::int64_t value) {
    const int result = sqlite3_bind_int64(statement_.get(), ++next_, value);
    if (result != SQLITE_OK) database_->fail(result, "pass a number");
    return *this;
}

Statement& Statement::bind(std::string_view text) {
    const char* data = text.data() != nullptr ? text.data() : "";
    const int result = sqlite3_bind_text64(statement_.get(), ++next_, data, text.size(),
                                           SQLITE_TRANSIENT, SQLITE_UTF8);
    if (result != SQLITE_OK) database_->fail(result, "pass a text");
    return *this;
}

Statement& Statement::bind_null() {
    ++next_; // what is not bound is NULL
    return *this;
}

bool Statement::step() {
    database_->check_process();
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) return false;
    database_->fail(result, sqlite3_stmt_readonly(statement_.get()) != 0 ? "read" : "write");
}

void Statement::run() {
    while (step()) {
    }
}

std::int64_t Statement::integer(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string Statement::text(int column) const {
    const auto* data = sqlite3_column_text(statement_.get(), column);
    if (data == nullptr) return {};
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

Database::Database(const std::filesystem::path& file, OpenMode mode, int busy_timeout_ms)
    : file_(file.string()), owner_(::getpid()), wait_(std::make_unique<Wait>(busy_timeout_ms)) {
    const int access = mode == OpenMode::ReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
    const int uri = mode == OpenMode::Immutable ? SQLITE_OPEN_URI : 0;
    const std::string name = mode == OpenMode::Immutable ? immutable_uri(file_) : file_;
    sqlite3* handle = nullptr;
    const int result = sqlite3_open_v2(
        name.c_str(), &handle, access | uri | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    handle_.reset(handle);
    if (result != SQLITE_OK) fail(result, "open");
    sqlite3_busy_handler(handle, &Wait::call, wait_.get());
    // The last process to close would otherwise write everything back and wait for the disk.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    // What a damaged or hostile file may not do: run functions from its schema.
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_FKEY, 1, nullptr);
    if (mode != OpenMode::ReadWrite) return;
    int growth = kGrowth;
    sqlite3_file_control(handle, "main", SQLITE_FCNTL_CHUNK_SIZE, &growth);
    sqlite3_wal_hook(handle, &Wait::note_log, wait_.get());
}

Database::~Database() {
    // In a child of fork(2) the connection belongs to the parent: closing would touch its locks.
    if (owner_ != ::getpid()) {
        static_cast<void>(handle_.release());
        static_cast<void>(wait_.release());
    }
}

void Database::check_process() const {
    if (owner_ != ::getpid()) {
        throw InventoryError(InventoryProblem::Other,
                             fmt::format("inventory {}: used after a fork: open it again", file_));
    }
}

void Database::fail(int result, std::string_view what) const {
    // The errno is that of the last failed file operation: only some results come from one.
    const int primary = result & 0xff;
    const bool from_system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN ||
                             primary == SQLITE_FULL || primary == SQLITE_PERM;
    const int error = from_system && handle_ ? sqlite3_system_errno(handle_.get()) : 0;
    const InventoryProblem problem = problem_of(result, error);
    throw InventoryError(problem,
                         fmt::format("inventory {}: {}: {}{}", file_, what,
                                     reason(handle_.get(), result, error), advice(problem)));
}

Statement Database::prepare(std::string_view sql) const {
    check_process();
    return {*this, sql};
}

void Database::execute(std::string_view sql) const {
    prepare(sql).run();
}

std::int64_t Database::integer(std::string_view sql) const {
    Statement statement = prepare(sql);
    return statement.step() ? statement.integer(0) : 0;
}

std::int64_t Database::last_insert_id() const noexcept {
    return sqlite3_last_insert_rowid(handle_.get());
}

int Database::changes() const noexcept {
    return sqlite3_changes(handle_.get());
}

void Database::use_write_ahead_log() const {
    // SQLite does not call the busy handler here: two processes could wait for each other.
    for (int round = 0;; ++round) {
        try {
            execute("PRAGMA journal_mode=WAL");
            return;
        } catch (const InventoryError& error) {
            if (error.problem() != InventoryProblem::Busy || !wait_->pause(round)) throw;
        }
    }
}

bool Database::fold_log() const noexcept {
    return sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_RESTART, nullptr,
                                     nullptr) == SQLITE_OK;
}

// SQLite's own automatic checkpoint copies the log but leaves it in place, and every process that opens the file
// alone takes what it finds there for new: with short connections only, the log would grow for ever.
void Database::keep_log_short() const noexcept {
    if (wait_->log_pages < kLogPages) return;
    wait_->log_pages = 0;
    sqlite3_busy_handler(handle_.get(), nullptr, nullptr); // a reader is no reason to wait: the next writer tries again
    if (fold_log()) begin_log_anew();
    sqlite3_busy_handler(handle_.get(), &Wait::call, wait_.get());
}

// Only a write marks in the file that what stands behind it is old.
void Database::begin_log_anew() const noexcept {
    try {
        execute(fmt::format("PRAGMA user_version={}", integer("PRAGMA user_version")));
    } catch (const InventoryError&) { // somebody else writes, which is as good
    }
}

Database::Transaction::Transaction(const Database& database, Durability durability)
    : database_(database) {
    database.execute(durability == Durability::Disk ? "PRAGMA synchronous=FULL"
                                                    : "PRAGMA synchronous=NORMAL");
    database.execute("BEGIN IMMEDIATE");
}

void Database::Transaction::commit() {
    database_.execute("COMMIT");
    open_ = false;
    database_.keep_log_short();
}

Database::Transaction::~Transaction() {
    // Some errors (a full disk) have rolled back already.
    if (!open_ || sqlite3_get_autocommit(database_.handle_.get()) != 0) return;
    sqlite3_exec(database_.handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

} // namespace lxcpp
