// SPDX-License-Identifier: Apache-2.0
#include "start/child.h"

#include "start/child_state.h"
#include "start/enter.h"
#include "start/raw_fd.h"
#include "start/sync.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <span>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp {
namespace {

void report_failure(const ChildState& state, int error) noexcept {
    const SyncMessage message{SyncKind::Failure, static_cast<std::int32_t>(state.step), -error, state.detail};
    (void)sys::raw::send_message(state.resources.sync, &message, sizeof message, {});
}

bool keep_layers(ChildState& state, std::size_t count) noexcept {
    if (count > state.layers.size() - state.layer_count) return false;
    for (std::size_t i = 0; i < count; ++i) state.layers[state.layer_count++] = state.received[i];
    return true;
}

// False when the parent is gone or says something else.
bool wait_for(SyncKind kind, ChildState& state) noexcept {
    SyncMessage message;
    std::size_t count = 0;
    int size = 0;
    do {
        size = sys::raw::receive_message(state.resources.sync, &message, sizeof message, state.received, count);
    } while (size == static_cast<int>(sizeof message) && message.kind == SyncKind::Layers && keep_layers(state, count));
    if (kind == SyncKind::Go) state.received_count = count;
    return size == static_cast<int>(sizeof message) && message.kind == kind;
}

bool take_stdio(const ChildResources& resources) noexcept {
    for (int fd = 0; fd <= 2; ++fd) {
        const int from = resources.stdio[static_cast<std::size_t>(fd)];
        if (from >= 0 && ::dup2(from, fd) < 0) return false;
    }
    return true;
}

std::vector<char*> c_strings(const std::vector<std::string>& strings) {
    std::vector<char*> pointers;
    for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
    pointers.push_back(nullptr);
    return pointers;
}

ExecVectors vectors_of(const Exec& exec, std::size_t step, int sync) {
    ExecVectors vectors{c_strings(exec.argv), c_strings(exec.env), c_strings(exec.programs), {}, {}};
    if (exec.programs.empty()) vectors.programs.insert(vectors.programs.begin(), vectors.argv.front());
    const std::size_t programs = vectors.programs.size() - 1;
    vectors.enter_words = enter_words({.report = sync, .step = step}, programs);
    for (const std::string& word : vectors.enter_words) vectors.enter.push_back(const_cast<char*>(word.c_str()));
    vectors.enter.insert(vectors.enter.end(), vectors.programs.begin(), vectors.programs.end() - 1);
    vectors.enter.insert(vectors.enter.end(), vectors.argv.begin(), vectors.argv.end());
    return vectors;
}

} // namespace

std::vector<ExecVectors> make_exec_vectors(const ChildPlan& plan, int sync) {
    std::vector<ExecVectors> vectors(plan.steps.size());
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
        if (const auto* program = std::get_if<RunProgram>(&plan.steps[i])) {
            vectors[i] = {c_strings(program->argv), c_strings(program->env), {}, {}, {}};
        } else if (const auto* exec = std::get_if<Exec>(&plan.steps[i])) {
            vectors[i] = vectors_of(*exec, i, sync);
        }
    }
    return vectors;
}

void run_child(const ChildPlan& plan, const ChildResources& resources) noexcept {
    ChildState state{.resources = resources};
    (void)sys::raw::reset_signals();
    // Who is not root could not write the maps of a process that hides.
    const bool late = ::geteuid() != 0;
    if (resources.enter >= 0 && !late) (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!take_stdio(resources)) ::_exit(1);
    (void)::umask(022); // the modes of what is made here are not the caller's business
    if (!wait_for(SyncKind::Go, state)) ::_exit(1);
    if (resources.enter >= 0 && late) (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    for (const Step& step : plan.steps) {
        const int error = std::visit([&state](const auto& value) noexcept { return run(value, state); }, step);
        if (error < 0) {
            report_failure(state, error);
            ::_exit(1);
        }
        ++state.step;
    }
    ::_exit(1); // a plan ends in Exec
}

// From here: before its exec this process is nobody's to look into, for an ordinary user.
int run(const OfferNamespaces&, ChildState& state) noexcept {
    std::array<int, 8> fds{};
    std::size_t count = 0;
    int error = 0;
    for (const char* file : {"/proc/self/ns/user", "/proc/self/ns/mnt", "/proc/self/ns/pid", "/proc/self/ns/uts", "/proc/self/ns/ipc",
                             "/proc/self/ns/net", "/proc/self/ns/cgroup", "/proc/self/ns/time"}) {
        const int fd = sys::raw::open_here(file, O_RDONLY | O_CLOEXEC);
        if (fd >= 0) fds[count++] = fd;
        else if (fd != -ENOENT) error = fd; // this kernel has no such namespaces
    }
    const SyncMessage message{SyncKind::Namespaces, static_cast<std::int32_t>(state.step), 0, 0};
    if (error == 0) error = sys::raw::send_message(state.resources.sync, &message, sizeof message, {fds.data(), count});
    for (std::size_t i = 0; i < count; ++i) ::close(fds[i]);
    return error;
}

int run(const OfferNetwork&, ChildState& state) noexcept {
    const RawFd socket(sys::raw::open_route_socket());
    if (socket.failed()) return socket.get();
    const SyncMessage message{SyncKind::Network, static_cast<std::int32_t>(state.step), 0, 0};
    const int fd = socket.get();
    return sys::raw::send_message(state.resources.sync, &message, sizeof message, {&fd, 1});
}

int run(const AwaitNetwork&, ChildState& state) noexcept {
    if (!wait_for(SyncKind::NetworkDone, state)) ::_exit(1);
    return 0;
}

int run(const ReportReady&, ChildState& state) noexcept {
    const SyncMessage message{SyncKind::SetupDone, static_cast<std::int32_t>(state.step), 0, 0};
    const std::span<const int> masters(state.masters.data(), state.master_count);
    if (const int error = sys::raw::send_message(state.resources.sync, &message, sizeof message, masters); error < 0) {
        return error;
    }
    for (const int master : masters) ::close(master);
    if (!wait_for(SyncKind::Exec, state)) ::_exit(1);
    return 0;
}

} // namespace lxcpp
