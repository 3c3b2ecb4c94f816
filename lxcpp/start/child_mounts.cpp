// SPDX-License-Identifier: Apache-2.0
#include "start/child_state.h"
#include "start/raw_fd.h"

#include <cerrno>
#include <fcntl.h>
#include <sys/mount.h>

// Mount steps: every target is opened below the root without following a link and the mount is
// moved onto that very inode, so nothing can be exchanged between a check and its use.
namespace lxcpp {

namespace raw = sys::raw;

namespace {

int open_target(const Target& target, const ChildState& state) noexcept {
    const char* path = target.path.c_str();
    if (target.follow) return raw::open_following(state.root, path, target.create == Create::Dir, target.create != Create::No);
    if (target.create == Create::Dir) {
        const int there = raw::open_in(state.root, path, O_PATH | O_DIRECTORY); // mostly it is
        if (there != -ENOENT) return there;
        if (const int error = raw::make_dirs_in(state.root, path, 0755); error < 0) return error;
    } else if (target.create == Create::File) {
        if (const int error = raw::make_file_in(state.root, path, 0644); error < 0) return error;
    }
    return raw::open_in(state.root, path, O_PATH);
}

struct Attributes {
    std::uint64_t set = 0;
    std::uint64_t clear = 0;
    std::uint64_t propagation = 0;
    bool recursive = false;
};

int set_attributes(int mount, const Attributes& attributes) noexcept {
    const int error = raw::change_mount(mount, attributes.set, attributes.clear, 0, attributes.recursive);
    const std::uint64_t removed = attributes.clear & ~static_cast<std::uint64_t>(MOUNT_ATTR__ATIME);
    if (error != -EPERM || removed == 0) return error;
    // A user namespace cannot take away what the host's mount has (ro, nosuid, ...): it stays, as for mount(2),
    // where "rw" and its like are the absence of a flag.
    return raw::change_mount(mount, attributes.set, attributes.clear & ~removed, 0, attributes.recursive);
}

// mount is owned by the caller; attaches it to the target.
int attach(int mount, const Attributes& attributes, const Target& target, const ChildState& state) noexcept {
    if (const int error = set_attributes(mount, attributes); error < 0) return error;
    const RawFd place(open_target(target, state));
    if (place.failed()) return place.get();
    if (const int error = raw::attach_mount(mount, place.get()); error < 0) return error;
    return raw::change_mount(mount, 0, 0, attributes.propagation, attributes.recursive);
}

int tolerate(int error, const Target& target) noexcept { return target.optional ? 0 : error; }

int mount_fs(const MountFs& step, const ChildState& state) noexcept {
    const RawFd mount(raw::new_mount(step.type.c_str(), step.source.c_str(), step.options, step.attributes));
    if (mount.failed()) return mount.get();
    return attach(mount.get(), {.propagation = step.propagation}, step.target, state);
}

int mount_bind(const MountBind& step, const ChildState& state) noexcept {
    if (step.move) {
        const RawFd place(open_target(step.target, state));
        if (place.failed()) return place.get();
        return raw::move_mount_path(step.source.c_str(), place.get());
    }
    const RawFd source(raw::open_path(AT_FDCWD, step.source.c_str()));
    if (source.failed()) return source.get();
    const RawFd mount(raw::clone_tree(source.get(), "", step.recursive));
    if (mount.failed()) return mount.get();
    return attach(mount.get(), {step.attributes_set, step.attributes_clear, step.propagation, step.recursive},
                  step.target, state);
}

int mount_inside(const MountInside& step, const ChildState& state) noexcept {
    const RawFd source(raw::open_in(state.root, step.source.c_str(), O_PATH));
    if (source.failed()) return source.get();
    const RawFd mount(raw::clone_tree(source.get(), "", step.recursive));
    if (mount.failed()) return mount.get();
    return attach(mount.get(), {step.attributes_set, step.attributes_clear, step.propagation, step.recursive},
                  step.target, state);
}

int mount_prepared(const MountPrepared& step, const ChildState& state) noexcept {
    const std::size_t slot = step.index + 1;
    if (slot >= state.received_count) return -EBADF;
    const int mount = state.received[slot];
    if (const int error = attach(mount, {}, step.target, state); error < 0) return error;
    // Cloned from the host's tree: as a peer of it, what the payload mounts below would appear there.
    if (const int error = raw::change_mount(mount, 0, 0, MS_SLAVE, true); error < 0) return error;
    return raw::change_mount(mount, 0, 0, step.propagation, false);
}

// Into a tmpfs, which covers the root for a moment: a mount is cloned only where it is attached.
int mount_text(const MountText& step, const ChildState& state) noexcept {
    const RawFd place(open_target(step.target, state));
    if (place.failed()) return place.get();
    const RawFd memory(raw::new_mount("tmpfs", "none", {}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
    if (memory.failed()) return memory.get();
    constexpr auto kName = "text";
    const RawFd file(raw::open_in(memory.get(), kName, O_WRONLY | O_CREAT | O_EXCL, 0644));
    if (file.failed()) return file.get();
    if (const int error = raw::write_fd(file.get(), step.content.data(), step.content.size()); error < 0) return error;
    if (const int error = raw::attach_mount(memory.get(), state.root); error < 0) return error;
    const RawFd mount(raw::clone_tree(memory.get(), kName, false));
    const int error = raw::detach_mount(memory.get());
    if (mount.failed()) return mount.get();
    return error < 0 ? error : raw::attach_mount(mount.get(), place.get());
}

int change(const ChangeMount& step, const ChildState& state) noexcept {
    const RawFd place(open_target(step.target, state));
    if (place.failed()) return place.get();
    return raw::change_mount(place.get(), step.set, step.clear, step.propagation, step.recursive);
}

} // namespace

int run(const MountFs& step, ChildState& state) noexcept { return tolerate(mount_fs(step, state), step.target); }
int run(const MountBind& step, ChildState& state) noexcept { return tolerate(mount_bind(step, state), step.target); }
int run(const MountInside& step, ChildState& state) noexcept {
    return tolerate(mount_inside(step, state), step.target);
}
int run(const MountPrepared& step, ChildState& state) noexcept {
    return tolerate(mount_prepared(step, state), step.target);
}
int run(const ChangeMount& step, ChildState& state) noexcept { return tolerate(change(step, state), step.target); }

int run(const MountText& step, ChildState& state) noexcept { return tolerate(mount_text(step, state), step.target); }

int run(const MakeDir& step, ChildState& state) noexcept {
    return raw::make_dirs_in(state.root, step.path.c_str(), step.mode);
}
int run(const MakeLink& step, ChildState& state) noexcept {
    const int error = raw::make_link_in(state.root, step.target.c_str(), step.path.c_str());
    return step.optional ? 0 : error;
}
int run(const MakeNode& step, ChildState& state) noexcept {
    return raw::make_node_in(state.root, step.path.c_str(), step.mode, step.device);
}

int run(const WriteInside& step, ChildState& state) noexcept {
    const RawFd file(raw::open_in(state.root, step.path.c_str(), O_WRONLY | O_CREAT | O_EXCL, step.mode));
    if (file.failed()) return file.get();
    return raw::write_fd(file.get(), step.content.data(), step.content.size());
}

int run(const RootPropagation& step, ChildState&) noexcept { return raw::set_root_propagation(step.flags); }

int run(const AttachRoot& step, ChildState& state) noexcept {
    if (state.received_count == 0) return -EBADF;
    const int mount = state.received[0];
    const RawFd staging(raw::open_path(AT_FDCWD, step.staging.c_str()));
    if (staging.failed()) return staging.get();
    if (const int error = raw::attach_mount(mount, staging.get()); error < 0) return error;
    // A peer of the host's mount as long as it is shared there; pivot_root(2) takes no such one, either.
    if (const int error = raw::change_mount(mount, 0, 0, MS_SLAVE, true); error < 0) return error;
    state.root = raw::open_in(mount, ".", O_PATH | O_DIRECTORY);
    return state.root < 0 ? state.root : 0;
}

int run(const BindRoot& step, ChildState& state) noexcept {
    const RawFd place(raw::open_path(AT_FDCWD, step.path.c_str()));
    if (place.failed()) return place.get();
    const RawFd mount(raw::clone_tree(place.get(), "", true));
    if (mount.failed()) return mount.get();
    if (const int error = raw::attach_mount(mount.get(), place.get()); error < 0) return error;
    state.root = raw::open_in(mount.get(), ".", O_PATH | O_DIRECTORY);
    return state.root < 0 ? state.root : 0;
}

int run(const UseHostRoot&, ChildState& state) noexcept {
    state.root = raw::open_path(AT_FDCWD, "/");
    return state.root < 0 ? state.root : 0;
}

int run(const PivotRoot& step, ChildState& state) noexcept {
    if (const int error = raw::pivot_to(state.root); error < 0) return error;
    return raw::change_mount(state.root, 0, 0, step.propagation, step.recursive);
}

} // namespace lxcpp
