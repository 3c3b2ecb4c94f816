// SPDX-License-Identifier: Apache-2.0
#include "image/oci_user.h"

#include "base/error.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <optional>

namespace lxcpp::image {
namespace {

constexpr std::uint64_t kHighestId = 65535;
constexpr std::size_t kLargestFile = 4u << 20;
constexpr std::size_t kMostGroups = 64;

using Row = std::vector<std::string_view>; // fields of a line of passwd(5) or group(5)

// A text file of the image and its lines.
class Database {
public:
    Database(const sys::RootedDir& root, const char* path)
        : text_(root.read_file(path, kLargestFile, sys::Links::InRoot).value_or("")) {
        for (const std::string_view line : split_lines(text_)) rows_.push_back(split(line, ':'));
    }

    [[nodiscard]] const std::vector<Row>& rows() const noexcept { return rows_; }
    // The first row with that text in that field, and at least so many fields.
    [[nodiscard]] const Row* find(std::size_t field, std::string_view text, std::size_t fields) const {
        const auto found = std::ranges::find_if(rows_, [&](const Row& row) { return row.size() >= fields && row[field] == text; });
        return found == rows_.end() ? nullptr : &*found;
    }

private:
    std::string text_;
    std::vector<Row> rows_;
};

constexpr std::size_t kPasswdFields = 6; // name:password:uid:gid:gecos:home
constexpr std::size_t kGroupFields = 3;  // name:password:gid[:members]

std::optional<std::uint32_t> id_in(std::string_view text, std::string_view what) {
    const bool digits = !text.empty() && text.find_first_not_of("0123456789") == text.npos;
    if (!digits) return std::nullopt;
    const auto id = parse_u64(text);
    if (!id || *id > kHighestId) throw Error(fmt::format("{} {} is not within 0..{}", what, printable(text), kHighestId));
    return static_cast<std::uint32_t>(*id);
}

std::uint32_t id_of(const Row& row, std::size_t field, std::string_view what) {
    const auto id = id_in(row[field], what);
    if (!id) throw Error(fmt::format("the image has no number for {} {}", what, printable(row[0])));
    return *id;
}

// A number, or a name with a row for it.
std::uint32_t find_group(std::string_view group, const Database& groups) {
    if (const auto id = id_in(group, "group")) return *id;
    const Row* row = groups.find(0, group, kGroupFields);
    if (row == nullptr) throw Error(fmt::format("there is no group {} in the image's /etc/group", printable(group)));
    return id_of(*row, 2, "group");
}

std::vector<std::uint32_t> groups_with(std::string_view user, const Database& groups, std::uint32_t primary) {
    std::vector<std::uint32_t> ids;
    for (const Row& row : groups.rows()) {
        if (row.size() <= kGroupFields) continue;
        const auto members = split(row[3], ',');
        if (std::ranges::find(members, user) == members.end()) continue;
        const auto id = id_of(row, 2, "group");
        const bool known = id == primary || std::ranges::find(ids, id) != ids.end();
        if (!known && ids.size() < kMostGroups) ids.push_back(id);
    }
    return ids;
}

OciUser find(std::string_view text, const sys::RootedDir& root) {
    const auto colon = text.find(':');
    const std::string_view name = text.empty() ? "0" : text.substr(0, colon);
    const Database users(root, "etc/passwd");
    const Database groups(root, "etc/group");
    OciUser user;
    const auto number = id_in(name, "user");
    const Row* row = users.find(number ? 2 : 0, name, kPasswdFields);
    if (row == nullptr && !number) throw Error(fmt::format("there is no user {} in the image's /etc/passwd", printable(name)));
    user.uid = number ? *number : id_of(*row, 2, "user");
    if (row != nullptr) {
        user.gid = id_of(*row, 3, "group");
        user.home = (*row)[5];
    }
    if (colon != text.npos) user.gid = find_group(text.substr(colon + 1), groups);
    else if (!number) user.groups = groups_with(name, groups, user.gid);
    return user;
}

} // namespace

OciUser find_oci_user(std::string_view user, const sys::RootedDir& root) {
    return with_context(fmt::format("user {} of the image", printable(user.empty() ? "0" : user)), [&] { return find(user, root); });
}

} // namespace lxcpp::image
