// SPDX-License-Identifier: Apache-2.0
#include "start/run_note.h"

#include "base/error.h"
#include "base/log.h"
#include "base/strings.h"
#include "host/own_ids.h"
#include "host/subid.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"
#include "sys/lock.h"
#include "sys/own_namespace.h"
#include "sys/rooted_dir.h"

#include <fmt/core.h>

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <limits>
#include <span>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr const char* kFile = ".running";
constexpr std::string_view kHead = "lxcpp-run 1";
constexpr std::size_t kMost = 8192;
constexpr std::chrono::seconds kPatience{2}; // for others who only look, and for a start that fails just now

std::string print_process(const sys::ProcessId& id) { return fmt::format("{} {} {}", id.pid, id.start_time, id.boot_id); }

std::optional<sys::ProcessId> parse_process(std::string_view text) {
    const auto words = split_words(text);
    if (words.size() != 3) return std::nullopt;
    const auto pid = parse_u64(words[0]);
    const auto start = parse_u64(words[1]);
    if (!pid || *pid == 0 || *pid > static_cast<std::uint64_t>(std::numeric_limits<pid_t>::max()) || !start) return std::nullopt;
    return sys::ProcessId{static_cast<pid_t>(*pid), *start, std::string(words[2])};
}

bool take_pair(RunNote& note, std::string_view text) {
    const auto words = split_words(text);
    if (words.size() != 2) return false;
    const auto device = parse_u64(words[0]);
    const auto inode = parse_u64(words[1]);
    note.device = device.value_or(0);
    note.inode = inode.value_or(0);
    return device && inode;
}

bool take_line(RunNote& note, std::string_view key, std::string_view value) {
    const auto take_process = [value](sys::ProcessId& id) {
        auto process = parse_process(value);
        if (process) id = std::move(*process);
        return process.has_value();
    };
    if (key == "init") return take_process(note.init);
    if (key == "owner") return take_process(note.owner);
    if (key == "directory") return take_pair(note, value);
    if (key == "runtime") note.runtime = value;
    if (key != "user") return true; // of a later version
    const auto uid = parse_u64(value);
    note.uid = static_cast<uid_t>(uid.value_or(0));
    return uid && *uid < std::numeric_limits<uid_t>::max();
}

bool owner_works(const RunNote& note) { return sys::is_working(note.owner, sys::boot_id()); }

// Written by root, by us, or by who has the directory: nobody else could have put it there and mean it. A second name
// is another file of ours, which who has the directory wants to have written over.
bool is_trusted(const struct stat& file, const struct stat& directory) {
    if (!S_ISREG(file.st_mode) || (file.st_mode & 0022u) != 0 || file.st_nlink > 1) return false;
    return sys::is_trusted_owner(file.st_uid) || file.st_uid == directory.st_uid;
}

std::optional<RunNote> note_in(FdRef file, const struct stat& directory) {
    if (static_cast<std::size_t>(sys::stat_fd(file).st_size) > kMost) return std::nullopt; // not ours
    const std::string text = sys::read_all(file, kFile, kMost);
    if (text.empty()) return sys::is_locked_file(file) ? std::optional(RunNote{}) : std::nullopt;
    auto note = parse_run_note(text);
    if (!note || note->device != directory.st_dev || note->inode != directory.st_ino) return std::nullopt;
    if (!init_lives(*note) && !owner_works(*note)) return std::nullopt;
    return note;
}

std::optional<RunNote> read_in(const sys::RootedDir& directory) {
    const auto file = directory.try_open_at(kFile, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    if (!file) return std::nullopt;
    const struct stat place = sys::stat_fd(directory.fd());
    if (is_trusted(sys::stat_fd(*file), place)) return note_in(*file, place);
    log::warn("{}/{} was planted and is not believed", directory.name(), kFile);
    return std::nullopt;
}

// "anna (1000)"; the number alone of who is in no file.
std::string user_text(uid_t uid) {
    const std::string number = std::to_string(uid);
    const std::string name = probe_id_sources(uid).user;
    return name == number ? number : fmt::format("{} ({})", printable(name), number);
}

[[noreturn]] void refuse(const RunNote& note, const std::filesystem::path& directory) {
    throw StateError(StateProblem::Busy, run_note_text(note, directory));
}

// The one that is there, or a new one; an invalid one when somebody else was faster.
Fd open_note(const sys::RootedDir& directory) {
    constexpr int kFlags = O_RDWR | O_NOFOLLOW | O_NONBLOCK;
    if (auto there = directory.try_open_at(kFile, kFlags)) return std::move(*there);
    try {
        return directory.open_at(kFile, kFlags | O_CREAT | O_EXCL, 0600);
    } catch (const SystemError& error) {
        if (error.code() != EEXIST) throw;
        return {};
    }
}

// Open and locked, the one that is there; an invalid one when it was removed meanwhile.
Fd lock_note(const sys::RootedDir& directory) {
    Fd file = open_note(directory);
    if (!file.valid()) return file;
    const struct stat info = sys::stat_fd(file);
    if (!is_trusted(info, sys::stat_fd(directory.fd()))) {
        throw Error(fmt::format("{}/{} was planted: it belongs to uid {}, has {} names and the mode {:o}; remove it", directory.name(), kFile, info.st_uid,
                                info.st_nlink, info.st_mode));
    }
    if (!sys::lock_file_within(file, kPatience, kFile)) refuse({}, directory.name());
    const auto now = directory.stat(kFile);
    if (now && now->st_ino == info.st_ino && now->st_dev == info.st_dev) return file;
    return {};
}

Fd lock_note_for_sure(const sys::RootedDir& directory) {
    for (int tries = 0; tries < 10; ++tries) { // who has the directory could go on for ever
        Fd file = lock_note(directory);
        if (file.valid()) return file;
    }
    throw StateError(StateProblem::Busy, "others start and stop the container all the time");
}

// Root's note about a user's container is for that user to read, and to remove.
void give_to_owner(FdRef file, const sys::RootedDir& directory) {
    const struct stat place = sys::stat_fd(directory.fd());
    if (::geteuid() == 0 && place.st_uid != 0) sys::set_owner(file, place.st_uid, place.st_gid, kFile);
}

bool tells_that_none_can_be_kept(int error) {
    return error == EROFS || error == ENOSPC || error == EDQUOT || error == EACCES || error == EPERM || error == ENOENT || error == ELOOP || error == ENOTDIR;
}

bool is_there(const std::filesystem::path& directory) {
    try {
        return sys::RootedDir::open(directory).exists(kFile);
    } catch (const SystemError&) {
        return false;
    }
}

} // namespace

std::string print_run_note(const RunNote& note) {
    return fmt::format("{}\ninit {}\nowner {}\nuser {}\ndirectory {} {}\nruntime {}\n", kHead, print_process(note.init), print_process(note.owner), note.uid,
                       note.device, note.inode, printable(note.runtime.native()));
}

std::optional<RunNote> parse_run_note(std::string_view text) {
    RunNote note;
    const auto lines = split_lines(text);
    if (!text.ends_with('\n') || lines.empty() || lines.front() != kHead) return std::nullopt;
    for (const std::string_view line : std::span(lines).subspan(1)) {
        const auto blank = line.find(' ');
        if (blank == std::string_view::npos || !take_line(note, line.substr(0, blank), line.substr(blank + 1))) return std::nullopt;
    }
    if (note.init.pid <= 0 || note.owner.pid <= 0 || note.inode == 0) return std::nullopt;
    return note;
}

bool init_lives(const RunNote& note) { return sys::is_alive(note.init, sys::boot_id()); }

std::optional<RunNote> read_run_note(const std::filesystem::path& directory) {
    try {
        return read_in(sys::RootedDir::open(directory));
    } catch (const SystemError& error) {
        log::debug("{}", error.what()); // who may not look at it is told so by who reads its configuration
    } catch (const Error& error) {
        log::warn("{}", error.what());
    }
    return std::nullopt;
}

std::string run_note_text(const RunNote& note, const std::filesystem::path& directory) {
    const std::string file = (directory / kFile).string();
    if (note.owner.pid <= 0) return "somebody with another runtime directory is starting or destroying it just now: repeat; should that be wrong, remove " + file;
    const bool runs = init_lives(note);
    const std::string who = fmt::format("user {} runs it with the runtime directory {} ({} {})", user_text(note.uid), printable(note.runtime.native()),
                                        runs ? "its init is process" : "it starts or stops in process", runs ? note.init.pid : note.owner.pid);
    const std::string how = note.uid == our_uid_outside() ? "use LXCPP_RUNTIME_DIR or the login that it was started from" : "only they can stop it";
    return fmt::format("{}: {}; should that be wrong, remove {}", who, how, file);
}

RunClaim claim_run(const std::filesystem::path& directory) {
    try {
        const sys::RootedDir place = sys::RootedDir::open(directory);
        Fd file = lock_note_for_sure(place);
        const struct stat info = sys::stat_fd(file);
        if (info.st_size == 0) {
            give_to_owner(file, place);
            return {std::move(file), {}};
        }
        if (const auto note = note_in(file, sys::stat_fd(place.fd()))) refuse(*note, directory);
        sys::truncate_file(file, 0, kFile);
        return {std::move(file), {}};
    } catch (const SystemError& error) {
        if (!tells_that_none_can_be_kept(error.code()) || is_there(directory)) throw;
        return {{}, error.code() == ENOENT ? "" : error.what()};
    }
}

void write_run_note(const std::filesystem::path& directory, Fd claim, RunNote note) {
    const sys::RootedDir place = sys::RootedDir::open(directory);
    const struct stat info = sys::stat_fd(place.fd());
    note.device = info.st_dev;
    note.inode = info.st_ino;
    // Not of an empty file: ext4 would write it to the disk at the close, and the unlink of a stop wait for that (4 ms).
    if (sys::stat_fd(claim).st_size != 0) sys::truncate_file(claim, 0, kFile);
    sys::write_at(claim, print_run_note(note), 0, kFile);
}

void renew_run_note(const std::filesystem::path& directory, const std::filesystem::path& runtime, const sys::ProcessId& init) noexcept {
    try {
        const pid_t pid = ::getpid();
        const RunNote note{init, {pid, sys::start_time(pid).value_or(0), sys::boot_id()}, our_uid_outside(), runtime, 0, 0};
        write_run_note(directory, lock_note_for_sure(sys::RootedDir::open(directory)), note);
    } catch (const std::exception& error) { // it runs all the same
        log::info("{}", error.what());
    }
}

void remove_run_note(const std::filesystem::path& directory, const std::filesystem::path& runtime) noexcept {
    try {
        if (!sys::exists(directory)) return;
        const sys::RootedDir place = sys::RootedDir::open(directory);
        const auto info = place.stat(kFile);
        if (!info) return;
        const bool ours = S_ISREG(info->st_mode) && static_cast<std::size_t>(info->st_size) <= kMost;
        const auto note = ours ? parse_run_note(place.read_file(kFile, kMost).value_or("")) : std::nullopt;
        if (!note || note->runtime == printable(runtime.native())) place.remove(kFile);
    } catch (const std::exception& error) {
        log::info("{}", error.what());
    }
}

} // namespace lxcpp
