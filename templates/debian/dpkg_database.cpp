// SPDX-License-Identifier: Apache-2.0
#include "debian/dpkg_database.h"

#include "base/strings.h"
#include "debian/control.h"
#include "image/tree_writer.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fcntl.h>
#include <fmt/core.h>
#include <map>
#include <set>

namespace lxcpp::debian {
namespace {

constexpr std::string_view kDatabase = "var/lib/dpkg";
constexpr std::size_t kMaxControlFile = 16u << 20;
constexpr std::size_t kMaxStatus = 64u << 20;

std::string read_member(image::TarReader& reader, const image::TarEntry& entry, std::string_view what) {
    if (entry.size > kMaxControlFile) {
        throw Error(fmt::format("{}: control file {} is too large", what, printable(entry.path)));
    }
    std::string text;
    for (auto data = reader.read(); !data.empty(); data = reader.read()) {
        text.append(data.data(), data.size());
    }
    return text;
}

// Names of control files become names in dpkg's info directory.
bool valid_control_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= 64 &&
           std::all_of(name.begin(), name.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
           });
}

std::vector<std::string> parse_conffiles(std::string_view text, std::string_view what) {
    std::vector<std::string> result;
    for (const auto line : split_lines(text)) {
        const auto path = trim(line);
        if (path.empty() || path.starts_with("remove-on-upgrade ")) continue;
        if (!path.starts_with('/')) {
            throw Error(fmt::format("{}: conffile '{}' is no absolute path", what, printable(path)));
        }
        result.push_back("/" + image::normal_path(path.substr(1)));
    }
    return result;
}

void check_identity(const Stanza& control, const Package& package, std::string_view what) {
    const auto same = [&](std::string_view field, std::string_view expected) {
        if (control.get(field) != expected) {
            throw Error(fmt::format("{}: its {} is '{}', the index says '{}'", what, field,
                                    printable(control.get(field)), expected));
        }
    };
    same("Package", package.name);
    same("Version", package.version);
    same("Architecture", package.architecture);
}

// A plain new file: everything is synced once at the end, and nothing is there yet.
void write_new(const sys::RootedDir& directory, const std::string& leaf, std::string_view text, mode_t mode) {
    directory.remove(leaf);
    const Fd file = directory.open_at(leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode);
    sys::write_all(file, text, leaf);
}

void append(const sys::RootedDir& directory, const std::string& leaf, std::string_view text) {
    const Fd file = directory.open_at(leaf, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW, 0644);
    sys::write_all(file, text, leaf);
}

bool is_script(std::string_view name) {
    return name == "preinst" || name == "postinst" || name == "prerm" || name == "postrm" ||
           name == "config";
}

// Explicit triggers are files beside dpkg's own.
bool usable_trigger_name(std::string_view name) {
    return name.find('/') == name.npos && !name.starts_with('.') && name != "File" && name != "Lock" &&
           name != "Unincorp";
}

bool is_below(std::string_view path, std::string_view directory) {
    return path.starts_with(directory) &&
           (path.size() == directory.size() || path[directory.size()] == '/');
}

} // namespace

std::string_view PackageFiles::script(std::string_view name) const noexcept {
    for (const auto& [key, text] : scripts) {
        if (key == name) return text;
    }
    return {};
}

bool PackageFiles::has(std::string_view name) const noexcept {
    return std::any_of(scripts.begin(), scripts.end(), [&](const auto& s) { return s.first == name; });
}

PackageFiles read_package_files(const image::DebArchive& deb, const Package& package) {
    PackageFiles files;
    files.package = &package;
    auto reader = deb.control();
    while (const image::TarEntry* entry = reader.next()) {
        const std::string name = image::normal_path(entry->path);
        if (entry->type == image::TarType::Directory && name.empty()) continue;
        if (entry->type != image::TarType::File || !valid_control_name(name)) {
            throw Error(fmt::format("{}: odd control file '{}'", deb.what(), printable(entry->path)));
        }
        std::string text = read_member(reader, *entry, deb.what());
        if (name == "control") {
            files.control = std::move(text);
        } else {
            files.scripts.emplace_back(name, std::move(text));
        }
    }
    const Stanza control = read_single_stanza(files.control, deb.what());
    check_identity(control, package, deb.what());
    files.info_name = package.name;
    if (control.get("Multi-Arch") == "same") files.info_name += fmt::format(":{}", package.architecture);
    files.conffiles = parse_conffiles(files.script("conffiles"), deb.what());
    return files;
}

void create_database(const sys::RootedDir& root) {
    for (const auto name : {"info", "updates", "triggers", "alternatives", "parts"}) {
        root.make_dirs(fmt::format("{}/{}", kDatabase, name), 0755, sys::Links::InRoot);
    }
    const auto database = root.sub_dir(kDatabase, sys::Links::InRoot);
    write_new(database, "status", "", 0644);
    write_new(database, "available", "", 0644);
    write_new(database.sub_dir("info"), "format", "1\n", 0644);
}

void write_info(const sys::RootedDir& root, const PackageFiles& files) {
    const auto info = root.sub_dir(fmt::format("{}/info", kDatabase), sys::Links::InRoot);
    std::string list;
    for (const std::string& path : files.paths) list += path + '\n';
    write_new(info, files.info_name + ".list", list, 0644);
    for (const auto& [name, text] : files.scripts) {
        write_new(info, fmt::format("{}.{}", files.info_name, name), text, is_script(name) ? 0755 : 0644);
    }
}

std::string status_paragraph(const PackageFiles& files) {
    const Stanza control = read_single_stanza(files.control, files.info_name);
    std::string text = fmt::format("Package: {}\nStatus: install ok unpacked\n", control.get("Package"));
    if (!files.conffiles.empty()) text += "Conffiles:\n";
    for (const std::string& path : files.conffiles) text += fmt::format(" {} newconffile\n", path);
    for (const Field& field : control.fields()) {
        if (field.name == "Package" || field.name == "Status" || field.name == "Conffiles") continue;
        // A value that begins on its second line has nothing but the newline after the colon.
        const auto blank = field.value.starts_with('\n') ? "" : " ";
        text += fmt::format("{}:{}{}\n", field.name, blank, field.value);
    }
    return text + '\n';
}

std::vector<TriggerInterest> parse_trigger_interests(std::string_view text) {
    std::vector<TriggerInterest> result;
    for (const auto line : split_lines(text)) {
        const auto words = split_words(line.substr(0, line.find('#')));
        if (words.size() != 2 || !words[0].starts_with("interest")) continue;
        const bool file = words[1].starts_with('/');
        if (!file && !usable_trigger_name(words[1])) {
            throw Error(fmt::format("'{}' is no trigger name", printable(words[1])));
        }
        result.push_back({std::string(words[1]), words[0] != "interest-noawait"});
    }
    return result;
}

void register_unpacked(const sys::RootedDir& root, std::span<const PackageFiles* const> packages) {
    const auto database = root.sub_dir(kDatabase, sys::Links::InRoot);
    const auto triggers = database.sub_dir("triggers");
    std::string status;
    std::map<std::string, std::string> explicit_triggers;
    std::string file_triggers;
    for (const PackageFiles* files : packages) {
        status += status_paragraph(*files);
        for (const auto& [trigger, await] : parse_trigger_interests(files->script("triggers"))) {
            const std::string who = files->info_name + (await ? "\n" : "/noawait\n");
            if (trigger.starts_with('/')) {
                file_triggers += trigger + ' ' + who;
            } else {
                explicit_triggers[trigger] += who;
            }
        }
    }
    if (!file_triggers.empty()) append(triggers, "File", file_triggers);
    for (const auto& [trigger, lines] : explicit_triggers) append(triggers, trigger, lines);
    append(database, "status", status);
}

void activate_file_triggers(const sys::RootedDir& root, std::span<const PackageFiles* const> configured,
                            std::span<const PackageFiles* const> newcomers) {
    const auto appeared = [&](std::string_view directory) {
        return std::any_of(newcomers.begin(), newcomers.end(), [&](const PackageFiles* files) {
            return std::any_of(files->paths.begin(), files->paths.end(),
                               [&](const std::string& path) { return is_below(path, directory); });
        });
    };
    std::set<std::string> activated;
    for (const PackageFiles* files : configured) {
        for (const auto& interest : parse_trigger_interests(files->script("triggers"))) {
            if (interest.trigger.starts_with('/') && appeared(interest.trigger)) {
                activated.insert(interest.trigger);
            }
        }
    }
    if (activated.empty()) return;
    std::string lines;
    for (const std::string& trigger : activated) lines += trigger + " -\n"; // '-': nobody waits
    append(root.sub_dir(fmt::format("{}/triggers", kDatabase), sys::Links::InRoot), "Unincorp", lines);
}

void check_all_installed(const sys::RootedDir& root) {
    const auto status = root.read_file(fmt::format("{}/status", kDatabase), kMaxStatus, sys::Links::InRoot);
    if (!status) throw Error("dpkg's status file is missing");
    std::string problems;
    ControlReader reader(*status, "dpkg's status file");
    while (const Stanza* stanza = reader.next()) {
        const auto state = stanza->get("Status");
        if (state == "install ok installed") continue;
        problems += fmt::format("{}{} ({})", problems.empty() ? "" : ", ", stanza->get("Package"), state);
    }
    if (!problems.empty()) throw Error(fmt::format("not installed: {}", printable(problems)));
}

} // namespace lxcpp::debian
