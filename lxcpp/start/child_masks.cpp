// SPDX-License-Identifier: Apache-2.0
#include "start/child_state.h"
#include "start/raw_fd.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <utility>
#include <unistd.h>

// What covers is ours alone: a name of the image (its /dev/null, say) could be anything.
namespace lxcpp {

namespace raw = sys::raw;

namespace {

const std::string kInodes[] = {"size=4k", "nr_inodes=3", "mode=000"};
constexpr std::uint64_t kQuiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
constexpr const char* kFile = "file";
constexpr const char* kDirectory = "directory";

// An empty file and an empty directory, on one file system for all masks. Clones of a mount are made only where
// it is part of the tree: for that time it lies on the root, where nobody comes past it.
class Cover {
public:
    explicit Cover(const ChildState& state) : mount_(raw::new_mount("tmpfs", "none", kInodes, kQuiet)) {
        error_ = mount_.failed() ? mount_.get() : make(state.root);
    }
    Cover(const Cover&) = delete;
    Cover& operator=(const Cover&) = delete;
    ~Cover() { (void)uncover(); }

    // Left there, it would be what the container's program finds for its root.
    [[nodiscard]] int uncover() noexcept {
        if (!std::exchange(attached_, false)) return 0;
        return raw::detach_mount(mount_.get());
    }

    [[nodiscard]] int error() const noexcept { return error_; }

    [[nodiscard]] int over(int place) const noexcept {
        struct stat info;
        if (::fstat(place, &info) < 0) return -errno;
        const RawFd clone(raw::clone_tree(mount_.get(), S_ISDIR(info.st_mode) ? kDirectory : kFile, false));
        return clone.failed() ? clone.get() : raw::attach_mount(clone.get(), place);
    }

private:
    int make(int root) noexcept {
        if (const int error = raw::make_dirs_in(mount_.get(), kDirectory, 0); error < 0) return error;
        if (const int error = raw::make_file_in(mount_.get(), kFile, 0); error < 0) return error;
        if (const int error = raw::change_mount(mount_.get(), MOUNT_ATTR_RDONLY, 0, 0, false); error < 0) return error;
        const int error = raw::attach_mount(mount_.get(), root);
        attached_ = error == 0;
        return error;
    }

    RawFd mount_;
    bool attached_ = false;
    int error_ = 0;
};

int mask(const Cover& cover, int root, const char* path) noexcept {
    const RawFd place(raw::open_in(root, path, O_PATH));
    if (place.failed()) return place.get();
    return cover.over(place.get());
}

// "a#/b": a0/b, a1/b, ...; the first that is not there is the last one.
int mask_each(const Cover& cover, int root, const char* path, const char* number) noexcept {
    char text[256];
    const auto before = static_cast<std::size_t>(number - path);
    const std::size_t after = std::strlen(number + 1);
    if (before + after + 8 > sizeof text) return -ENAMETOOLONG;
    std::memcpy(text, path, before);
    for (unsigned count = 0; count < 10000; ++count) {
        char digits[4];
        std::size_t length = 0;
        for (unsigned rest = count; length == 0 || rest != 0; rest /= 10) digits[length++] = static_cast<char>('0' + rest % 10);
        for (std::size_t i = 0; i < length; ++i) text[before + i] = digits[length - 1 - i];
        std::memcpy(text + before + length, number + 1, after + 1);
        if (const int error = mask(cover, root, text); error < 0) return error;
    }
    return 0;
}

} // namespace

int run(const Mask& step, ChildState& state) noexcept {
    Cover cover(state);
    if (cover.error() < 0) return cover.error();
    for (const std::string& path : step.paths) {
        const char* number = std::strchr(path.c_str(), '#');
        const int error = number == nullptr ? mask(cover, state.root, path.c_str())
                                            : mask_each(cover, state.root, path.c_str(), number);
        if (error < 0 && error != -ENOENT && error != -ENOTDIR) return error;
    }
    return cover.uncover();
}

} // namespace lxcpp
