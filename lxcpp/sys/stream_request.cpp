// SPDX-License-Identifier: Apache-2.0
#include "sys/stream_request.h"

#include "sys/epoll.h"
#include "sys/file.h"
#include "sys/stream.h"

#include <lxcpp/error.h>

#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/un.h>

namespace lxcpp::sys {
namespace {

constexpr std::size_t kMostAnswer = 64 * 1024;

// By its directory: a path may be longer than the address has room for.
sockaddr_un address_of(FdRef directory, const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string text = fd_path(directory) + '/' + path.filename().string();
    if (text.size() >= sizeof address.sun_path)
        throw SystemError("connect to " + path.string(), ENAMETOOLONG);
    text.copy(address.sun_path, text.size());
    return address;
}

} // namespace

std::optional<std::string> stream_request(const std::filesystem::path& path,
                                          std::string_view request,
                                          std::chrono::milliseconds patience) {
    const auto end = std::chrono::steady_clock::now() + patience;
    const auto directory =
        try_open_file(path.parent_path(), {.access = Access::Path, .directory = true});
    if (!directory) return std::nullopt;
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_un address = address_of(*directory, path);
    if (::connect(socket.raw(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED) return std::nullopt;
        throw SystemError("connect to " + path.string());
    }
    if (try_send(socket, request) != static_cast<long>(request.size()))
        throw SystemError("send to " + path.string(), EIO);
    ::shutdown(socket.raw(), SHUT_WR);
    std::string answer;
    for (;;) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0 || !wait_readable(socket, left))
            throw SystemError("read the answer of " + path.string(), ETIMEDOUT);
        std::array<char, 4096> buffer{};
        const long size = try_read(socket, buffer);
        if (size < 0)
            throw SystemError("read the answer of " + path.string(), static_cast<int>(-size));
        if (size == 0) return answer;
        answer.append(buffer.data(), static_cast<std::size_t>(size));
        if (answer.size() > kMostAnswer)
            throw SystemError("read the answer of " + path.string(), EMSGSIZE);
    }
}

} // namespace lxcpp::sys
