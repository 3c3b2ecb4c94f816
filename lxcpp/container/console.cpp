// SPDX-License-Identifier: Apache-2.0
#include "container/adopt.h"
#include "container/impl.h"

#include "base/error.h"
#include "console/session.h"

namespace lxcpp {

void Container::console(int tty, int escape, const std::function<void(int)>& connected) {
    adopt_if_orphaned(*impl_);
    const Running running = impl_->require_running();
    std::optional<MonitorClient> monitor = MonitorClient::connect(impl_->runtime());
    if (!monitor) throw StateError(StateProblem::NotRunning, "the container's monitor does not run");
    const OpenedConsole opened = monitor->open_console(tty);
    if (connected) connected(opened.tty);
    RelayOptions options;
    if (escape >= 0) options.escape = static_cast<char>(escape);
    options.until = running.init;
    if (opened.tty == 0) {
        options.resize = [&monitor](const winsize& size) {
            try {
                monitor->resize(size);
            } catch (const StateError&) { // the container is stopping; the relay notices
            }
        };
    }
    (void)relay(FdRef(0), FdRef(1), opened.fd, options);
}

} // namespace lxcpp
