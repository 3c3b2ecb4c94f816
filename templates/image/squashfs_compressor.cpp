// SPDX-License-Identifier: Apache-2.0
#include "image/squashfs_compressor.h"

#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <memory>
#include <new>
#include <thread>
#include <utility>

namespace lxcpp::image {
namespace {

struct Format {
    Compression compression;
    std::string_view name;
    SQFS_COMPRESSOR id;
    unsigned max_level;  // 0: it has none
    std::size_t memory; // of a thread, in blocks
};
constexpr std::array<Format, 4> kFormats{{{Compression::Gzip, "gzip", SQFS_COMP_GZIP, SQFS_GZIP_MAX_LEVEL, 1},
                                          {Compression::Lz4, "lz4", SQFS_COMP_LZ4, 0, 1},
                                          {Compression::Xz, "xz", SQFS_COMP_XZ, SQFS_XZ_MAX_LEVEL, 13},
                                          {Compression::Zstd, "zstd", SQFS_COMP_ZSTD, SQFS_ZSTD_MAX_LEVEL, 26}}};

const Format& format_of(Compression compression) {
    for (const Format& format : kFormats) {
        if (format.compression == compression) return format;
    }
    throw Error("squashfs: compression is one of gzip, lz4, xz and zstd");
}

struct Patient {
    sqfs_compressor_t compressor; // first: libsquashfs knows this one
    SquashfsObject<sqfs_compressor_t> inner;
    std::atomic<bool>* failed;
};

Patient& of(sqfs_compressor_t* compressor) noexcept { return *reinterpret_cast<Patient*>(compressor); }

const Patient& of(const void* object) noexcept { return *static_cast<const Patient*>(object); }

sqfs_s32 do_block(sqfs_compressor_t* self, const sqfs_u8* in, sqfs_u32 size, sqfs_u8* out, sqfs_u32 room) noexcept {
    Patient& patient = of(self);
    const auto result = patient.inner->do_block(patient.inner.get(), in, size, out, room);
    if (result < 0) *patient.failed = true;
    return result < 0 ? 0 : result;
}

int write_options(sqfs_compressor_t* self, sqfs_file_t* file) noexcept {
    return of(self).inner->write_options(of(self).inner.get(), file);
}

void destroy(sqfs_object_t* self) noexcept { const std::unique_ptr<Patient> last(reinterpret_cast<Patient*>(self)); }

sqfs_object_t* copy(const sqfs_object_t* self) noexcept;

sqfs_object_t* make(SquashfsObject<sqfs_compressor_t> inner, std::atomic<bool>& failed) noexcept {
    if (!inner) return nullptr;
    sqfs_compressor_t calls{};
    calls.base = {.destroy = destroy, .copy = copy};
    calls.write_options = write_options;
    calls.do_block = do_block;
    try {
        return &std::make_unique<Patient>(Patient{calls, std::move(inner), &failed}).release()->compressor.base;
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

// Each thread of libsquashfs has one of its own.
sqfs_object_t* copy(const sqfs_object_t* self) noexcept {
    const Patient& patient = of(self);
    SquashfsObject<sqfs_compressor_t> inner(static_cast<sqfs_compressor_t*>(sqfs_copy(patient.inner.get())));
    return make(std::move(inner), *patient.failed);
}

} // namespace

SQFS_COMPRESSOR squashfs_compressor_id(Compression compression) { return format_of(compression).id; }

SquashfsObject<sqfs_compressor_t> make_squashfs_compressor(const SquashfsOptions& options, sqfs_u16 flags) {
    const Format& format = format_of(options.compression);
    sqfs_compressor_config_t config;
    sqfs_compressor_t* raw = nullptr;
    if (sqfs_compressor_config_init(&config, format.id, options.block_size, flags) == 0) {
        if (options.level != 0) config.level = options.level;
        if (sqfs_compressor_create(&config, &raw) == 0 && raw != nullptr) return SquashfsObject<sqfs_compressor_t>(raw);
    }
    throw Error(fmt::format("squashfs: libsquashfs cannot compress with {} at level {}", format.name, options.level));
}

unsigned squashfs_threads(const SquashfsOptions& options, std::size_t memory) {
    const std::size_t each = (format_of(options.compression).memory + 3) * options.block_size + (1u << 20);
    const unsigned wanted = options.threads != 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
    return static_cast<unsigned>(std::clamp<std::size_t>(memory / each, 1, wanted));
}

SquashfsObject<sqfs_compressor_t> make_patient(SquashfsObject<sqfs_compressor_t> compressor, std::atomic<bool>& failed) {
    return squashfs_made(reinterpret_cast<sqfs_compressor_t*>(make(std::move(compressor), failed)));
}

SquashfsOptions parse_squashfs_compression(std::string_view text) {
    const auto dash = text.find('-');
    SquashfsOptions options;
    for (const Format& format : kFormats) {
        if (format.name != text.substr(0, dash)) continue;
        options.compression = format.compression;
        if (dash == text.npos) return options;
        if (format.max_level == 0) throw Error(fmt::format("compression '{}': {} has no levels", printable(text), format.name));
        const auto level = parse_u64(text.substr(dash + 1));
        if (!level || *level == 0 || *level > format.max_level)
            throw Error(fmt::format("compression '{}': levels of {} are 1 to {}", printable(text), format.name, format.max_level));
        options.level = static_cast<unsigned>(*level);
        return options;
    }
    throw Error(fmt::format("compression '{}' of a squashfs: it is one of gzip, lz4, xz and zstd, or with a level such as zstd-19", printable(text)));
}

} // namespace lxcpp::image
