// SPDX-License-Identifier: Apache-2.0
// Debian control files and Packages indexes: paragraphs, relations, versions, and which packages
// have to be installed together.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "debian/control.h"
#include "debian/package_index.h"
#include "debian/relation.h"
#include "debian/resolver.h"
#include "debian/version.h"

#include <algorithm>
#include <array>
#include <set>

namespace lxcpp::fuzz {
namespace {

using namespace lxcpp::debian;

constexpr std::size_t kMostResolved = 40;

bool within(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_control(std::string_view text) {
    ControlReader reader(text, "control");
    const bool good = succeeds([&] {
        while (const Stanza* stanza = reader.next()) {
            FUZZ_CHECK(!stanza->fields().empty());
            for (const Field& field : stanza->fields()) {
                FUZZ_CHECK(!field.name.empty() && field.name.find_first_of(":\n") == field.name.npos);
                FUZZ_CHECK(within(field.name, text) && within(field.value, text));
                FUZZ_CHECK(stanza->get(field.name).data() == field.value.data());
            }
        }
    });
    if (good) FUZZ_CHECK(reader.next() == nullptr);
}

void check_relations(std::string_view field) {
    const auto clauses = accepted([&] { return parse_relations(field, "field"); });
    if (!clauses) return;
    for (const Alternatives& clause : *clauses) {
        FUZZ_CHECK(!clause.empty());
        for (const Relation& relation : clause) {
            FUZZ_CHECK(valid_package_name(relation.package));
            FUZZ_CHECK((relation.compare == Compare::Any) == relation.version.empty());
            if (relation.compare == Compare::Equal) FUZZ_CHECK(relation.accepts(relation.version));
            if (relation.compare == Compare::Less) FUZZ_CHECK(!relation.accepts(relation.version));
        }
        const std::string shown = format_alternatives(clause);
        const auto again = parse_relations(shown, "shown");
        FUZZ_CHECK_WITH(again.size() == 1 && format_alternatives(again.front()) == shown, shown);
    }
}

// A total order, or the newest of three versions would depend on who comes first.
void check_versions(std::string_view text) {
    const auto words = split_words(text);
    if (words.size() < 3) return;
    const std::array<std::string_view, 3> three{words[0], words[1], words[2]};
    for (const auto a : three) {
        FUZZ_CHECK(compare_versions(a, a) == 0);
        for (const auto b : three) {
            FUZZ_CHECK((compare_versions(a, b) < 0) == (compare_versions(b, a) > 0));
            for (const auto c : three) {
                if (compare_versions(a, b) <= 0 && compare_versions(b, c) <= 0) FUZZ_CHECK(compare_versions(a, c) <= 0);
            }
        }
    }
}

bool met_by(const Relation& relation, const Package& package) {
    if (package.name == relation.package && relation.accepts(package.version)) return true;
    for (const Alternatives& provided : parse_relations(package.provides, "Provides")) {
        const Relation& virtual_one = provided.front();
        if (virtual_one.package != relation.package) continue;
        if (relation.compare == Compare::Any) return true;
        if (virtual_one.compare == Compare::Equal && relation.accepts(virtual_one.version)) return true;
    }
    return false;
}

void check_resolved(const std::vector<const Package*>& chosen, std::span<const Package* const> wanted) {
    const std::set<const Package*> set(chosen.begin(), chosen.end());
    FUZZ_CHECK(set.size() == chosen.size());
    std::set<std::string_view> names;
    for (const Package* package : chosen) FUZZ_CHECK_WITH(names.insert(package->name).second, package->name);
    for (const Package* package : wanted) FUZZ_CHECK(names.contains(package->name));
    for (const Package* package : chosen) {
        for (const auto field : {package->depends, package->pre_depends}) {
            for (const Alternatives& clause : parse_relations(field, "Depends")) {
                const bool met = std::ranges::any_of(clause, [&](const Relation& relation) {
                    return std::ranges::any_of(chosen, [&](const Package* other) { return met_by(relation, *other); });
                });
                FUZZ_CHECK_WITH(met, format_alternatives(clause));
            }
        }
    }
}

void check_index(std::string_view text) {
    PackageIndex index;
    if (!succeeds([&] { index.add(std::string(text), "amd64", 0, "Packages"); })) return;
    for (const Package* package : index.with_priority(Priority::Extra)) {
        FUZZ_CHECK(valid_package_name(package->name) && valid_version(package->version));
        FUZZ_CHECK(package->architecture == "amd64" || package->architecture == "all");
        FUZZ_CHECK_WITH(!package->filename.starts_with('/') && printable(package->filename) == package->filename, package->filename);
        for (const auto part : split(package->filename, '/')) FUZZ_CHECK_WITH(!part.empty() && part != "." && part != "..", package->filename);
        FUZZ_CHECK(package->sha256.size() == 64);
        FUZZ_CHECK(index.newest(package->name) == package);
        for (const Package* other : index.find(package->name)) FUZZ_CHECK(compare_versions(other->version, package->version) <= 0);
    }
    if (index.size() > kMostResolved) return;
    const auto wanted = index.with_priority(Priority::Important);
    const auto chosen = accepted([&] { return resolve(index, wanted); });
    if (chosen) check_resolved(*chosen, wanted);
}

// "p": short for a Packages file: each line is NAME VERSION; FIELD: VALUE; ...
std::string packages_of(std::string_view lines) {
    std::string text;
    for (const auto line : split_lines(lines)) {
        const auto parts = split(line, ';');
        const auto words = split_words(parts[0]);
        if (words.size() < 2) continue;
        text.append("Package: ").append(words[0]).append("\nVersion: ").append(words[1]);
        text.append("\nArchitecture: amd64\nFilename: pool/x.deb\nSize: 1\nSHA256: ").append(64, '0').append("\n");
        for (const auto part : std::span(parts).subspan(1)) text.append(trim(part)).append("\n");
        text += "\n";
    }
    return text;
}

} // namespace

// The first byte chooses the reader.
void one_input(std::string_view bytes) {
    Bytes input(bytes);
    switch (input.byte()) {
    case 'r': return check_relations(input.rest());
    case 'v': return check_versions(input.rest());
    case 'p': return check_index(packages_of(input.rest()));
    case 'c': return check_control(input.rest());
    default: check_control(bytes); return check_index(bytes);
    }
}

std::vector<std::string> made_seeds() {
    return {packages_of("aa 1; Depends: bb (>= 2) | cc; Priority: required; Essential: yes\nbb 2; Provides: mta (= 1)\n"),
            packages_of("zz 1:1.0~rc1-2; Pre-Depends: libc6; Conflicts: yy; Breaks: xx (<< 3)\nlibc6 2.41-5\n")};
}

} // namespace lxcpp::fuzz
