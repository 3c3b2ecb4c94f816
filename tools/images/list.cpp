// SPDX-License-Identifier: Apache-2.0
#include "common/harmless.h"
#include "common/rows.h"
#include "common/say.h"
#include "images/store.h"
#include "images/users.h"

#include "base/ascii.h"
#include "base/strings.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <map>

// list, info: what is in the store.
namespace lxcpp::tools::images {
namespace {

bool contains(std::string_view text, std::string_view part) { return ascii_lower(text).find(part) != std::string::npos; }

std::string_view yes_no(bool value) { return value ? "yes" : "no"; }

// "release=12", "verified=no": a field as it is shown.
std::optional<std::string> field(const StoredImage& image, std::string_view name) {
    const ImageRecord& record = image.record;
    const std::map<std::string_view, std::string> fields{
        {"distribution", record.distribution}, {"release", record.release}, {"variant", record.variant}, {"arch", record.architecture},
        {"serial", record.serial}, {"kind", std::string(image_kind_name(record.kind))}, {"protocol", record.protocol}, {"verified", std::string(yes_no(record.verified))}};
    const auto found = fields.find(name);
    return found == fields.end() ? std::nullopt : std::optional(found->second);
}

bool matches(const StoredImage& image, const std::string& filter) {
    if (const auto equals = filter.find('='); equals != filter.npos) {
        const auto value = field(image, std::string_view(filter).substr(0, equals));
        if (!value) throw Error(fmt::format("{}: filters are distribution=, release=, variant=, arch=, serial=, kind=, protocol=, verified=, or part of a name", printable(filter)));
        return ascii_lower(*value) == ascii_lower(filter.substr(equals + 1));
    }
    const std::string part = ascii_lower(filter);
    return std::ranges::any_of(image.aliases, [&](const std::string& alias) { return contains(alias, part); }) ||
           contains(image_title(image.record), part) || contains(image.record.description, part) || image.record.fingerprint.starts_with(part);
}

// Of what could not be read; the others are shown.
void tell(const Cli& cli, const std::vector<std::string>& problems) {
    for (const std::string& problem : problems) {
        if (!cli.quiet()) say("lxcpp-image: {}\n", harmless(problem));
    }
}

ImageUsers read_users(const Cli& cli) {
    ImageUsers users(default_paths());
    tell(cli, users.problems());
    return users;
}

std::vector<StoredImage> filtered(const Cli& cli, std::span<const std::string> filters) {
    for (const std::string& filter : filters) (void)matches({}, filter); // a wrong one is told in any case
    std::vector<StoredImage> images;
    std::vector<std::string> problems;
    if (const auto store = ImageStore::open_existing(default_paths().cache)) images = store->list(&problems);
    tell(cli, problems);
    for (const std::string& filter : filters) std::erase_if(images, [&](const StoredImage& image) { return !matches(image, filter); });
    return images;
}

void print_table_of(const std::vector<StoredImage>& images, const ImageUsers& users) {
    std::vector<std::vector<std::string>> lines = {{"ALIAS", "FINGERPRINT", "IMAGE", "ARCH", "CREATED", "SIZE", "KIND", "VERIFIED", "USED"}};
    for (const auto& [record, aliases] : images) {
        std::string name = aliases.empty() ? "-" : aliases.front();
        if (aliases.size() > 1) name += fmt::format(" (+{})", aliases.size() - 1);
        const std::string title = printable(image_title(record));
        lines.push_back({name, short_fingerprint(record.fingerprint), title.empty() ? "-" : title, record.architecture.empty() ? "-" : record.architecture,
                         day_text(record.created), size_text(record.size), std::string(image_kind_name(record.kind)), std::string(yes_no(record.verified)),
                         std::to_string(users.of_image(record.fingerprint).size())});
    }
    fmt::print("{}", print_table(lines));
}

Cell text_cell(const std::string& text) { return text.empty() ? Cell() : Cell(text); }
Cell time_cell(std::time_t time) { return time == 0 ? Cell() : Cell(std::int64_t{time}); }

Rows make_rows(const std::vector<StoredImage>& images, const ImageUsers& users) {
    Rows rows{.columns = {{"FINGERPRINT"}, {"ALIASES"}, {"DISTRIBUTION"}, {"RELEASE"}, {"VARIANT"}, {"ARCH"}, {"SERIAL"}, {"DESCRIPTION"}, {"CREATED"},
                          {"EXPIRES"}, {"ADDED"}, {"SIZE"}, {"KIND"}, {"VERIFIED"}, {"PROTOCOL"}, {"SOURCE"}, {"USED_BY"}},
              .rows = {}};
    for (const auto& [record, aliases] : images) {
        rows.rows.push_back({record.fingerprint, aliases, text_cell(record.distribution), text_cell(record.release), text_cell(record.variant),
                             text_cell(record.architecture), text_cell(record.serial), text_cell(record.description), time_cell(record.created),
                             time_cell(record.expires), time_cell(record.added), static_cast<std::int64_t>(record.size), std::string(image_kind_name(record.kind)),
                             record.verified, text_cell(record.protocol), text_cell(record.source), users.of_image(record.fingerprint)});
    }
    return rows;
}

int list(const Cli& cli, const Options& options, std::span<const std::string> filters) {
    const Format format = options.format == "compact" ? Format::Table : parse_format(options.format);
    const auto images = filtered(cli, filters);
    const ImageUsers users = read_users(cli);
    if (format == Format::Table) print_table_of(images, users);
    else fmt::print("{}", print_rows(make_rows(images, users), format));
    return 0;
}

void print_line(std::string_view name, const std::string& value) {
    if (!value.empty()) fmt::print("{:<16}{}\n", fmt::format("{}:", name), printable(value));
}

std::string time_line(std::time_t time) { return time == 0 ? "" : day_text(time); }

// What OCI images say of themselves has names of its own.
void print_property(const std::string& name, const std::string& value) {
    constexpr std::string_view kLabel = "label.";
    constexpr std::string_view kPort = "port.";
    if (name.starts_with(kLabel)) print_line("Label", name.substr(kLabel.size()) + " = " + value);
    else if (name.starts_with(kPort)) print_line("Port", name.substr(kPort.size()));
    else print_line("Property", name + " = " + value);
}

void print_info(const ImageStore& store, const ImageRecord& record, const std::vector<std::string>& aliases, const ImageUsers& users) {
    print_line("Fingerprint", record.fingerprint);
    print_line("Aliases", join(aliases, ", "));
    print_line("Kind", std::string(image_kind_name(record.kind)));
    print_line("Distribution", record.distribution);
    print_line("Release", record.release);
    print_line("Variant", record.variant);
    print_line("Architecture", record.architecture);
    print_line("Serial", record.serial);
    print_line("Description", record.description);
    print_line("Created", time_line(record.created));
    print_line("Expires", time_line(record.expires));
    print_line("Added", time_line(record.added));
    print_line("Last used", time_line(store.last_use(record.fingerprint)));
    print_line("Size", size_text(record.size));
    print_line("Protocol", record.protocol);
    print_line("Source", record.source);
    print_line("Verified", std::string(yes_no(record.verified)) + (record.verification.empty() ? "" : ": " + record.verification));
    print_line("Signer", record.signer);
    print_line("Used by", join(users.of_image(record.fingerprint), ", "));
    for (const std::string& volume : record.volumes) print_line("Volume", volume);
    for (const std::string& tree : record.trees) print_line("Tree", store.tree_path(tree).string());
    for (const auto& [name, value] : record.properties) print_property(name, value);
}

int info(const Cli& cli, const Options& options, std::span<const std::string> words) {
    const Format format = parse_format(options.format);
    if (words.size() != 1) throw Error("info: give one image, by alias or fingerprint");
    const auto store = ImageStore::open_existing(default_paths().cache);
    if (!store) throw Error(fmt::format("there is no image {}: 'lxcpp-image list' shows what is there", printable(words[0])));
    const ImageRecord record = require_image(*store, words[0]);
    std::vector<std::string> aliases;
    for (const auto& [alias, fingerprint] : store->aliases()) {
        if (fingerprint == record.fingerprint) aliases.push_back(alias);
    }
    const ImageUsers users = read_users(cli);
    if (format == Format::Table) {
        print_info(*store, record, aliases, users);
        return 0;
    }
    Rows rows = make_rows({{record, aliases}}, users);
    for (const char* title : {"VERIFICATION", "SIGNER", "TREES", "VOLUMES", "PROPERTIES"}) rows.columns.push_back({title});
    std::vector<std::string> properties;
    for (const auto& [name, value] : record.properties) properties.push_back(name + "=" + value);
    for (Cell& cell : std::vector<Cell>{text_cell(record.verification), text_cell(record.signer), record.trees, record.volumes, properties}) rows.rows[0].push_back(std::move(cell));
    fmt::print("{}", print_row(rows, format));
    return 0;
}

void add_format(Cli& cli, Options& options) { cli.option("--format", options.format, "table, json, csv or yaml"); }

} // namespace

const Verb kList{"list", "[FILTER...] [--format=FORMAT]", "the images that are here", add_format, list};
const Verb kInfo{"info", "IMAGE [--format=FORMAT]", "all that is known of an image", add_format, info};

} // namespace lxcpp::tools::images
