// SPDX-License-Identifier: Apache-2.0
#include "image/squashfs_writer.h"

#include "base/strings.h"
#include "image/squashfs_compressor.h"
#include "image/squashfs_output.h"
#include "image/squashfs_tree.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <fmt/core.h>
#include <new>
#include <sqfs/block.h>
#include <sqfs/block_processor.h>
#include <sqfs/block_writer.h>
#include <sqfs/frag_table.h>
#include <sqfs/super.h>
#include <utility>
#include <vector>

namespace lxcpp::image {
namespace {

constexpr std::size_t kWaiting = 8u << 20;     // of blocks on their way: twice as much, with copies of those that many files share
constexpr std::uint64_t kMaxBlocks = 1u << 19; // of a file: libsquashfs puts their sizes, 4 bytes each, on the stack
constexpr std::size_t kPadding = 4096;         // what the kernel reads at once of a device
constexpr std::array<char, 256u << 10> kZeros{};

} // namespace

struct SquashfsWriter::State {
    const SquashfsOptions options;
    SquashfsOutput output;
    SquashfsTree tree;
    sqfs_super_t super{};
    // What the current file still gets.
    std::vector<TarExtent> extents; // the next one last
    std::uint64_t at = 0;
    std::uint64_t end = 0;
    bool in_file = false;
    // Each of these uses some of those above it.
    std::atomic<bool> compressor_failed = false;
    SquashfsObject<sqfs_compressor_t> compressor;
    SquashfsObject<sqfs_compressor_t> decompressor;
    SquashfsObject<sqfs_frag_table_t> fragments;
    SquashfsObject<sqfs_block_writer_t> blocks;
    SquashfsObject<sqfs_block_processor_t> processor;

    State(FdRef to, const SquashfsOptions& wanted) : options(wanted), output(to) {
        if (sqfs_super_init(&super, options.block_size, 0, squashfs_compressor_id(options.compression)) != 0)
            throw Error(fmt::format("squashfs: blocks of {} bytes: a power of two from 4096 to 1048576 is expected", options.block_size));
        compressor = make_squashfs_compressor(options);
        decompressor = make_squashfs_compressor(options, SQFS_COMP_FLAG_UNCOMPRESS);
        check(sqfs_super_write(&super, output.file()));
        const int written = compressor->write_options(compressor.get(), output.file());
        if (written < 0) check(written);
        if (written > 0) super.flags |= SQFS_FLAG_COMPRESSOR_OPTIONS;
        compressor = make_patient(std::move(compressor), compressor_failed);
        fragments = squashfs_made(sqfs_frag_table_create(0));
        blocks = squashfs_made(sqfs_block_writer_create(output.file(), kPadding, 0));
        make_processor();
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    // libsquashfs loses the blocks that its threads still have in their hands when they end.
    ~State() {
        if (!processor) return;
        for (std::size_t tries = 0; tries < waiting() + 8; ++tries) {
            if (sqfs_block_processor_sync(processor.get()) == 0) break;
        }
    }

    [[nodiscard]] std::size_t waiting() const { return std::max<std::size_t>(kWaiting / options.block_size, 8); }

    void check(int result) const {
        output.rethrow();
        squashfs_check(result);
    }

    void make_processor() {
        sqfs_block_processor_desc_t wanted{};
        wanted.size = sizeof(wanted);
        wanted.max_block_size = options.block_size;
        wanted.num_workers = squashfs_threads(options, options.memory);
        wanted.max_backlog = static_cast<sqfs_u32>(waiting());
        wanted.cmp = compressor.get();
        wanted.wr = blocks.get();
        wanted.tbl = fragments.get();
        wanted.file = output.file(); // with these two, what has the same checksum is compared
        wanted.uncmp = decompressor.get();
        sqfs_block_processor_t* raw = nullptr;
        check(sqfs_block_processor_create_ex(&wanted, &raw));
        processor = squashfs_made(raw);
    }

    void add(const TarEntry& entry) {
        end_file();
        if (sqfs_inode_generic_t** inode = tree.add(entry)) begin_file(inode, entry);
    }

    // The end of a file that is larger than a block is a block: read faster than from among those of others.
    void begin_file(sqfs_inode_generic_t** inode, const TarEntry& entry) {
        if (entry.size / options.block_size >= kMaxBlocks)
            throw Error(fmt::format("squashfs: '{}': with blocks of {} KiB a file may have {} GiB", printable(entry.path),
                                    options.block_size >> 10, kMaxBlocks * options.block_size >> 30));
        check(sqfs_block_processor_begin_file(processor.get(), inode, nullptr, entry.size > options.block_size ? SQFS_BLK_DONT_FRAGMENT : 0));
        in_file = true;
        at = 0;
        end = entry.size;
        extents = entry.sparse ? entry.extents : std::vector<TarExtent>{{0, entry.size}};
        std::erase_if(extents, [](const TarExtent& extent) { return extent.length == 0; });
        std::reverse(extents.begin(), extents.end());
    }

    void append(std::string_view bytes) {
        if (bytes.empty()) return;
        check(sqfs_block_processor_append(processor.get(), bytes.data(), bytes.size()));
        at += bytes.size();
    }

    void zeros_until(std::uint64_t offset) {
        while (at < offset) append({kZeros.data(), std::min<std::uint64_t>(kZeros.size(), offset - at)});
    }

    void data(std::string_view bytes) {
        while (!bytes.empty()) {
            if (extents.empty()) throw Error("squashfs: more data than the file's size");
            const TarExtent& extent = extents.back();
            zeros_until(extent.offset);
            const auto part = bytes.substr(0, extent.offset + extent.length - at);
            append(part);
            bytes.remove_prefix(part.size());
            if (at == extent.offset + extent.length) extents.pop_back();
        }
    }

    void end_file() {
        if (!in_file) return;
        if (!extents.empty()) throw Error("squashfs: less data than the file's size");
        zeros_until(end);
        check(sqfs_block_processor_end_file(processor.get()));
        in_file = false;
    }

    void finish() {
        end_file();
        check(sqfs_block_processor_finish(processor.get()));
        write_tables();
        if (compressor_failed) throw std::bad_alloc();
        super.bytes_used = output.size();
        super.flags &= static_cast<sqfs_u16>(~SQFS_FLAG_ALWAYS_FRAGMENTS); // see begin_file; only unsquashfs -s shows it
        check(sqfs_super_write(&super, output.file()));
        output.pad(kPadding);
    }

    void write_tables() {
        try {
            tree.write(output.file(), compressor.get(), fragments.get(), super);
        } catch (...) {
            output.rethrow(); // says more
            throw;
        }
    }
};

SquashfsWriter::SquashfsWriter(FdRef to, const SquashfsOptions& options) : state_(std::make_unique<State>(to, options)) {}
SquashfsWriter::~SquashfsWriter() = default;
void SquashfsWriter::add(const TarEntry& entry) { state_->add(entry); }
void SquashfsWriter::data(std::string_view bytes) { state_->data(bytes); }
void SquashfsWriter::finish() { state_->finish(); }
void SquashfsWriter::read_all(const ByteSink& sink) const { state_->output.read_all(sink); }

} // namespace lxcpp::image
