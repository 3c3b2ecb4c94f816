// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_profile.h"

#include "base/ascii.h"
#include "base/strings.h"
#include "security/seccomp_names.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <sys/mount.h>

namespace lxcpp {
namespace {

constexpr std::size_t kMaxCompares = 6; // a system call has no more arguments

// 12, 0x1f, 017.
std::optional<std::uint64_t> parse_number(std::string_view text) {
    int base = 10;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text.front() == '0') {
        base = 8;
    }
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string_view without_comment(std::string_view line) { return trim(line.substr(0, line.find('#'))); }

class Parser {
public:
    explicit Parser(const std::string& file) : file_(file) {}

    SeccompPolicy run(std::string_view text) {
        for (const std::string_view raw : split_lines(text)) {
            ++line_;
            const std::string_view line = without_comment(raw);
            // The first two lines have their place; after them empty lines and comments go.
            if (line_ == 1) {
                version(line);
            } else if (line_ == 2) {
                kind(line);
            } else if (!line.empty()) {
                body(line);
            }
        }
        if (line_ < 2) fail("", "the file ends before its second line, 'allowlist' or 'denylist'");
        return std::move(policy_);
    }

private:
    [[noreturn]] void fail(std::string_view key, std::string_view why) const {
        throw ConfigError(file_, line_, std::string(key), why);
    }

    void version(std::string_view line) {
        if (line != "1" && line != "2") {
            fail("", fmt::format("the first line must be the format, 1 or 2, and it is '{}'", printable(line)));
        }
        policy_.native_only = line == "1";
    }

    void kind(std::string_view line) {
        const std::string_view word = line.substr(0, line.find_first_of(" \t"));
        const std::string_view rest = trim(line.substr(word.size()));
        const bool allowlist = word == "allowlist" || word == "whitelist";
        const bool denylist = word == "denylist" || word == "blacklist";
        if (!allowlist && !denylist) {
            fail("", fmt::format("the second line must be 'allowlist' or 'denylist' and an optional default "
                                 "action, and it is '{}'",
                                 printable(line)));
        }
        if (policy_.native_only && !allowlist) fail("", "format 1 knows only 'allowlist'");
        const SeccompVerdict kill{SeccompAction::Kill, 0};
        policy_.otherwise = allowlist ? kill : SeccompVerdict{};
        usual_ = allowlist ? SeccompVerdict{} : kill;
        if (!rest.empty()) policy_.otherwise = action(word, split_words(rest));
    }

    void body(std::string_view line) {
        if (policy_.native_only) return number_rule(line);
        if (line.front() == '[') return section(line);
        rule(line);
    }

    void number_rule(std::string_view line) {
        const auto number = parse_u64(line);
        if (!number || *number > 0x7fffffff) {
            fail("", fmt::format("format 1 has one system call number per line, and this is '{}'",
                                 printable(line)));
        }
        policy_.rules.push_back({std::to_string(*number), SeccompArch::All, usual_, {}});
    }

    void section(std::string_view line) {
        const std::string name = ascii_lower(line.substr(1, line.size() - (line.ends_with(']') ? 2 : 1)));
        const auto row = std::ranges::find(kSeccompArchNames, name, &SeccompArchName::name);
        if (!line.ends_with(']') || row == kSeccompArchNames.end()) {
            fail("", fmt::format("unknown architecture '{}'", printable(line)));
        }
        arch_ = row->arch;
    }

    void rule(std::string_view line) {
        const std::size_t bracket = std::min(line.find('['), line.size());
        const auto words = split_words(trim(line.substr(0, bracket)));
        const std::string_view name = words.front();
        if (name == "reject_force_umount") return reject_force_umount(name, words.size());
        SeccompRule rule{std::string(name), arch_, usual_, {}};
        if (words.size() > 1) rule.verdict = action(name, std::span(words).subspan(1));
        rule.compares = compares(name, line.substr(bracket));
        policy_.rules.push_back(std::move(rule));
    }

    void reject_force_umount(std::string_view name, std::size_t words) {
        if (words != 1) fail(name, "takes no action");
        policy_.rules.push_back({"umount2", arch_, {SeccompAction::Errno, EACCES},
                                 {{1, SeccompOp::MaskedEqual, MNT_FORCE, MNT_FORCE}}});
    }

    SeccompVerdict action(std::string_view key, std::span<const std::string_view> words) const {
        const std::string_view name = words.front();
        if (name == "errno") return errno_action(key, words);
        if (name == "notify") {
            fail(key, "the action 'notify' is not supported yet: use 'errno N', and see lxc.seccomp.notify");
        }
        if (words.size() == 1) {
            if (name == "allow") return {};
            if (name == "kill") return {SeccompAction::Kill, 0};
            if (name == "trap") return {SeccompAction::Trap, 0};
        }
        fail(key, fmt::format("unknown action '{}'; kill, trap, allow and 'errno N' are known",
                              printable(words.size() == 1 ? name : words[1])));
    }

    SeccompVerdict errno_action(std::string_view key, std::span<const std::string_view> words) const {
        const auto number = words.size() == 2 ? parse_number(words[1]) : std::nullopt;
        if (!number || *number > 4095) fail(key, "'errno' needs one number from 0 to 4095");
        return {SeccompAction::Errno, static_cast<int>(*number)};
    }

    // "[index,value,op]" or "[index,value,op,mask]", several of them.
    std::vector<SeccompCompare> compares(std::string_view key, std::string_view text) const {
        std::vector<SeccompCompare> list;
        for (text = trim(text); !text.empty(); text = trim(text)) {
            const std::size_t end = text.find(']');
            if (text.front() != '[' || end == text.npos) fail(key, "an argument rule is written [INDEX,VALUE,OP]");
            list.push_back(compare(key, text.substr(1, end - 1)));
            text.remove_prefix(end + 1);
        }
        if (list.size() > kMaxCompares) fail(key, "at most 6 argument rules are possible");
        return list;
    }

    SeccompCompare compare(std::string_view key, std::string_view text) const {
        const auto fields = split(text, ',');
        if (fields.size() != 3 && fields.size() != 4) {
            fail(key, fmt::format("[{}]: an argument rule has 3 or 4 fields", printable(text)));
        }
        const auto index = parse_number(trim(fields[0]));
        if (!index || *index >= kMaxCompares) fail(key, fmt::format("[{}]: the index is 0 to 5", printable(text)));
        SeccompCompare result{static_cast<unsigned>(*index), operation(key, trim(fields[2])),
                              value(key, text, fields[1]), 0};
        if (fields.size() == 4) result.mask = value(key, text, fields[3]);
        if (result.op != SeccompOp::MaskedEqual) return result;
        // Without a mask LXC looks at no bit: it always holds.
        if (fields.size() == 3) result.value = 0;
        // It could never hold; libseccomp would compare without those bits, so that it held too often.
        if ((result.value & ~result.mask) != 0) {
            fail(key, fmt::format("[{}]: the value has bits outside the mask, the fourth field", printable(text)));
        }
        return result;
    }

    std::uint64_t value(std::string_view key, std::string_view text, std::string_view field) const {
        const auto number = parse_number(trim(field));
        if (!number) fail(key, fmt::format("[{}]: '{}' is not a number", printable(text), printable(field)));
        return *number;
    }

    SeccompOp operation(std::string_view key, std::string_view name) const {
        for (const SeccompOpName& row : kSeccompOpNames) {
            if (name == row.name || name == row.symbol) return row.op;
        }
        fail(key, fmt::format("unknown comparison '{}'", printable(name)));
    }

    const std::string& file_;
    int line_ = 0;
    SeccompPolicy policy_;
    SeccompVerdict usual_; // of a rule without an action
    SeccompArch arch_ = SeccompArch::All;
};

} // namespace

SeccompPolicy parse_seccomp_profile(std::string_view text, const std::string& file) {
    return Parser(file).run(text);
}

SeccompPolicy load_seccomp_profile(const std::filesystem::path& file) {
    return parse_seccomp_profile(sys::read_file(file, 1u << 20), file.native());
}

} // namespace lxcpp
