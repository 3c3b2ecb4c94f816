// SPDX-License-Identifier: Apache-2.0
#include "container/adopt.h"
#include "container/impl.h"

#include "base/error.h"
#include "base/log.h"
#include "cgroup/freezer.h"
#include "cgroup/item.h"
#include "container/record.h"
#include "host/cgroup_layout.h"
#include "sys/file.h"
#include "sys/watch.h"

#include <algorithm>
#include <cerrno>

namespace lxcpp {
namespace {

void announce(const Container::Impl& impl, State state) {
    try {
        std::optional<MonitorClient> monitor = MonitorClient::connect(impl.runtime());
        if (monitor) monitor->set_state(state);
    } catch (const Error& error) { // it only tells others; the freezer is what counts
        log::info("{}", error.what());
    }
}

class Limit {
public:
    using Clock = std::chrono::steady_clock;
    explicit Limit(std::optional<std::chrono::milliseconds> timeout) {
        if (timeout) end_ = Clock::now() + *timeout;
    }
    [[nodiscard]] bool over() const { return end_ && Clock::now() >= *end_; }
    [[nodiscard]] std::optional<std::chrono::milliseconds> left() const {
        if (!end_) return std::nullopt;
        const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(*end_ - Clock::now());
        return std::max(rest, std::chrono::milliseconds(0));
    }

private:
    std::optional<Clock::time_point> end_;
};

// Where no monitor tells, the runtime directory's changes do. The limit covers what changes without one.
void wait_for_change(const Container::Impl& impl, std::optional<std::chrono::milliseconds> left) {
    constexpr std::chrono::milliseconds again{200};
    const std::filesystem::path directory = impl.runtime().parent_path();
    try {
        make_runtime_parent(directory);
        sys::DirectoryWatch watch(sys::exists(impl.runtime()) ? impl.runtime() : directory);
        (void)watch.wait(left ? std::min(*left, again) : again);
        (void)sys::try_remove_dir(directory);
    } catch (const SystemError& error) {
        if (error.code() != ENOENT) throw; // the last container here ended in between: look again
    }
}

bool among(const std::vector<State>& states, State state) { return std::ranges::find(states, state) != states.end(); }

struct Heard {
    bool connected = false;
    std::optional<State> state; // one of those that were waited for
};

Heard listen_to_monitor(const Container::Impl& impl, const std::vector<State>& states, const Limit& limit) {
    Heard heard;
    try {
        std::optional<MonitorClient> monitor = MonitorClient::connect(impl.runtime());
        if (!monitor) return heard;
        std::optional<State> state = monitor->subscribe().state;
        heard.connected = true;
        while (!limit.over()) {
            if (state && among(states, *state)) {
                heard.state = state;
                break;
            }
            const auto event = monitor->next_event(limit.left());
            state = event ? std::optional(event->state) : std::nullopt;
        }
    } catch (const StateError& error) {
        // It ended, or it does not answer: its container's state is still there to be looked at.
        if (error.problem() != StateProblem::NotRunning && error.problem() != StateProblem::TimedOut) throw;
        heard.connected = heard.connected && error.problem() == StateProblem::NotRunning;
    }
    return heard;
}

} // namespace

void Container::freeze(std::chrono::milliseconds timeout) {
    impl_->require_ours("freeze");
    adopt_if_orphaned(*impl_);
    const Running running = impl_->require_running();
    if (freezer_state(running.state.payload_cgroups) == FreezerState::Frozen) return;
    announce(*impl_, State::Freezing);
    try {
        lxcpp::freeze(running.state.payload_cgroups, timeout);
    } catch (const Error&) {
        announce(*impl_, State::Running);
        (void)impl_->require_running(); // it may have stopped, and its groups with it
        throw;
    }
    announce(*impl_, State::Frozen);
    record_state(impl_->paths, impl_->key(), State::Frozen, "freeze");
}

void Container::unfreeze(std::chrono::milliseconds timeout) {
    impl_->require_ours("unfreeze");
    adopt_if_orphaned(*impl_);
    const Running running = impl_->require_running();
    try {
        thaw(running.state.payload_cgroups, timeout);
    } catch (const Error&) {
        (void)impl_->require_running();
        throw;
    }
    announce(*impl_, State::Thawed);
    announce(*impl_, State::Running);
    record_state(impl_->paths, impl_->key(), State::Running, "unfreeze");
}

std::optional<State> Container::wait(const std::vector<State>& states,
                                     std::optional<std::chrono::milliseconds> timeout) const {
    adopt_if_orphaned(*impl_);
    const Limit limit(timeout);
    for (;;) {
        if (const State now = state(); among(states, now)) return now;
        // A question to somebody who is still starting, or cleaning up, would only wait in a queue.
        const Heard heard = impl_->running() ? listen_to_monitor(*impl_, states, limit) : Heard{};
        if (heard.state) return heard.state;
        if (limit.over()) return std::nullopt;
        if (!heard.connected) wait_for_change(*impl_, limit.left());
    }
}

std::string Container::cgroup_item(const std::string& key) const {
    const Running running = impl_->require_running();
    return get_cgroup_item(probe_cgroup_layout(), running.state.payload_cgroups, key);
}

void Container::set_cgroup_item(const std::string& key, const std::string& value) {
    impl_->require_ours("change");
    // Membership is no value: any process of the host could be pulled into the container's groups.
    for (const std::string_view file : {"cgroup.procs", "cgroup.threads", "tasks"}) {
        if (key == file || key.ends_with("/" + std::string(file))) {
            throw Error(key + ": processes are not moved into a container this way; use lxcpp-attach");
        }
    }
    const Running running = impl_->require_running();
    lxcpp::set_cgroup_item(probe_cgroup_layout(), running.state.payload_cgroups, key, value);
}

} // namespace lxcpp
