// SPDX-License-Identifier: Apache-2.0
#include "start/made.h"

#include "sys/file.h"
#include "sys/own_file.h"

#include <string>
#include <string_view>

namespace lxcpp {
namespace {

constexpr std::string_view kPayload = "payload ";
constexpr std::string_view kOther = "other ";
constexpr std::string_view kMount = "mount ";
constexpr std::string_view kNic = "nic ";

void append(std::string& text, std::string_view kind, const std::filesystem::path& path) {
    text += kind;
    text += path.native();
    text += '\n';
}

} // namespace

void save_made(const std::filesystem::path& runtime, const Made& made) {
    std::string text;
    for (const std::filesystem::path& group : made.payload) append(text, kPayload, group);
    for (const std::filesystem::path& group : made.others) append(text, kOther, group);
    if (!made.shared_mount.empty()) append(text, kMount, made.shared_mount);
    for (const NicRecord& nic : made.nics) text += std::string(kNic) + print_record(nic) + '\n';
    sys::write_file_atomic(runtime / "made", text, 0600);
}

Made load_made(const std::filesystem::path& runtime) {
    Made made;
    const auto text = sys::read_own_file_if_exists(runtime / "made", 1u << 20);
    if (!text) return made;
    std::string_view rest = *text;
    for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end + 1);
        if (line.starts_with(kPayload)) made.payload.emplace_back(line.substr(kPayload.size()));
        if (line.starts_with(kOther)) made.others.emplace_back(line.substr(kOther.size()));
        if (line.starts_with(kNic)) {
            if (auto record = parse_record(line.substr(kNic.size()))) made.nics.push_back(std::move(*record));
        }
        if (line.starts_with(kMount)) made.shared_mount = line.substr(kMount.size());
    }
    return made;
}

} // namespace lxcpp
