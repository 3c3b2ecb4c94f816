// SPDX-License-Identifier: Apache-2.0
#include "start/child_state.h"
#include "start/raw_fd.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

// The root file system as an overlay: its layers on a tmpfs of our own, which goes with the host's tree at pivot_root.
namespace lxcpp {

namespace raw = sys::raw;

namespace {

int make_place(int layers, const char* name) noexcept {
    if (const int error = raw::make_dirs_in(layers, name, 0700); error < 0) return error;
    return raw::open_in(layers, name, O_PATH | O_DIRECTORY);
}

int attach_layer(int mount, int layers, const char* name) noexcept {
    const RawFd place(make_place(layers, name));
    if (place.failed()) return place.get();
    if (const int error = raw::attach_mount(mount, place.get()); error < 0) return error;
    return raw::change_mount(mount, 0, 0, MS_PRIVATE, false); // it may be a peer of the host's
}

int attach_layers(const AttachOverlay& step, int layers, ChildState& state) noexcept {
    if (state.layer_count != step.lowers.size() || state.received_count == 0) return -EBADF;
    for (std::size_t i = 0; i < step.lowers.size(); ++i) {
        if (const int error = attach_layer(state.layers[i], layers, step.lowers[i].c_str()); error < 0) return error;
        ::close(state.layers[i]);
    }
    state.layer_count = 0;
    return attach_layer(state.received[0], layers, kUpperDirectory);
}

int link_upper(const AttachOverlay& step, int layers) noexcept {
    char target[512];
    const std::size_t prefix = 2;
    if (prefix + step.upper.size() + 1 > sizeof target) return -ENAMETOOLONG;
    target[0] = *kUpperDirectory;
    target[1] = '/';
    for (std::size_t i = 0; i <= step.upper.size(); ++i) target[prefix + i] = step.upper.c_str()[i];
    return raw::make_link_in(layers, target, kUpperLink);
}

} // namespace

int run(const AttachOverlay& step, ChildState& state) noexcept {
    const RawFd tmpfs(raw::new_mount("tmpfs", "layers", {}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
    if (tmpfs.failed()) return tmpfs.get();
    const RawFd staging(raw::open_path(AT_FDCWD, step.staging.c_str()));
    if (staging.failed()) return staging.get();
    if (const int error = raw::attach_mount(tmpfs.get(), staging.get()); error < 0) return error;
    const RawFd layers(raw::open_in(tmpfs.get(), ".", O_PATH | O_DIRECTORY));
    if (layers.failed()) return layers.get();
    if (const int error = attach_layers(step, layers.get(), state); error < 0) return error;
    if (const int error = link_upper(step, layers.get()); error < 0) return error;
    if (const int error = raw::mount_over(layers.get(), "overlay", step.options.c_str()); error < 0) return error;
    state.root = raw::open_path(AT_FDCWD, step.staging.c_str()); // the overlay, which covers the tmpfs
    if (state.root < 0) return state.root;
    return raw::change_mount(state.root, step.attributes, 0, 0, false);
}

} // namespace lxcpp
