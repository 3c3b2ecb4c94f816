// SPDX-License-Identifier: Apache-2.0
#include "container/image_config.h"

#include "base/ascii.h"
#include "base/strings.h"
#include "config/item.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <set>

namespace lxcpp {
namespace {

// doc/decisions/008: nothing here gives a container more than a program in it could take itself.
constexpr std::array<std::string_view, 15> kAllowed{
    "lxc.arch",         "lxc.environment.runtime", "lxc.execute.cmd", "lxc.init.cmd", "lxc.init.cwd",
    "lxc.init.gid",     "lxc.init.groups", "lxc.init.uid",      "lxc.pty.max",     "lxc.signal.halt",
    "lxc.signal.reboot", "lxc.signal.stop", "lxc.tty.dir",      "lxc.tty.max",     "lxc.uts.name",
};
// What an image calls so is for its own programs: hooks run on the host, which an LD_PRELOAD could take over.
constexpr std::string_view kEnvironment = "lxc.environment";
constexpr std::string_view kInside = "lxc.environment.runtime";
constexpr std::string_view kTemplateConfig = "LXC_TEMPLATE_CONFIG/";
constexpr std::string_view kCommon = "common.conf";
constexpr std::string_view kUser = "userns.conf";

// Distributions that are made like another one.
struct Relative {
    std::string_view name;
    std::string_view like;
};
constexpr std::array kRelatives{Relative{"devuan", "debian"}, Relative{"kali", "debian"}, Relative{"mint", "debian"},
                                Relative{"raspios", "debian"}, Relative{"ubuntu", "debian"}};

bool is_plain_word(std::string_view text) noexcept {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

class Addition {
public:
    Addition(ConfigText& text, const ImageConfigWish& wish) : text_(text), before_(text), wish_(wish) {}

    std::vector<std::string> add() {
        include_ours(kCommon);
        if (wish_.mapped) include_ours(kUser);
        const bool user = wish_.mapped && !wish_.content.config_user.empty();
        for (const std::string_view line : split_lines(user ? wish_.content.config_user : wish_.content.config)) add_line(line);
        if (!wish_.record.architecture.empty()) set_once("lxc.arch", wish_.record.architecture);
        set_once("lxc.uts.name", wish_.words.name);
        return std::move(notes_);
    }

private:
    // <distribution>.common.conf, or common.conf.
    void include_ours(std::string_view leaf) {
        std::string distribution = ascii_lower(wish_.record.distribution);
        const auto relative = std::ranges::find(kRelatives, distribution, &Relative::name);
        const std::filesystem::path directory = wish_.words.data / "config";
        std::vector<std::string> leaves;
        const bool application = wish_.record.kind == ImageKind::Application;
        if (application) leaves.push_back("oci." + std::string(leaf));
        if (is_plain_word(distribution) && !application) leaves.push_back(distribution + '.' + std::string(leaf));
        if (relative != kRelatives.end() && !application) leaves.push_back(std::string(relative->like) + '.' + std::string(leaf));
        leaves.emplace_back(leaf);
        for (const std::string& one : leaves) {
            if (sys::exists(directory / one)) return text_.append("lxc.include", (directory / one).string());
        }
    }

    void add_line(std::string_view line) {
        const Line parts = parse_line(line);
        if (parts.kind == LineKind::Malformed) return leave_out(line, "it is no \"key = value\"");
        if (parts.kind != LineKind::Assignment) return;
        if (parts.key == "lxc.include") return add_include(parts.value);
        const std::string_view key = parts.key == kEnvironment ? kInside : std::string_view(parts.key);
        if (!image_may_set(key)) return refuse(key);
        if (key == kInside && !parts.value.empty() && parts.value.find('=') == parts.value.npos) {
            return leave_out(line, "it would take a variable of the host");
        }
        const std::string value = replace_words(parts.value, wish_.words);
        try {
            Config scratch;
            set_item(scratch, key, value);
        } catch (const Error& error) {
            return leave_out(line, error.what());
        }
        if (is_list_key(key)) text_.append(key, value);
        else set_once(key, value);
    }

    // Those that every container of the distribution gets are ours to choose, and chosen.
    void add_include(std::string_view value) {
        const std::string_view leaf = value.starts_with(kTemplateConfig) ? value.substr(kTemplateConfig.size()) : std::string_view();
        const auto is = [leaf](std::string_view name) {
            return leaf == name || (leaf.ends_with(name) && leaf[leaf.size() - name.size() - 1] == '.');
        };
        if (leaf.find('/') == leaf.npos && (is(kCommon) || is(kUser))) return;
        leave_out("lxc.include = " + std::string(value), "only the common.conf and userns.conf of a distribution can be asked for");
    }

    // What the administrator's own text says counts.
    void set_once(std::string_view key, std::string_view value) {
        if (before_.values(key).empty()) text_.set(key, value);
    }

    void refuse(std::string_view key) {
        if (refused_.insert(std::string(key)).second) note("the image asks for " + printable(key) + ", which an image may not set");
    }

    void leave_out(std::string_view line, std::string_view why) {
        note("left out of the image's configuration: " + printable(trim(line)) + ": " + std::string(why));
    }

    void note(std::string text) {
        constexpr std::size_t most = 100;
        if (notes_.size() < most) notes_.push_back(std::move(text));
    }

    ConfigText& text_;
    const ConfigText before_;
    const ImageConfigWish& wish_;
    std::set<std::string> refused_;
    std::vector<std::string> notes_;
};

} // namespace

ImageLines with_image_lines(const ConfigText& text, std::string_view old, const ImageConfigWish& wish) {
    const auto old_lines = split_lines(old);
    std::string before;
    std::string behind; // from the first of the old ones on
    std::string* part = &before;
    for (const std::string& line : text.lines()) {
        const bool is_old = std::ranges::find(old_lines, trim(line), [](std::string_view one) { return trim(one); }) != old_lines.end();
        if (is_old && !trim(line).empty()) part = &behind;
        else *part += line;
    }
    if (!before.empty() && !before.ends_with('\n')) before += '\n';
    ConfigText kept(before + behind);
    const std::size_t count = kept.lines().size();
    ImageLines result;
    result.notes = add_image_config(kept, wish);
    for (std::size_t i = count; i < kept.lines().size(); ++i) result.added += kept.lines()[i];
    result.text = ConfigText(before + result.added + behind);
    return result;
}

bool image_may_set(std::string_view key) noexcept { return std::ranges::find(kAllowed, key) != kAllowed.end(); }

std::vector<std::string> add_image_config(ConfigText& text, const ImageConfigWish& wish) { return Addition(text, wish).add(); }

} // namespace lxcpp
