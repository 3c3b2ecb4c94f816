// SPDX-License-Identifier: Apache-2.0
// Images that are squashfs, which nobody has looked at before libsquashfs does: names, links, attributes and data.
#include "fuzz/fuzz.h"
#include "fuzz/made_images.h"

#include "base/strings.h"
#include "image/squashfs_reader.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/memory_file.h"

#include <algorithm>
#include <set>

namespace lxcpp::fuzz {
namespace {

using namespace lxcpp::image;

constexpr std::size_t kMostMembers = 300;
constexpr std::size_t kMostBytes = 256u << 10; // of each member

const Fd& image_of(std::string_view bytes) {
    static const Fd file = sys::memory_file("image");
    sys::truncate_file(file, 0, "the input");
    sys::seek_to(file, 0, "the input");
    sys::write_all(file, bytes, "the input");
    sys::seek_to(file, 0, "the input");
    return file;
}

void check_member(const TarEntry& entry, std::set<std::string>& seen) {
    const auto parts = split(entry.path, '/');
    FUZZ_CHECK_WITH(parts[0] == "." && entry.path.size() <= 4096 && entry.path.find('\0') == entry.path.npos, entry.path);
    for (std::size_t i = 1; i < parts.size(); ++i)
        FUZZ_CHECK_WITH(!parts[i].empty() && parts[i].size() <= 256 && parts[i] != "." && parts[i] != "..", entry.path);
    FUZZ_CHECK(entry.mode <= 07777 && entry.xattrs.size() <= 64);
    if (entry.type == TarType::Symlink) FUZZ_CHECK(!entry.link.empty() && entry.link.size() <= 4096 && entry.link.find('\0') == entry.link.npos);
    if (entry.type == TarType::HardLink) FUZZ_CHECK_WITH(seen.contains(entry.link), entry.link);
    seen.insert(entry.path);
}

} // namespace

void one_input(std::string_view bytes) {
    HashedFile file(image_of(bytes), "image");
    FUZZ_CHECK(file.size() == bytes.size());
    accepted([&] {
        SquashfsReader reader(file, "image");
        std::set<std::string> seen;
        for (std::size_t members = 0; members < kMostMembers; ++members) {
            const TarEntry* entry = reader.next();
            if (entry == nullptr) break;
            check_member(*entry, seen);
            const std::uint64_t size = entry->size;
            std::uint64_t done = 0;
            while (done < kMostBytes) {
                const auto data = reader.read();
                if (data.empty()) break;
                done += data.size();
            }
            FUZZ_CHECK(done <= size && (done == size || done >= kMostBytes));
        }
        return true;
    });
}

std::vector<std::string> made_seeds() {
    const sys::TempDir directory("/tmp", "lxcpp-fuzz-");
    make_small_tree(directory.path() / "tree");
    const auto made = [&](std::vector<std::string> options) {
        std::vector<std::string> argv{"/usr/bin/mksquashfs", directory.path() / "tree", directory.path() / "image", "-quiet", "-no-progress", "-processors", "1",
                                      "-nopad", "-all-root", "-mkfs-time", "0", "-all-time", "0"};
        argv.insert(argv.end(), options.begin(), options.end());
        return made_by(directory.path() / "image", argv);
    };
    std::vector<std::string> seeds{
        made({"-noI", "-noD", "-noF", "-noX", "-noId"}), // what is not compressed can be changed
        made({"-noI", "-noD", "-noF", "-noX", "-noId", "-no-fragments", "-b", "4096"}),
        made({"-noI", "-noD", "-noF", "-noX", "-noId", "-no-exports", "-p", "null c 666 0 0 1 3", "-p", "disk b 600 0 0 8 0"}),
    };
    for (const char* compression : {"gzip", "xz", "zstd", "lz4", "lzo"}) seeds.push_back(made({"-comp", compression}));
    std::erase(seeds, "");
    return seeds;
}

} // namespace lxcpp::fuzz
