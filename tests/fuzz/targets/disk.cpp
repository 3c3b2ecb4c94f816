// SPDX-License-Identifier: Apache-2.0
// Disk images of distributions' sources: partition tables, ext4 and ISO 9660 file systems, read without mounting them.
#include "fuzz/fuzz.h"
#include "fuzz/made_images.h"

#include "base/strings.h"
#include "distrobuilder/ext4_tree.h"
#include "distrobuilder/iso_reader.h"
#include "distrobuilder/partition_table.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/memory_file.h"

#include <algorithm>
#include <set>

namespace lxcpp::fuzz {
namespace {

using namespace lxcpp::distro;
using image::TarType;

constexpr std::size_t kMostMembers = 300;
constexpr std::size_t kMostBytes = 256u << 10;
constexpr std::size_t kExt4Size = 128u << 10;
constexpr std::size_t kIsoBegin = 32u << 10; // nothing is before it

const Fd& image_of(std::string_view bytes, std::size_t offset, std::size_t size) {
    static const Fd file = sys::memory_file("image");
    sys::truncate_file(file, 0, "the input");
    sys::seek_to(file, offset, "the input");
    sys::write_all(file, bytes, "the input");
    sys::truncate_file(file, std::max(size, offset + bytes.size()), "the input");
    return file;
}

void check_partitions(std::string_view bytes) {
    const Fd& file = image_of(bytes, 0, 0);
    if (const auto partitions = accepted([&] { return read_partitions(file, "disk"); })) {
        for (const Partition& one : *partitions) FUZZ_CHECK(one.range.size > 0 && one.range.offset <= bytes.size() && one.range.size <= bytes.size() - one.range.offset);
    }
    accepted([&] { return find_partition(file, "disk", 1); });
}

void check_ext4(std::string_view bytes) {
    const Fd& file = image_of(bytes, 0, kExt4Size);
    accepted([&] {
        Ext4Reader reader(file, {0, kExt4Size}, "image");
        std::set<std::string> seen;
        for (std::size_t members = 0; members < kMostMembers; ++members) {
            const auto* entry = reader.next();
            if (entry == nullptr) break;
            const auto parts = split(entry->path, '/');
            FUZZ_CHECK_WITH(parts[0] == "." && entry->path.size() <= 4096 && entry->path.find('\0') == entry->path.npos, entry->path);
            for (std::size_t i = 1; i < parts.size(); ++i) FUZZ_CHECK_WITH(!parts[i].empty() && parts[i] != "." && parts[i] != "..", entry->path);
            if (entry->type == TarType::Symlink) FUZZ_CHECK(!entry->link.empty() && entry->link.find('\0') == entry->link.npos);
            if (entry->type == TarType::HardLink) FUZZ_CHECK(seen.contains(entry->link));
            seen.insert(entry->path);
            std::uint64_t want = entry->size;
            if (entry->sparse) {
                want = 0;
                for (const auto& extent : entry->extents) want += extent.length;
            }
            std::uint64_t done = 0;
            for (auto data = reader.read(); !data.empty() && done < kMostBytes; data = reader.read()) done += data.size();
            FUZZ_CHECK(done <= want && (done == want || done >= kMostBytes || entry->type != TarType::File));
        }
        return true;
    });
}

void check_iso(std::string_view bytes) {
    const Fd& file = image_of(bytes, kIsoBegin, 0);
    accepted([&] {
        const IsoImage iso(file, "iso");
        for (const std::string& path : iso.below("")) {
            FUZZ_CHECK_WITH(iso.has(path) && !path.empty() && path.front() != '/', path);
            for (const auto part : split(path, '/')) FUZZ_CHECK_WITH(!part.empty() && part != "..", path);
        }
        return true;
    });
}

} // namespace

// The first byte chooses the kind; what is left out of an image at its end is zeros.
void one_input(std::string_view bytes) {
    Bytes input(bytes);
    switch (input.byte()) {
    case 'e': return check_ext4(input.rest());
    case 'i': return check_iso(input.rest());
    default: return check_partitions(input.rest());
    }
}

std::vector<std::string> made_seeds() {
    const sys::TempDir directory("/tmp", "lxcpp-fuzz-");
    const std::filesystem::path image = directory.path() / "image";
    make_small_tree(directory.path() / "tree");
    std::vector<std::string> seeds;
    for (const char* features : {"^metadata_csum,^64bit,^has_journal,^resize_inode", "^extents,^metadata_csum,^64bit,^has_journal,^resize_inode",
                                 "inline_data,^metadata_csum,^has_journal,^resize_inode", "metadata_csum,64bit,^has_journal,^resize_inode"}) {
        std::string made = made_by(image, {"/sbin/mke2fs", "-q", "-t", "ext4", "-b", "1024", "-I", "256", "-N", "24", "-O", features, "-E", "hash_seed=11111111-2222-3333-4444-555555555555",
                                           "-U", "11111111-2222-3333-4444-555555555555", "-d", directory.path() / "tree", image, "128"});
        made.resize(made.find_last_not_of('\0') + 1);
        if (!made.empty()) seeds.push_back("e" + made);
    }
    for (const char* kind : {"-R", "-J"}) {
        std::string made = made_by(image, {"/usr/bin/xorriso", "-as", "mkisofs", "-quiet", kind, "-no-pad", "-o", image, directory.path() / "tree/etc/deep"});
        if (made.size() <= kIsoBegin) continue;
        made.resize(made.find_last_not_of('\0') + 1);
        seeds.push_back("i" + made.substr(kIsoBegin));
    }
    std::string mbr(2048, '\0');
    mbr[446 + 4] = '\x83';
    mbr[446 + 8] = mbr[446 + 12] = 1;
    mbr[510] = '\x55';
    mbr[511] = '\xaa';
    seeds.push_back("p" + mbr);
    std::string gpt = mbr;
    gpt[446 + 4] = '\xee';
    gpt.replace(512, 8, "EFI PART");
    gpt[512 + 72] = 2;
    gpt[512 + 80] = 2;
    gpt[512 + 84] = '\x80';
    gpt[1024] = 'x';
    gpt[1024 + 32] = gpt[1024 + 40] = 3;
    seeds.push_back("p" + gpt);
    return seeds;
}

} // namespace lxcpp::fuzz
