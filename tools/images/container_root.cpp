// SPDX-License-Identifier: Apache-2.0
#include "images/container_root.h"

#include "common/say.h"

#include "base/scope_exit.h"
#include "base/strings.h"
#include "config/load.h"
#include "config/overlay_root.h"
#include "sys/overlay.h"
#include "sys/signal.h"
#include "sys/socket.h"
#include "sys/stream.h"

#include <lxcpp/error.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <fmt/core.h>
#include <poll.h>
#include <thread>
#include <utility>

namespace lxcpp::tools::images {
namespace {

std::unique_ptr<sys::RootedDir> open_overlay(const OverlayRoot& root) {
    sys::Overlay overlay{.lowers = {root.upper}, .upper = {}, .work = {}}; // read-only, what was written on top
    overlay.lowers.insert(overlay.lowers.end(), root.lowers.begin(), root.lowers.end());
    return std::make_unique<sys::RootedDir>(sys::mount_overlay(overlay).take(), root.upper);
}

std::unique_ptr<sys::RootedDir> open_root(const Container& container, const Rootfs& rootfs) {
    if (const auto overlay = overlay_root(rootfs)) return open_overlay(*overlay);
    if (rootfs.path.empty() || !is_directory_root(rootfs)) {
        throw Error(fmt::format("{}: its root is '{}:{}': only directories, btrfs subvolumes and overlays can be published",
                                container.name(), printable(rootfs.type), printable(rootfs.path)));
    }
    return std::make_unique<sys::RootedDir>(sys::RootedDir::open(rootfs.path));
}

} // namespace

// What is asked to end while a container stands still lets it go on first.
class ContainerRoot::ThawOnSignal {
public:
    explicit ThawOnSignal(Container& container) : container_(container) {
        ScopeExit undo([this] { thaw(); });
        freeze();
        thread_ = std::thread([this] { watch(); });
        undo.release();
    }
    ThawOnSignal(const ThawOnSignal&) = delete;
    ThawOnSignal& operator=(const ThawOnSignal&) = delete;
    ~ThawOnSignal() {
        ends_.first.reset();
        thread_.join();
        thaw();
    }

private:
    // Where it cannot stand still its files would be those of many moments.
    void freeze() {
        try {
            container_.freeze();
        } catch (const Error& error) {
            throw Error(fmt::format("it runs and cannot stand still while its files are read ({}): stop it first", error.what()));
        }
    }

    void thaw() noexcept {
        try {
            container_.unfreeze();
        } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): it was stopped meanwhile, or lxcpp-unfreeze says why
        }
    }

    void watch() noexcept {
        std::array<sys::PollItem, 2> items{{{.fd = signals_.fd(), .wanted = POLLIN}, {.fd = ends_.second, .wanted = POLLIN}}};
        while (!sys::poll_items(items, std::nullopt)) {}
        if (items[0].ready == 0) return;
        thaw();
        say("lxcpp-image: interrupted by {}; nothing was published\n", sys::signal_name(signals_.next().value_or(SIGTERM)));
        std::_Exit(EXIT_FAILURE); // what it made so far is hidden, and goes with the next command
    }

    Container& container_;
    sys::SignalFd signals_{SIGINT, SIGTERM, SIGHUP, SIGQUIT}; // in the threads that begin later, too
    std::pair<Fd, Fd> ends_ = sys::stream_pair();             // closed: the watch is over
    std::thread thread_;                                      // last: it uses the others
};

ContainerRoot::ContainerRoot(const std::string& name, const std::string& lxcpath) : container_(name, lxcpath) {
    if (!container_.is_defined()) throw Error(fmt::format("{}: there is no such container", container_.name()));
    tree_ = open_root(container_, load_config(container_.config_file()).config.rootfs);
    if (container_.state() != State::Running) return; // one that is frozen already stays so
    frozen_ = std::make_unique<ThawOnSignal>(container_);
}

ContainerRoot::~ContainerRoot() = default;

} // namespace lxcpp::tools::images
