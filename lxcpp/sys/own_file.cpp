// SPDX-License-Identifier: Apache-2.0
#include "sys/own_file.h"

#include <lxcpp/error.h>

#include "sys/file.h"
#include "sys/own_namespace.h"
#include "sys/socket.h"

#include <fmt/core.h>

#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

void require_own(const struct stat& info, const std::string& path) {
    if (!S_ISREG(info.st_mode)) throw Error(path + " must be a regular file");
    if (!is_trusted_owner(info.st_uid)) {
        throw Error(fmt::format("{} was planted: it belongs to uid {}; remove it", path, info.st_uid));
    }
    if ((info.st_mode & 0022u) != 0) {
        throw Error(fmt::format("{} must not be writable by others (its mode is {:04o}); remove it", path,
                                info.st_mode & 07777u));
    }
}

} // namespace

std::optional<std::string> read_own_file_if_exists(const std::filesystem::path& path, std::size_t limit) {
    const std::optional<Fd> fd = try_open_file(path, {.follow = false, .nonblock = true});
    if (!fd) return std::nullopt;
    require_own(stat_fd(*fd), path.string());
    return read_all(*fd, path.native(), limit);
}

void require_own_peer(FdRef socket, const std::string& what) {
    const unsigned uid = peer_credentials(socket).uid;
    if (!is_trusted_owner(uid)) throw Error(fmt::format("{} belongs to uid {}, and it is not believed", what, uid));
}

} // namespace lxcpp::sys
