// SPDX-License-Identifier: Apache-2.0
#include "sys/replace_file.h"

#include "base/scope_exit.h"
#include "sys/eintr.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <cstdint>
#include <cstdio>
#include <fcntl.h>
#include <optional>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace lxcpp::sys {
namespace {

constexpr std::string_view kTemporaryPrefix = ".lxcpp-";
constexpr std::size_t kDigits = 16;

// Independent of the final name, which may already have the longest length a name can have.
std::string temporary_name() {
    std::uint64_t number = 0;
    if (::getrandom(&number, sizeof number, 0) != sizeof number)
        throw SystemError("get random bytes");
    return fmt::format("{}{:016x}", kTemporaryPrefix, number);
}

struct Look {
    mode_t mode;
    std::optional<std::pair<uid_t, gid_t>> owner; // none: ours
};

void take_owner(FdRef file, const Look& look, const std::string& label) {
    if (!look.owner) return;
    const auto [uid, gid] = *look.owner;
    struct stat info {};
    if (::fstat(file.raw(), &info) != 0) throw SystemError(label);
    if (info.st_uid == uid && info.st_gid == gid) return;
    if (::fchown(file.raw(), uid, gid) != 0) throw SystemError(label);
}

void replace(FdRef dir, const std::string& leaf, std::string_view content, const Look& look, std::string_view what) {
    const std::string temporary = temporary_name();
    const std::string label = fmt::format("write {}", what);
    // dir may be an O_PATH descriptor, on which fsync(2) does not work.
    const Fd readable(
        retry_eintr([&] { return ::openat(dir.raw(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (!readable.valid()) throw SystemError(label);
    constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const Fd file(
        retry_eintr([&] { return ::openat(dir.raw(), temporary.c_str(), kFlags, look.mode & 0700); }));
    if (!file.valid()) throw SystemError(label);
    ScopeExit cleanup([&] { ::unlinkat(dir.raw(), temporary.c_str(), 0); });

    write_all(file, content, what);
    take_owner(file, look, label);
    if (::fchmod(file.raw(), look.mode) != 0) throw SystemError(label);
    if (::fsync(file.raw()) != 0) throw SystemError(label);
    if (::renameat(dir.raw(), temporary.c_str(), dir.raw(), leaf.c_str()) != 0)
        throw SystemError(label);
    cleanup.release();
    if (::fsync(readable.raw()) != 0) throw SystemError(label);
}

} // namespace

void replace_file(FdRef dir, const std::string& leaf, std::string_view content, mode_t mode,
                  std::string_view what) {
    replace(dir, leaf, content, {mode, std::nullopt}, what);
}

void replace_file_as_it_is(FdRef dir, const std::string& leaf, std::string_view content, mode_t new_mode,
                           std::string_view what) {
    struct stat old {};
    Look look{new_mode, std::nullopt};
    if (::fstatat(dir.raw(), leaf.c_str(), &old, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(old.st_mode)) {
        look = {old.st_mode & 07777, {{old.st_uid, old.st_gid}}};
    }
    replace(dir, leaf, content, look, what);
}

bool is_temporary_name(std::string_view name) {
    return name.starts_with(kTemporaryPrefix) && name.size() == kTemporaryPrefix.size() + kDigits &&
           name.find_first_not_of("0123456789abcdef", kTemporaryPrefix.size()) == name.npos;
}

} // namespace lxcpp::sys
