// SPDX-License-Identifier: Apache-2.0
#include "image/archive_bytes.h"

#include "image/chunk_queue.h"
#include "image/xz_blocks.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <fmt/core.h>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace lxcpp::image {
namespace {

constexpr std::size_t kChunk = 256u << 10;
constexpr std::size_t kPiece = 64u << 10;        // of a block, compressed
constexpr std::size_t kPlainBudget = 4u << 20;   // of output that waits
constexpr std::uint64_t kMemory = 48u << 20;     // of decoders and output that waits; the rest of 64 MiB is for all else
constexpr std::uint64_t kMostWaiting = 28u << 20; // a block of xz -6 and some: the next one is done when this one is
constexpr std::uint64_t kLeastWaiting = 8u << 20;

std::span<std::uint8_t> as_bytes(std::span<char> text) {
    return {reinterpret_cast<std::uint8_t*>(text.data()), text.size()};
}

} // namespace

namespace {

// The file's hash has to have its bytes in their order, decompressing takes them in another. So that both mean the same
// bytes, whoever decompresses a block takes the hash from the block's beginning to its end a second time.
struct BlockHash {
    Sha256 before;
    Sha256::Digest after{};
    Sha256::Digest decompressed{};
};

} // namespace

struct ArchiveBytes::State {
    FdRef file;
    std::string what;
    DecompressLimits limits;
    std::uint64_t start = 0;
    std::uint64_t size = 0;
    std::vector<XzBlock> blocks;
    ChunkQueue queue;
    Sha256 hash;
    std::string sha256;
    std::atomic<std::uint64_t> bytes_in = 0;
    std::atomic<bool> ended = false; // the rest is not wanted
    std::mutex mutex; // of what follows
    std::size_t next_block = 0;
    std::vector<BlockHash> hashes; // of each block
    std::size_t hashed = 0;        // up to this one
    bool failed = false;
    std::condition_variable hashed_more;
    unsigned busy = 0;
    std::vector<std::thread> threads;

    State(FdRef from, std::string name, const DecompressLimits& limit, std::size_t budget)
        : file(from), what(std::move(name)), limits(limit), queue(budget) {}

    ~State() {
        ended = true;
        queue.stop();
        join();
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void join() {
        for (std::thread& thread : threads) thread.join();
        threads.clear();
    }

    // The next bytes of the file, hashed.
    std::size_t next_bytes(std::span<char> into) {
        const auto got = sys::read_some(file, as_bytes(into), what);
        hash.update(std::string_view(into.data(), got));
        return got;
    }

    void guarded(const std::function<void()>& work) noexcept {
        try {
            work();
        } catch (...) {
            ended = true;
            queue.fail(std::current_exception());
            const std::lock_guard lock(mutex);
            failed = true;
            hashed_more.notify_all();
        }
    }

    void decompress_all() {
        Decompressor decompressor([this](std::span<char> into) {
            const auto got = next_bytes(into);
            bytes_in += got;
            return got;
        }, what, limits);
        for (;;) {
            auto chunk = queue.chunk(kChunk);
            std::size_t used = 0;
            while (used < chunk.size()) {
                const auto got = decompressor.read(std::span(chunk).subspan(used));
                if (got == 0) break;
                used += got;
            }
            if (used == 0) break;
            chunk.resize(used);
            if (!queue.put(0, std::move(chunk))) return;
        }
        sha256 = hash.finish_hex();
        queue.end_part(0);
        queue.end(1);
    }

    // Up to a place in the file.
    void hash_to(std::uint64_t end, std::uint64_t& at, std::vector<char>& buffer) {
        while (at < end) {
            const auto place = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), end - at));
            const auto got = next_bytes(place);
            if (got == 0) throw Error(what + ": it became shorter");
            if (ended) throw Error(what + ": nobody wants the rest");
            at += got;
        }
    }

    void begin_block(std::size_t number) {
        const std::lock_guard lock(mutex);
        hashes[number].before = hash;
        hashed = number + 1;
        hashed_more.notify_all();
    }

    // nullopt: it will not come.
    std::optional<Sha256> hash_before(std::size_t number) {
        std::unique_lock lock(mutex);
        hashed_more.wait(lock, [&] { return hashed > number || failed; });
        return hashed > number ? std::optional(hashes[number].before) : std::nullopt;
    }

    // The whole file in its order, beside those who decompress it in another.
    void hash_file() {
        std::vector<char> buffer(kChunk);
        std::uint64_t at = start;
        for (std::size_t number = 0; number < blocks.size(); ++number) {
            hash_to(blocks[number].offset, at, buffer);
            begin_block(number);
            hash_to(blocks[number].offset + blocks[number].size, at, buffer);
            hashes[number].after = Sha256(hash).finish();
        }
        hash_to(start + size, at, buffer);
        sha256 = hash.finish_hex();
        leave();
    }

    bool claim(std::size_t& number) {
        const std::lock_guard lock(mutex);
        if (next_block == blocks.size()) return false;
        number = next_block++;
        return true;
    }

    // The last one looks whether what was decompressed is what was hashed.
    void leave() {
        const std::lock_guard lock(mutex);
        if (--busy != 0) return;
        for (const BlockHash& block : hashes)
            if (block.after != block.decompressed) throw Error(what + ": it changed while it was read");
        queue.end(blocks.size());
    }

    // The next bytes of a block.
    std::span<const char> piece(const XzBlock& block, std::uint64_t& at, std::span<char> buffer) {
        const auto place = buffer.first(std::min<std::uint64_t>(buffer.size(), block.size - at));
        std::size_t used = 0;
        while (used < place.size()) {
            const auto got = sys::read_at(file, place.subspan(used), block.offset + at + used, what);
            if (got == 0) throw Error(what + ": it became shorter");
            used += got;
        }
        at += used;
        bytes_in += used;
        return place;
    }

    // False: nobody wants more.
    bool decode_block(std::size_t number, std::span<char> buffer) {
        auto own = hash_before(number);
        if (!own) return false;
        std::uint64_t at = 0;
        const auto more = [&] {
            const auto bytes = piece(blocks[number], at, buffer);
            own->update(std::string_view(bytes.data(), bytes.size()));
            return bytes;
        };
        ChunkQueue::Chunk chunk;
        const auto room = [&]() -> std::span<char> { return chunk = queue.chunk(kChunk); };
        bool wanted = true;
        const auto filled = [&](std::size_t used) {
            chunk.resize(used);
            return wanted = used == 0 || queue.put(number, std::move(chunk));
        };
        decode_xz_block(blocks[number], more, room, filled, what);
        if (!wanted) return false;
        while (!more().empty()) {}
        hashes[number].decompressed = own->finish();
        queue.end_part(number);
        return true;
    }

    void decode_blocks() {
        std::size_t number = 0;
        std::vector<char> buffer(kPiece);
        while (claim(number))
            if (!decode_block(number, buffer)) return;
        leave();
    }
};

namespace {

struct Share {
    unsigned workers = 1; // 1 = there is nothing to share out
    std::size_t waiting = kPlainBudget;
};

// As many threads as may at worst, with the largest dictionaries at once, have the memory.
Share share_for(const std::vector<XzBlock>& blocks, FdRef file) {
    std::vector<std::uint64_t> needs;
    std::array<char, 1024> head;
    for (const XzBlock& block : blocks) {
        const auto got = sys::read_at(file, head, block.offset, "xz block");
        const auto memory = xz_block_memory(block, std::span(head).first(got));
        if (memory > kMemory) return {};
        needs.push_back(memory);
    }
    std::sort(needs.begin(), needs.end(), std::greater<>());
    const auto most = std::min<std::size_t>(needs.size(), std::max(2u, std::thread::hardware_concurrency()));
    std::uint64_t used = 0;
    Share share{.workers = 0};
    while (share.workers < most && used + needs[share.workers] <= kMemory - kLeastWaiting) used += needs[share.workers++];
    if (share.workers < 2) return {};
    share.waiting = std::min(kMostWaiting, kMemory - used);
    return share;
}

// The index says beforehand what it would come to.
void check_limits(const std::vector<XzBlock>& blocks, std::uint64_t size, const DecompressLimits& limits,
                  const std::string& what) {
    std::uint64_t sum = 0;
    for (const XzBlock& block : blocks) {
        if (block.content_size > limits.max_bytes || (sum += block.content_size) > limits.max_bytes)
            throw Error(fmt::format("{}: it expands to more than {} bytes", what, limits.max_bytes));
    }
    if (sum > kRatioFrom && sum / limits.max_ratio > size)
        throw Error(fmt::format("{}: it expands more than {}-fold", what, limits.max_ratio));
}

} // namespace

ArchiveBytes::ArchiveBytes(FdRef file, std::string what, const DecompressLimits& limits, const Sha256& hash) {
    std::vector<XzBlock> blocks;
    std::uint64_t start = 0;
    std::uint64_t size = 0;
    Share share;
    if (const auto info = sys::stat_fd(file); S_ISREG(info.st_mode)) {
        start = sys::offset_of(file, what);
        size = std::max<std::uint64_t>(start, static_cast<std::uint64_t>(info.st_size)) - start;
        blocks = list_xz_blocks(file, start, size);
        share = share_for(blocks, file);
    }
    state_ = std::make_unique<State>(file, std::move(what), limits, share.waiting);
    State& state = *state_;
    state.hash = hash;
    state.start = start;
    state.size = size;
    if (share.workers == 1) {
        state.threads.emplace_back([&state] { state.guarded([&] { state.decompress_all(); }); });
        return;
    }
    state.blocks = std::move(blocks);
    check_limits(state.blocks, size, limits, state.what);
    state.hashes.resize(state.blocks.size());
    state.busy = share.workers + 1;
    state.threads.emplace_back([&state] { state.guarded([&] { state.hash_file(); }); });
    for (unsigned number = 0; number < share.workers; ++number)
        state.threads.emplace_back([&state] { state.guarded([&] { state.decode_blocks(); }); });
}

ArchiveBytes::~ArchiveBytes() = default;

std::size_t ArchiveBytes::read(std::span<char> into) { return into.empty() ? 0 : state_->queue.take(into); }

std::span<const char> ArchiveBytes::view(std::size_t most) { return state_->queue.view(most); }

std::string ArchiveBytes::sha256() {
    state_->join();
    return state_->sha256;
}

std::uint64_t ArchiveBytes::size() const noexcept { return state_->size; }
std::uint64_t ArchiveBytes::bytes_in() const noexcept { return state_->bytes_in; }

} // namespace lxcpp::image
