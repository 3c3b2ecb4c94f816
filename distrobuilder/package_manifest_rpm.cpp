// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/package_manifest.h"
#include "image/c_handle.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <array>
#include <cstdint>
#include <fmt/core.h>
#include <memory>
#include <optional>
#include <sqlite3.h>

namespace lxcpp::distro {
namespace {

constexpr std::size_t kLargest = 512u << 20;
constexpr int kLargestHeader = 64 << 20;
constexpr std::uint32_t kMostEntries = 65536; // rpm's own limit
constexpr std::size_t kEntry = 16;
constexpr std::array<const char*, 2> kPlaces{"usr/lib/sysimage/rpm", "var/lib/rpm"};

// Of rpmtag.h: numbers that stand in files.
enum class Tag : std::uint32_t { Name = 1000, Version = 1001, Release = 1002, Epoch = 1003, Vendor = 1011, License = 1014, Url = 1020, Arch = 1022, SourceRpm = 1044 };
constexpr std::uint32_t kInt32 = 4;
constexpr std::uint32_t kString = 6;

// A header as rpm stores it: numbers of entries and bytes, the entries (tag, type, offset, count), the bytes.
class RpmHeader {
public:
    explicit RpmHeader(std::string_view blob) {
        if (blob.size() < 8) fail();
        const std::uint32_t entries = number(blob, 0);
        const std::uint32_t size = number(blob, 4);
        if (entries > kMostEntries || blob.size() < 8 + entries * kEntry || blob.size() - 8 - entries * kEntry < size) fail();
        entries_ = blob.substr(8, entries * kEntry);
        data_ = blob.substr(8 + entries_.size(), size);
    }

    [[nodiscard]] std::string text(Tag tag) const {
        const auto place = find(tag, kString);
        if (!place) return "";
        const auto end = data_.find('\0', *place);
        if (*place >= data_.size() || end == data_.npos) fail();
        return std::string(data_.substr(*place, end - *place));
    }

    [[nodiscard]] std::optional<std::uint32_t> count(Tag tag) const {
        const auto place = find(tag, kInt32);
        if (!place) return std::nullopt;
        if (data_.size() < 4 || *place > data_.size() - 4) fail();
        return number(data_, *place);
    }

private:
    [[noreturn]] static void fail() { throw Error("a package's header is damaged"); }

    static std::uint32_t number(std::string_view bytes, std::size_t at) {
        std::uint32_t value = 0;
        for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
        return value;
    }

    [[nodiscard]] std::optional<std::uint32_t> find(Tag tag, std::uint32_t type) const {
        for (std::size_t at = 0; at < entries_.size(); at += kEntry)
            if (number(entries_, at) == static_cast<std::uint32_t>(tag) && number(entries_, at + 4) == type) return number(entries_, at + 8);
        return std::nullopt;
    }

    std::string_view entries_;
    std::string_view data_;
};

// "bash-5.2.26-1.fc40.src.rpm" -> "bash"
std::string source_name(std::string file) {
    for (int i = 0; i < 2; ++i) file = file.substr(0, file.rfind('-'));
    return file;
}

// SQLite on a file that a stranger made: in a directory of ours, with the features that such files could abuse off.
class RpmDatabase {
public:
    explicit RpmDatabase(const std::filesystem::path& file) {
        sqlite3* raw = nullptr;
        const int result = sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE, nullptr);
        database_.reset(raw);
        if (result != SQLITE_OK) fail();
        sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
        sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
        sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
        sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
        sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, kLargestHeader);
    }

    void list(PackageList& list) {
        sqlite3_stmt* raw = nullptr;
        if (sqlite3_prepare_v2(database_.get(), "SELECT blob FROM Packages", -1, &raw, nullptr) != SQLITE_OK) fail();
        const std::unique_ptr<sqlite3_stmt, image::Deleter<sqlite3_finalize>> statement(raw);
        int result = SQLITE_OK;
        while ((result = sqlite3_step(raw)) == SQLITE_ROW) {
            const auto* bytes = static_cast<const char*>(sqlite3_column_blob(raw, 0));
            InstalledPackage package = parse_rpm_header({bytes, static_cast<std::size_t>(bytes == nullptr ? 0 : sqlite3_column_bytes(raw, 0))});
            if (package.name != "gpg-pubkey") list.packages.push_back(std::move(package)); // a key, which rpm keeps as one
        }
        if (result != SQLITE_DONE) fail();
    }

private:
    [[noreturn]] void fail() const { throw Error(fmt::format("rpmdb.sqlite: {}", sqlite3_errmsg(database_.get()))); }
    std::unique_ptr<sqlite3, image::Deleter<sqlite3_close>> database_;
};

bool copy(const sys::RootedDir& root, const std::string& from, const std::filesystem::path& to) {
    const auto content = root.read_file(from, kLargest, sys::Links::InRoot);
    if (content) sys::write_file_atomic(to, *content, 0600);
    return content.has_value();
}

} // namespace

InstalledPackage parse_rpm_header(std::string_view blob) {
    const RpmHeader header(blob);
    InstalledPackage package{.name = header.text(Tag::Name), .version = header.text(Tag::Version) + "-" + header.text(Tag::Release),
                             .architecture = header.text(Tag::Arch), .license = header.text(Tag::License), .supplier = header.text(Tag::Vendor),
                             .homepage = header.text(Tag::Url), .source = source_name(header.text(Tag::SourceRpm)), .purl_type = "rpm"};
    if (const auto epoch = header.count(Tag::Epoch)) package.epoch = std::to_string(*epoch);
    return package;
}

void list_rpm(const sys::RootedDir& root, const std::filesystem::path& scratch, PackageList& list) {
    for (const char* place : kPlaces) {
        const sys::TempDir directory(scratch, "rpm-");
        const std::string file = std::string(place) + "/rpmdb.sqlite";
        if (copy(root, file, directory.path() / "rpmdb.sqlite")) {
            static_cast<void>(copy(root, file + "-wal", directory.path() / "rpmdb.sqlite-wal"));
            return RpmDatabase(directory.path() / "rpmdb.sqlite").list(list);
        }
        for (const auto& [name, kind] : {std::pair("/Packages", "Berkeley DB"), {"/Packages.db", "ndb"}})
            if (root.exists(place + std::string(name), sys::Links::InRoot))
                throw Error(fmt::format("their database {}{} is of the kind {}; rpmdb --rebuilddb of rpm 4.16 and later makes one that can be read", place, name, kind));
    }
}

} // namespace lxcpp::distro
