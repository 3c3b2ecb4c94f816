// SPDX-License-Identifier: Apache-2.0
#include "base/strings.h"
#include "distrobuilder/package_manifest.h"

#include <lxcpp/error.h>

#include <array>
#include <map>
#include <utility>

// Databases of xbps (a property list) and portage (a directory for each package).
namespace lxcpp::distro {
namespace {

constexpr std::size_t kLargest = 128u << 20;

std::string unescaped(std::string_view text) {
    constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{{{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};
    std::string result;
    while (!text.empty()) {
        std::size_t taken = 1;
        char c = text.front();
        for (const auto& [name, meaning] : kEntities) {
            if (!text.starts_with(name)) continue;
            c = meaning;
            taken = name.size();
        }
        result += c;
        text.remove_prefix(taken);
    }
    return result;
}

// The texts of the dictionaries that are values of the outermost one: what a database of xbps is.
class PropertyList {
public:
    explicit PropertyList(std::string_view text) : rest_(text) {}
    using Texts = std::map<std::string, std::string, std::less<>>;

    std::vector<Texts> read() {
        std::vector<Texts> all;
        Texts texts;
        std::string key;
        int depth = 0;
        while (next()) {
            if (tag_ == "dict") {
                if (++depth == 2) texts.clear();
            } else if (tag_ == "/dict") {
                if (depth-- == 2) all.push_back(std::exchange(texts, {}));
            } else if (tag_ == "key" && depth == 2) {
                key = unescaped(content_);
            } else if (tag_ == "string" && depth == 2) {
                texts.try_emplace(key, unescaped(content_));
            }
        }
        if (depth != 0) throw Error("the property list was cut off");
        return all;
    }

private:
    // The next tag, and the text up to the one after it.
    bool next() {
        const auto begin = rest_.find('<');
        if (begin == rest_.npos) return false;
        const auto end = rest_.find('>', begin);
        if (end == rest_.npos) throw Error("the property list was cut off");
        tag_ = rest_.substr(begin + 1, end - begin - 1);
        rest_.remove_prefix(end + 1);
        content_ = rest_.substr(0, rest_.find('<'));
        return true;
    }

    std::string_view rest_;
    std::string_view tag_;
    std::string_view content_;
};

// "name-1.2_3" -> "name", "1.2_3"
std::pair<std::string, std::string> split_version(const std::string& text) {
    for (auto dash = text.rfind('-'); dash != text.npos && dash > 0; dash = text.rfind('-', dash - 1)) {
        const auto after = text.substr(dash + 1);
        const bool revision = after.size() > 1 && after[0] == 'r' && after.find_first_not_of("0123456789", 1) == after.npos; // 1.2-r3
        if (!after.empty() && after[0] >= '0' && after[0] <= '9' && !revision) return {text.substr(0, dash), after};
    }
    return {text, ""};
}

std::string line_of(const sys::RootedDir& directory, const std::string& name) {
    return std::string(trim(directory.read_file(name).value_or("")));
}

void list_category(const sys::RootedDir& directory, const std::string& category, PackageList& list) {
    for (const sys::DirEntry& entry : directory.list()) {
        if (entry.name.starts_with('-')) continue; // -MERGING-: half of one
        const auto info = directory.stat(entry.name);
        if (!info || !S_ISDIR(info->st_mode)) continue;
        const sys::RootedDir package = directory.sub_dir(entry.name);
        auto [name, version] = split_version(entry.name);
        list.packages.push_back({.name = category + "/" + name, .version = std::move(version), .architecture = line_of(package, "CHOST"),
                                 .license = line_of(package, "LICENSE"), .homepage = line_of(package, "HOMEPAGE"), .purl_type = "generic"});
    }
}

} // namespace

void list_xbps(const sys::RootedDir& root, PackageList& list) {
    const auto text = root.read_file("var/db/xbps/pkgdb-0.38.plist", kLargest, sys::Links::InRoot);
    if (!text) return;
    for (PropertyList::Texts& one : PropertyList(*text).read()) {
        if (one["state"] != "installed" && !one["state"].empty()) continue;
        auto [name, version] = split_version(one["pkgver"]);
        list.packages.push_back({.name = std::move(name), .version = std::move(version), .architecture = one["architecture"], .license = one["license"],
                                 .supplier = one["maintainer"], .homepage = one["homepage"], .purl_type = "generic"});
    }
}

void list_portage(const sys::RootedDir& root, PackageList& list) {
    const auto top = root.stat("var/db/pkg", sys::Links::InRoot);
    if (!top || !S_ISDIR(top->st_mode)) return;
    const sys::RootedDir packages = root.sub_dir("var/db/pkg", sys::Links::InRoot);
    for (const sys::DirEntry& category : packages.list()) {
        const auto info = packages.stat(category.name);
        if (info && S_ISDIR(info->st_mode)) list_category(packages.sub_dir(category.name), category.name, list);
    }
}

} // namespace lxcpp::distro
