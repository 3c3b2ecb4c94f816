// SPDX-License-Identifier: Apache-2.0
#include "config/migrate.h"

#include "config/cgroup_v1.h"
#include "config/item.h"
#include "config/legacy.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace lxcpp {
namespace {

constexpr std::string_view kV1 = "lxc.cgroup.";
constexpr std::string_view kV2 = "lxc.cgroup2.";
constexpr std::string_view kBackend = "lxc.rootfs.backend"; // now a prefix of the path
constexpr std::string_view kOldRootfs = "lxc.rootfs";

// What one line becomes; nullopt: it stays.
using NewLines = std::optional<std::vector<std::string>>;

class Migrator {
public:
    Migrator(const ConfigText& text, KeepV1 keep) : keep_(keep), out_{text, {}} {
        for (const auto& raw : text.lines()) remember(parse_line(raw));
    }

    Migration run() && {
        for (std::size_t i = 0; i < out_.text.lines().size();) {
            const std::string raw = out_.text.lines()[i];
            const auto fresh = replacement(parse_line(raw), i + 1);
            if (fresh) out_.text.replace(i, *fresh);
            i += fresh ? fresh->size() : 1;
        }
        return std::move(out_);
    }

private:
    static std::optional<Setting> v1_setting(const Line& line) {
        const bool own_key =
            line.key.starts_with("lxc.cgroup.dir") || line.key == "lxc.cgroup.relative";
        if (line.kind != LineKind::Assignment || !line.key.starts_with(kV1) || own_key)
            return std::nullopt;
        return Setting{std::string(line.key.substr(kV1.size())), std::string(line.value)};
    }

    void remember(const Line& line) {
        if (line.kind == LineKind::Assignment && line.key == kBackend) backend_ = line.value;
        if (auto setting = v1_setting(line)) v1_.push_back(std::move(*setting));
        if (line.kind == LineKind::Assignment && line.key.starts_with(kV2))
            v2_.push_back({std::string(line.key), std::string(line.value)});
    }

    NewLines replacement(const Line& line, std::size_t number) {
        if (line.kind != LineKind::Assignment) return std::nullopt;
        if (const auto setting = v1_setting(line)) return twin(line, *setting, number);
        if (is_known_key(line.key)) return std::nullopt;
        return rename(line, number);
    }

    NewLines rename(const Line& line, std::size_t number) {
        if (line.key == "lxc.network.type") ++devices_;
        const auto legacy = find_legacy_key(line.key, devices_ == 0 ? 0 : devices_ - 1);
        if (!legacy) return std::nullopt;
        if (legacy->name.empty()) {
            note(number, fmt::format("{} no longer exists: made a comment", line.key));
            return NewLines{{fmt::format("# {}", assignment(line.key, line.value))}};
        }
        note(number, fmt::format("{} is now {}", line.key, legacy->name));
        const bool typed = line.key == kOldRootfs && line.value.starts_with('/');
        const std::string prefix = typed && !backend_.empty() ? backend_ + ":" : "";
        return NewLines{{assignment(legacy->name, prefix + std::string(line.value))}};
    }

    NewLines twin(const Line& line, const Setting& setting, std::size_t number) {
        V1Translation found = translate(setting);
        if (!found.lost.empty()) {
            note(number, fmt::format("{} is kept as it is: {}", line.key, found.lost));
            return std::nullopt;
        }
        std::erase_if(found.v2, [&](const Setting& v2) { return is_there(v2); });
        if (found.v2.empty() && keep_ == KeepV1::Yes) return std::nullopt;
        std::vector<std::string> lines;
        if (keep_ == KeepV1::Yes) lines.push_back(assignment(line.key, line.value));
        for (const auto& v2 : found.v2) lines.push_back(assignment(v2_key(v2), v2.value));
        note(number, describe(line, found.v2));
        return lines;
    }

    static std::string v2_key(const Setting& v2) { return std::string(kV2) + v2.name; }

    // A clearing line clears under the new name too.
    [[nodiscard]] V1Translation translate(const Setting& setting) const {
        V1Translation found = translate_v1(setting, v1_);
        if (setting.value.empty())
            for (auto& v2 : found.v2) v2.value.clear();
        return found;
    }

    [[nodiscard]] bool is_there(const Setting& v2) const {
        const bool adds_up = v2.name.starts_with("devices.") || v2.name == "io.max";
        return std::ranges::any_of(v2_, [&](const KeyText& line) {
            return line.key == v2_key(v2) && (!adds_up || line.value == v2.value);
        });
    }

    [[nodiscard]] std::string describe(const Line& line, const std::vector<Setting>& v2) const {
        std::string names;
        for (const auto& setting : v2)
            names += fmt::format("{}{}", names.empty() ? "" : ", ",
                                 assignment(v2_key(setting), setting.value));
        if (names.empty()) names = "a line that is there already";
        return fmt::format("{} {} {}", line.key,
                           keep_ == KeepV1::Yes ? "has beside it now" : "is replaced by", names);
    }

    void note(std::size_t number, std::string_view change) {
        out_.changes.push_back(fmt::format("line {}: {}", number, change));
    }

    KeepV1 keep_;
    Migration out_;
    std::vector<Setting> v1_;
    std::vector<KeyText> v2_;
    std::string backend_;
    unsigned devices_ = 0; // devices that unnumbered network lines have begun
};

} // namespace

Migration migrate(const ConfigText& text, KeepV1 keep) {
    return Migrator(text, keep).run();
}

} // namespace lxcpp
