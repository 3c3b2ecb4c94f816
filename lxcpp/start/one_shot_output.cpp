// SPDX-License-Identifier: Apache-2.0
#include "start/one_shot_output.h"

#include "base/error.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/pidfd.h"
#include "sys/pty.h"
#include "sys/stream.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>
#include <poll.h>
#include <unistd.h>

namespace lxcpp {
namespace {

constexpr std::size_t kMostCaptured = 1u << 20;
constexpr std::size_t kPiece = 64 * 1024; // of a pipe that nobody has enlarged

bool same_file(FdRef left, FdRef right) {
    const struct stat a = sys::stat_fd(left);
    const struct stat b = sys::stat_fd(right);
    return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_rdev == b.st_rdev;
}

std::optional<std::chrono::milliseconds>
time_left(std::optional<std::chrono::steady_clock::time_point> deadline) {
    if (!deadline) return std::nullopt;
    return std::max(
        std::chrono::milliseconds(0),
        std::chrono::ceil<std::chrono::milliseconds>(*deadline - std::chrono::steady_clock::now()));
}

} // namespace

OneShotOutput::OneShotOutput(const OneShot& request) : captured_(request.output), input_(sys::open_file("/dev/null")) {
    if (!request.log.empty()) log_ = sys::open_file(request.log, {.access = sys::Access::Append, .create = true, .mode = 0640});
    const bool logged = log_.valid();
    output_.to = captured_ != nullptr ? FdRef() : logged ? FdRef(log_) : FdRef(STDOUT_FILENO);
    error_.to = logged ? FdRef(log_) : FdRef(STDERR_FILENO);
    output_.what = logged ? "the log" : "standard output";
    error_.what = logged ? "the log" : "standard error";
    for (Channel* channel : {&output_, &error_})
        if (channel->to.valid() && sys::is_terminal(channel->to)) channel->shown.emplace();
    output_.pipe = sys::make_pipe_for_all();
    // In order, where both go to the same place.
    if (captured_ != nullptr || !(logged || same_file(output_.to, error_.to))) error_.pipe = sys::make_pipe_for_all();
    for (const Channel* channel : {&output_, &error_}) {
        if (channel->pipe.read.valid()) sys::set_nonblocking(channel->pipe.read, true);
    }
}

std::array<FdRef, 3> OneShotOutput::for_child() const noexcept {
    const FdRef output = output_.pipe.write;
    return {input_, output, error_.pipe.write.valid() ? FdRef(error_.pipe.write) : output};
}

void OneShotOutput::write(const Channel& channel, std::string_view data) {
    if (!channel.to.valid()) {
        captured_->append(data.substr(0, kMostCaptured - captured_->size()));
        return;
    }
    if (failure_) return;
    try {
        sys::write_all(channel.to, data, channel.what);
    } catch (const Error&) {
        failure_ = std::current_exception();
    }
}

void OneShotOutput::take(Channel& channel) {
    std::string data(kPiece, '\0');
    const long count = sys::try_read(channel.pipe.read, data);
    if (count > 0) {
        const std::string_view piece =
            std::string_view(data).substr(0, static_cast<std::size_t>(count));
        if (channel.shown)
            write(channel, channel.shown->add(piece));
        else
            write(channel, piece);
    } else if (count != -EAGAIN) {
        channel.pipe.read.reset();
    }
}

void OneShotOutput::end(Channel& channel) {
    if (channel.shown) write(channel, channel.shown->end());
}

bool OneShotOutput::copy(FdRef pidfd,
                         std::optional<std::chrono::steady_clock::time_point> deadline) {
    bool late = false;
    if (captured_ != nullptr) captured_->clear();
    output_.pipe.write.reset();
    error_.pipe.write.reset();
    for (bool ended = false; output_.pipe.read.valid() || error_.pipe.read.valid();) {
        std::array<sys::PollItem, 3> items{sys::PollItem{output_.pipe.read, POLLIN}, {error_.pipe.read, POLLIN}, {pidfd, POLLIN}};
        // Who holds an end after all have ended is outside, and was given it by one of them.
        if (ended) items[2] = {};
        const bool any = sys::poll_items(items, ended ? std::optional(std::chrono::milliseconds(0))
                                                      : time_left(deadline));
        if (!any && ended) break;
        if (!any && deadline) {
            deadline.reset();
            late = sys::try_send_signal(pidfd, SIGKILL) == 0;
        }
        if (items[0].ready != 0) take(output_);
        if (items[1].ready != 0) take(error_);
        if (items[2].ready != 0) ended = true;
    }
    for (Channel* channel : {&output_, &error_}) end(*channel);
    if (failure_) std::rethrow_exception(failure_);
    return !late;
}

} // namespace lxcpp
