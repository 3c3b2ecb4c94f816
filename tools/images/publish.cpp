// SPDX-License-Identifier: Apache-2.0
#include "common/say.h"
#include "images/container_root.h"
#include "images/store.h"

#include "base/strings.h"
#include "config/text.h"
#include "container/image_config.h"
#include "container/image_origin.h"
#include "image/image_publish.h"
#include "image/tree_check.h"
#include "sys/file.h"
#include "sys/host.h"

#include <lxcpp/container.h>
#include <lxcpp/error.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>

// publish: an image of a container, or of any root file system.
namespace lxcpp::tools::images {
namespace {

std::time_t time_of_build() {
    const char* epoch = std::getenv("SOURCE_DATE_EPOCH");
    if (epoch == nullptr) return 0;
    const auto seconds = parse_u64(epoch);
    if (!seconds || *seconds > 253'402'300'799) throw Error(fmt::format("SOURCE_DATE_EPOCH is '{}': seconds since 1970 are expected", printable(epoch)));
    return static_cast<std::time_t>(*seconds);
}

ImageRecord record_of(const Options& options, std::string source, const std::string& architecture) {
    Options named = options;
    if (named.architecture.empty()) named.architecture = architecture;
    ImageRecord record = named_record(named);
    record.created = time_of_build();
    record.protocol = "publish";
    record.source = std::move(source);
    record.verification = "made on this machine";
    return record;
}

// What the container's own image said of how to run it, as far as it still stands in the configuration: without its
// command an application would be no image.
std::string lines_of_its_image(const sys::RootedDir& container) {
    const ConfigText now(container.read_file("config").value_or(""));
    const std::string image = container.read_file(kImageLines).value_or("");
    std::string lines;
    for (const std::string_view line : split_lines(image)) {
        const Line parts = parse_line(line);
        if (parts.kind != LineKind::Assignment || !image_may_set(parts.key) || parts.key == "lxc.arch" || parts.key == "lxc.uts.name") continue;
        const auto values = now.values(parts.key);
        if (std::ranges::find(values, parts.value) != values.end()) lines += assignment(parts.key, parts.value) + '\n';
    }
    return lines;
}

// What is left out of it counts too: nobody knows how much that is.
void warn_of_size(image::ProgressSink& progress, const ImageStore& store, const sys::RootedDir& tree) {
    const std::uint64_t needed = image::tree_size(tree);
    warn_of_room(progress, store.directory(), needed, fmt::format("the files take {}", size_text(needed)));
}

ImageRecord publish_container(const Cli& cli, const Options& options, const std::string& name) {
    const auto [store, trees] = open_store();
    const auto progress = progress_of(cli);
    const ContainerRoot root(name, cli.lxcpath());
    if (root.was_running()) progress->message(name + " runs: it stands still while its files are read");
    warn_of_size(*progress, store, root.tree());
    const auto arch = root.container().config_item("lxc.arch").value_or("");
    const std::string hostname = root.container().config_item("lxc.uts.name").value_or("");
    const std::filesystem::path directory = root.container().config_file().parent_path();
    ImageRecord record = record_of(options, "container " + name, arch.empty() ? sys::system_name().machine : arch);
    if (const auto image = read_container_image(directory)) {
        record.kind = image->kind;
        record.volumes = image->volumes;
    }
    return image::publish_tree(root.tree(), store, trees,
                               {.record = std::move(record),
                                .hostname = hostname.empty() ? name : hostname,
                                .keep_identity = options.keep_identity,
                                .config = lines_of_its_image(sys::RootedDir::open(directory)),
                                .excludes = options.excludes},
                               *progress);
}

ImageRecord publish_directory(const Cli& cli, const Options& options, const std::string& path) {
    const auto tree = sys::RootedDir::open(path);
    const auto [store, trees] = open_store();
    const auto progress = progress_of(cli);
    warn_of_size(*progress, store, tree);
    const std::string source = std::filesystem::absolute(path).lexically_normal().string();
    const std::string hostname(trim(tree.read_file("etc/hostname", 4096, sys::Links::InRoot).value_or("")));
    return image::publish_tree(tree, store, trees,
                               {.record = record_of(options, source, sys::system_name().machine),
                                .hostname = hostname,
                                .keep_identity = options.keep_identity,
                                .config = {},
                                .excludes = options.excludes},
                               *progress);
}

// "rootfs" is a container, "./rootfs" a directory.
void require_meant(const Cli& cli, const std::string& word) {
    if (Container(word, cli.lxcpath()).is_defined()) return;
    const auto info = sys::stat_path(word);
    if (info && S_ISDIR(info->st_mode)) throw Error(fmt::format("{0}: there is no such container: for the directory of that name give ./{0}", printable(word)));
}

int publish(const Cli& cli, const Options& options, std::span<const std::string> words) {
    if (words.size() != 1) throw Error("publish: give a CONTAINER, or the directory of a root file system with a '/' in it");
    check_aliases(options.aliases);
    const bool directory = words[0].find('/') != std::string::npos || words[0] == "." || words[0] == "..";
    if (!directory) require_meant(cli, words[0]);
    const ImageRecord record = directory ? publish_directory(cli, options, words[0]) : publish_container(cli, options, words[0]);
    give_aliases(cli, ImageStore::open(default_paths().cache), record, options.aliases);
    if (!cli.quiet()) say("{}\n", image_label(record));
    fmt::print("{}\n", record.fingerprint);
    return 0;
}

void add_options(Cli& cli, Options& options) {
    add_alias_option(cli, options);
    add_naming_options(cli, options);
    cli.option("--exclude", options.excludes, "a pattern of paths that stay out; may be given several times");
    cli.flag("--keep-identity", options.keep_identity, "leave machine id, host keys, leases and names in it");
}

} // namespace

const Verb kPublish{"publish", "CONTAINER|DIRECTORY [--alias=ALIAS]... [--keep-identity]", "make an image of a container or root file system",
                    add_options, publish};

} // namespace lxcpp::tools::images
