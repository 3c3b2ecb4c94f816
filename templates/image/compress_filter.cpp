// SPDX-License-Identifier: Apache-2.0
#include "image/c_handle.h"
#include "image/compress_codec.h"

#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <exception>
#include <string>
#include <sys/stat.h>

namespace lxcpp::image {
namespace {

struct Filter {
    Compression compression;
    const char* name;
    int (*add)(struct archive*);
};
constexpr std::array<Filter, 4> kFilters{{{Compression::Bzip2, "bzip2", archive_write_add_filter_bzip2},
                                          {Compression::Lzma, "lzma", archive_write_add_filter_lzma},
                                          {Compression::Lzip, "lzip", archive_write_add_filter_lzip},
                                          {Compression::Lz4, "lz4", archive_write_add_filter_lz4}}};

const Filter& filter_of(Compression compression) {
    for (const Filter& filter : kFilters) {
        if (filter.compression == compression) return filter;
    }
    throw Error("compress: libarchive writes no such format");
}

class FilterCodec final : public Compressor::Codec {
public:
    FilterCodec(Compression compression, ByteSink sink, const CompressorOptions& options)
        : Codec(std::move(sink)), filter_(filter_of(compression)), archive_(archive_write_new()) {
        if (!archive_) throw std::bad_alloc();
        check(archive_write_set_format_raw(archive_.get()));
        check(filter_.add(archive_.get()));
        if (options.level)
            check(archive_write_set_filter_option(archive_.get(), filter_.name, "compression-level", std::to_string(*options.level).c_str()));
        check(archive_write_set_bytes_per_block(archive_.get(), 0)); // no padding
        check(archive_write_open(archive_.get(), this, nullptr, write, nullptr));
        const std::unique_ptr<archive_entry, Deleter<archive_entry_free>> entry(archive_entry_new());
        archive_entry_set_filetype(entry.get(), AE_IFREG);
        check(archive_write_header(archive_.get(), entry.get()));
    }
    FilterCodec(const FilterCodec&) = delete;
    FilterCodec& operator=(const FilterCodec&) = delete;
    // libarchive ends the stream when it is freed; nobody wants to see that of one that was given up.
    ~FilterCodec() override { given_up_ = true; }

    void run(std::string_view bytes, bool end) override {
        while (!bytes.empty()) {
            const auto taken = archive_write_data(archive_.get(), bytes.data(), bytes.size());
            if (taken <= 0) fail();
            bytes.remove_prefix(static_cast<std::size_t>(taken));
        }
        if (end) check(archive_write_close(archive_.get()));
    }

private:
    static la_ssize_t write(struct archive* handle, void* codec, const void* bytes, std::size_t size) noexcept {
        auto& self = *static_cast<FilterCodec*>(codec);
        if (self.given_up_) return static_cast<la_ssize_t>(size);
        try {
            self.sink_({static_cast<const char*>(bytes), size});
            return static_cast<la_ssize_t>(size);
        } catch (...) {
            self.error_ = std::current_exception(); // must not pass through C
            archive_set_error(handle, EIO, "the output failed");
            return -1;
        }
    }

    void check(int result) {
        if (result != ARCHIVE_OK) fail();
    }

    [[noreturn]] void fail() {
        if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
        const char* reason = archive_error_string(archive_.get());
        compression_failed(filter_.name, reason != nullptr ? reason : "libarchive cannot do that");
    }

    const Filter& filter_;
    bool given_up_ = false;
    std::exception_ptr error_;
    std::unique_ptr<struct archive, Deleter<archive_write_free>> archive_; // the first to go: it calls write()
};

} // namespace

std::unique_ptr<Compressor::Codec> make_filter_codec(Compression compression, ByteSink sink, const CompressorOptions& options) {
    return std::make_unique<FilterCodec>(compression, std::move(sink), options);
}

} // namespace lxcpp::image
