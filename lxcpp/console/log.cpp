// SPDX-License-Identifier: Apache-2.0
#include "console/log.h"

#include "sys/file.h"
#include "sys/stream.h"

#include <algorithm>
#include <exception>
#include <utility>

namespace lxcpp {
namespace {

// A fifo or terminal may be named as the log: never wait for its reader.
Fd open_log(const std::filesystem::path& path, bool truncate) {
    return sys::open_file(path, {.access = sys::Access::Append,
                                 .create = true,
                                 .truncate = truncate,
                                 .follow = false,
                                 .nonblock = true,
                                 .mode = 0600});
}

bool write_whole(FdRef file, std::string_view data) noexcept {
    while (!data.empty()) {
        const long count = sys::try_write(file, data);
        if (count <= 0) return false;
        data.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

} // namespace

ConsoleLog::ConsoleLog(ConsoleLogOptions options)
    : options_(std::move(options)), file_(open_log(options_.path, false)) {
    const struct stat status = sys::stat_fd(file_);
    regular_ = S_ISREG(status.st_mode);
    size_ = static_cast<std::uint64_t>(status.st_size);
}

void ConsoleLog::start_over() {
    if (options_.rotate) {
        std::filesystem::path old = options_.path;
        old += ".1";
        sys::rename(options_.path, old);
    }
    file_ = open_log(options_.path, !options_.rotate);
    size_ = 0;
}

bool ConsoleLog::append(std::string_view data) noexcept {
    const bool limited = options_.limit > 0 && regular_;
    bool whole = true;
    while (limited && size_ + data.size() > options_.limit) {
        const std::size_t room = options_.limit > size_ ? options_.limit - size_ : 0;
        whole = write_whole(file_, data.substr(0, room)) && whole;
        data.remove_prefix(std::min(room, data.size()));
        try {
            start_over();
        } catch (const std::exception&) {
            return false;
        }
    }
    whole = write_whole(file_, data) && whole;
    size_ += data.size();
    return whole;
}

} // namespace lxcpp
