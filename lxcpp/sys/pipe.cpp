// SPDX-License-Identifier: Apache-2.0
#include "sys/pipe.h"

#include "sys/stream.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp::sys {

Pipe make_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw SystemError("create a pipe");
    return {Fd(ends[0]), Fd(ends[1])};
}

Pipe make_pipe_for_all() {
    Pipe pipe = make_pipe();
    if (::fchmod(pipe.write.raw(), 0222) != 0) throw SystemError("let all write to a pipe");
    return pipe;
}

std::string drain_pipe(FdRef read, std::size_t limit) {
    std::string text;
    std::array<char, 16 * 1024> piece;
    for (;;) {
        const long count = try_read(read, piece);
        if (count == 0) return text;
        if (count < 0) throw SystemError("read a pipe", static_cast<int>(-count));
        text.append(piece.data(), std::min(static_cast<std::size_t>(count), limit - text.size()));
    }
}

} // namespace lxcpp::sys
