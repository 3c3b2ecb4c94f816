// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "distrobuilder/package_manifest.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <utility>

// Databases that are lines of text.
namespace lxcpp::distro {
namespace {

constexpr std::size_t kLargest = 128u << 20;

using Fields = std::map<std::string, std::string, std::less<>>;

std::optional<std::string> read_first(const sys::RootedDir& root, std::initializer_list<const char*> places) {
    for (const char* place : places) {
        if (auto text = root.read_file(place, kLargest, sys::Links::InRoot)) return text;
    }
    return std::nullopt;
}

std::string take(Fields& fields, std::string_view name) {
    const auto found = fields.find(name);
    return found == fields.end() ? "" : std::move(found->second);
}

// Paragraphs of "Name: value" lines, empty lines between them; lines that continue another begin with a blank, and do not
// matter here.
void for_each_paragraph(std::string_view text, const std::function<void(Fields&)>& act) {
    Fields fields;
    const auto end = [&] {
        if (!fields.empty()) act(fields);
        fields.clear();
    };
    for (const std::string_view line : split_lines(text)) {
        if (trim(line).empty()) {
            end();
            continue;
        }
        const auto colon = line.find(':');
        if (line.front() == ' ' || line.front() == '\t' || colon == line.npos) continue;
        fields.try_emplace(std::string(line.substr(0, colon)), trim(line.substr(colon + 1)));
    }
    end();
}

// "install ok installed"; packages whose configuration alone is left are not there.
bool is_installed(std::string_view status) {
    const auto words = split_words(status);
    return words.size() == 3 && words[2] != "not-installed" && words[2] != "config-files";
}

void list_debian_status(std::string_view text, std::string_view purl_type, PackageList& list) {
    for_each_paragraph(text, [&](Fields& fields) {
        if (!is_installed(take(fields, "Status"))) return;
        std::string source = take(fields, "Source");
        source = source.substr(0, source.find(' ')); // "glibc (2.36-9)"
        list.packages.push_back({.name = take(fields, "Package"), .version = take(fields, "Version"), .architecture = take(fields, "Architecture"),
                                 .license = take(fields, "License"), .supplier = take(fields, "Maintainer"), .homepage = take(fields, "Homepage"),
                                 .source = std::move(source), .purl_type = std::string(purl_type)});
    });
}

// "%NAME%", its values on lines of their own, and an empty line.
Fields parse_desc(std::string_view text) {
    Fields fields;
    std::string* value = nullptr;
    for (const std::string_view line : split_lines(text)) {
        if (line.size() > 2 && line.front() == '%' && line.back() == '%') {
            value = &fields[std::string(line.substr(1, line.size() - 2))];
        } else if (line.empty()) {
            value = nullptr;
        } else if (value != nullptr) {
            if (!value->empty()) *value += " AND ";
            *value += line;
        }
    }
    return fields;
}

} // namespace

void list_dpkg(const sys::RootedDir& root, PackageList& list) {
    if (const auto text = read_first(root, {"var/lib/dpkg/status"})) list_debian_status(*text, "deb", list);
}

void list_opkg(const sys::RootedDir& root, PackageList& list) {
    if (const auto text = read_first(root, {"usr/lib/opkg/status", "var/lib/opkg/status"})) list_debian_status(*text, "generic", list);
}

void list_apk(const sys::RootedDir& root, PackageList& list) {
    const auto text = read_first(root, {"usr/lib/apk/db/installed", "lib/apk/db/installed"});
    for_each_paragraph(text.value_or(""), [&](Fields& fields) {
        list.packages.push_back({.name = take(fields, "P"), .version = take(fields, "V"), .architecture = take(fields, "A"),
                                 .license = take(fields, "L"), .supplier = take(fields, "m"), .homepage = take(fields, "U"),
                                 .source = take(fields, "o"), .purl_type = "apk"});
    });
}

void list_pacman(const sys::RootedDir& root, PackageList& list) {
    const auto top = root.stat("var/lib/pacman/local", sys::Links::InRoot);
    if (!top || !S_ISDIR(top->st_mode)) return;
    const sys::RootedDir local = root.sub_dir("var/lib/pacman/local", sys::Links::InRoot);
    for (const sys::DirEntry& entry : local.list()) {
        const auto text = local.read_file(entry.name + "/desc");
        if (!text) continue;
        Fields fields = parse_desc(*text);
        list.packages.push_back({.name = take(fields, "NAME"), .version = take(fields, "VERSION"), .architecture = take(fields, "ARCH"),
                                 .license = take(fields, "LICENSE"), .supplier = take(fields, "PACKAGER"), .homepage = take(fields, "URL"),
                                 .source = take(fields, "BASE"), .purl_type = "alpm"});
    }
}

} // namespace lxcpp::distro
