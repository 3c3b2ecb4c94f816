// SPDX-License-Identifier: Apache-2.0
// hostname, hosts and template: files in which the instance's own name and values are filled in later.
#include "base/strings.h"
#include "distrobuilder/generator.h"
#include "distrobuilder/tree_files.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr std::string_view kLxcName = "LXC_NAME";
constexpr std::string_view kIncusName = "{{ container.name }}";
constexpr std::string_view kBuildName = "distrobuilder"; // the hostname while an image is built

bool is_word_char(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

// Each word that is the name of the build becomes another.
std::string with_name(const std::string& text, std::string_view name) {
    std::string result;
    std::size_t from = 0;
    for (std::size_t at = text.find(kBuildName); at != text.npos; at = text.find(kBuildName, at + 1)) {
        const std::size_t end = at + kBuildName.size();
        const bool word = (at == 0 || !is_word_char(text[at - 1])) && (end == text.size() || !is_word_char(text[end]));
        if (!word) continue;
        result.append(text, from, at - from).append(name);
        from = end;
    }
    return result.append(text, from);
}

std::string hosts_text(const std::string& now, std::string_view name) {
    std::string changed = with_name(now, name);
    return changed != now ? changed : fmt::format("127.0.1.1\t{}\n{}", name, now);
}

void add_template(const GeneratorCall& call, std::string file, std::string text) {
    add_instance_template(call.files, {.target = call.entry.path, .file = std::move(file), .text = std::move(text), .when = {"create", "copy"}});
}

void generate_named(const GeneratorCall& call, const std::string& file, std::string (*text_for)(const std::string&, std::string_view)) {
    const std::string& path = require_absolute(call.entry.path);
    const auto now = read_file(call.root, path);
    if (!now) return; // a system that has no such file needs none
    if (call.target.output == Output::Incus) return add_template(call, file, text_for(*now, kIncusName));
    if (call.target.output != Output::Lxc) return; // nobody fills in an OCI image
    write_file(call.root, path, text_for(*now, kLxcName));
    call.files.lxc_templates.push_back(path);
}

} // namespace

void generate_hostname(const GeneratorCall& call) {
    generate_named(call, "hostname.tpl", [](const std::string&, std::string_view name) { return fmt::format("{}\n", name); });
}

void generate_hosts(const GeneratorCall& call) { generate_named(call, "hosts.tpl", hosts_text); }

void generate_template(const GeneratorCall& call) {
    const FileEntry& entry = call.entry;
    if (call.target.output != Output::Incus) return;
    if (entry.name.empty() || entry.name.find('/') != entry.name.npos || entry.name.starts_with('.'))
        throw Error(fmt::format("'{}' is no name for a template", printable(entry.name)));
    add_instance_template(call.files, {.target = require_absolute(entry.path),
                                       .file = entry.name + ".tpl",
                                       .text = whole_lines(entry.content),
                                       .when = entry.instance.when.empty() ? std::vector<std::string>{"create", "copy"} : entry.instance.when,
                                       .properties = entry.instance.properties,
                                       .uid = entry.uid,
                                       .gid = entry.gid,
                                       .mode = entry.mode});
}

} // namespace lxcpp::distro
