// SPDX-License-Identifier: Apache-2.0
// A container's configuration file: read, print, read again; edit, migrate, lint. No file is included:
// what an include may read is the administrator's business, and not the same on every machine.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "config/edit.h"
#include "config/item.h"
#include "config/lint.h"
#include "config/load.h"
#include "config/migrate.h"
#include "sys/file.h"
#include "sys/memory_file.h"

#include <algorithm>
#include <array>

namespace lxcpp::fuzz {
namespace {

const LoadOptions kNoIncludes{.max_depth = 0, .data_dir = "/nonexistent"};

std::optional<LoadedConfig> load(std::string_view text) {
    return accepted([&] { return load_config_text(text, "/x/config", kNoIncludes); });
}

void check_line(const std::string& raw) {
    const Line line = parse_line(raw);
    if (line.kind != LineKind::Assignment) return;
    const std::string written = assignment(line.key, line.value);
    const Line again = parse_line(written);
    FUZZ_CHECK_WITH(again.key == line.key && again.value == line.value, raw);
}

void check_round_trip(const LoadedConfig& loaded) {
    const std::string text = effective_text(loaded.config);
    const auto again = load(text);
    FUZZ_CHECK_WITH(again.has_value(), text);
    FUZZ_CHECK_WITH(again->config == loaded.config, text);
    FUZZ_CHECK_WITH(effective_text(again->config) == text, text);
}

// What "effective" leaves out was indeed undone by a later line.
void check_effective(const LoadedConfig& loaded) {
    std::string text;
    for (const Assignment& line : effective_assignments(loaded)) text += assignment(line.key, line.value) + "\n";
    const auto again = load(text);
    FUZZ_CHECK_WITH(again && again->config == loaded.config, text);
}

void check_items(const LoadedConfig& loaded) {
    for (const Assignment& line : loaded.assignments) {
        FUZZ_CHECK_WITH(is_known_key(line.key), line.key);
        // An empty value clears, "lxc.net.1" and the like with all that was below.
        FUZZ_CHECK_WITH(line.value.empty() || get_item(loaded.config, line.key).has_value(), line.key);
        FUZZ_CHECK(line.origin.line > 0);
        Config cleared = loaded.config;
        if (succeeds([&] { clear_item(cleared, line.key); })) (void)effective_text(cleared);
    }
    for (const char* prefix : {"", "lxc.net", "lxc.net.0", "lxc.hook", "lxc.cgroup2", "lxc.sysctl"}) {
        for (const std::string& name : list_keys(loaded.config, prefix)) FUZZ_CHECK(!name.empty());
    }
    (void)not_applied(loaded.config);
}

// The text of the administrator keeps its lines whatever one key is changed to.
void check_edits(const ConfigText& text, std::string_view key, std::string_view value) {
    const std::array<std::string, 1> one{std::string(value)};
    if (const auto set = accepted([&] { return with_values(text, "/x/config", key, one, kNoIncludes); })) {
        FUZZ_CHECK_WITH(set->values(key).size() == 1 || is_list_key(key), set->text());
        FUZZ_CHECK_WITH(load(set->text()).has_value(), set->text());
    }
    if (const auto added = accepted([&] { return with_added(text, "/x/config", key, value, kNoIncludes); })) {
        FUZZ_CHECK_WITH(added->values(key).back() == value, added->text());
        FUZZ_CHECK_WITH(added->text().starts_with(std::string_view(text.text()).substr(0, text.text().rfind('\n') + 1)),
                        added->text());
    }
    if (const auto gone = accepted([&] { return without(text, "/x/config", key, "", kNoIncludes); })) {
        FUZZ_CHECK_WITH(gone->values(key).empty(), gone->text());
    }
}

void check_migration(const ConfigText& text, bool loads) {
    for (const KeepV1 keep : {KeepV1::Yes, KeepV1::No}) {
        const Migration once = migrate(text, keep);
        const Migration twice = migrate(once.text, keep);
        FUZZ_CHECK_WITH(twice.text == once.text, once.text.text());
        if (loads) FUZZ_CHECK_WITH(load(once.text.text()).has_value(), once.text.text());
    }
}

// lint says what is wrong exactly when the file does not load.
void check_lint(std::string_view text, bool loads) {
    const Fd file = sys::memory_file("config");
    sys::write_all(file, text, "the input");
    const auto problems = lint(sys::fd_path(file), kNoIncludes);
    const bool wrong = std::ranges::any_of(problems, [](const Problem& p) { return p.severity == Severity::Error; });
    FUZZ_CHECK(wrong != loads);
    for (const Problem& problem : problems) {
        const std::string line = problem_line(problem);
        FUZZ_CHECK_WITH(line.find('\n') == line.npos && line.find('\x1b') == line.npos, line);
    }
}

} // namespace

void one_input(std::string_view bytes) {
    const ConfigText text(bytes);
    FUZZ_CHECK(text.text() == bytes);
    for (const std::string& line : text.lines()) check_line(line);
    const auto loaded = load(bytes);
    check_lint(bytes, loaded.has_value());
    check_migration(text, loaded.has_value());
    if (!loaded) return;
    check_round_trip(*loaded);
    check_effective(*loaded);
    check_items(*loaded);
    if (loaded->assignments.empty()) return;
    const Assignment& last = loaded->assignments.back();
    check_edits(text, last.key, loaded->assignments.front().value);
    check_edits(text, loaded->assignments.front().key, last.value);
}

std::vector<std::string> made_seeds() {
    // Each key once, with its default or a value that its syntax shows.
    std::vector<std::string> seeds;
    for (const KeyInfo& info : all_keys()) {
        std::string name = info.name;
        if (const auto n = name.find(".N."); n != name.npos) name.replace(n, 3, ".0.");
        seeds.push_back("lxc.net.0.type = veth\n" + name + " = " + (info.fallback.empty() ? info.syntax : info.fallback) + "\n");
    }
    return seeds;
}

} // namespace lxcpp::fuzz
