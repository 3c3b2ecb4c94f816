// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "config/edit.h"
#include "config/global.h"
#include "config/hwaddr.h"
#include "container/construction.h"
#include "container/garbage.h"
#include "container/inventory_scan.h"
#include "container/outside_directory.h"
#include "container/record.h"
#include "container/template_config.h"
#include "container/template_run.h"
#include "host/subid.h"
#include "sys/cred.h"
#include "sys/file.h"
#include "sys/file_meta.h"
#include "sys/mount.h"
#include "sys/rooted_dir.h"
#include "sys/signal.h"

#include <algorithm>
#include <csignal>
#include <fmt/core.h>
#include <unistd.h>

namespace lxcpp {
namespace {

std::string json_array(const std::vector<std::string>& words) {
    std::string text = "[";
    for (const std::string& word : words) {
        text += text.size() > 1 ? ",\"" : "\"";
        for (const char c : word) {
            if (c == '"' || c == '\\') text += '\\';
            if (static_cast<unsigned char>(c) < 0x20) {
                text += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
            } else {
                text += c;
            }
        }
        text += '"';
    }
    return text + ']';
}

// What a create works with, from its start to its end.
struct Work {
    const Container::Impl& impl;
    const CreateOptions& options;
    LoadedConfig initial; // default.conf or -f
    std::filesystem::path rootfs;
    std::vector<IdMapEntry> idmap;
    bool idmapped = false; // the file system takes idmapped mounts
    std::optional<OutsideDirectory> outside; // --dir
};

void check_options(const CreateOptions& options) {
    static constexpr std::string_view kBackends[] = {"dir", "best", "none", "default", ""};
    if (std::ranges::find(kBackends, options.backend) == std::end(kBackends)) {
        throw Error("-B " + options.backend + ": this storage backend is not supported yet; use dir");
    }
    if (!options.directory.empty() && !options.directory.is_absolute()) {
        throw Error("--dir " + options.directory.string() + ": must be an absolute path");
    }
    if (!options.directory.empty() && sys::exists(options.directory)) {
        throw Error("--dir " + options.directory.string() + ": exists already; destroy would delete what is in it");
    }
    if (options.template_name.empty()) throw Error("no template given: -t NAME, or -t none for a configuration only");
}

LoadedConfig load_initial(const Container::Impl& impl, const CreateOptions& options) {
    std::filesystem::path file = options.config;
    if (file.empty()) {
        file = load_global_config(impl.paths).default_config;
        if (!sys::exists(file)) return load_config_text("", file); // none installed: all defaults
    }
    LoadedConfig loaded = impl.load(file);
    expand_hwaddrs(loaded.text);
    make_includes_absolute(loaded.text, file.parent_path());
    return loaded;
}

// Claims the name, and takes a range of ids that nobody else has.
void claim(Work& work) {
    const Container::Impl& impl = work.impl;
    ContainerRecord record;
    record.key = impl.key();
    record.origin = "template " + work.options.template_name;
    record.create_args = json_array(work.options.template_args);
    record.privileged = work.options.privileged;
    record.ready = false;
    record.creator = {::getpid(), sys::start_time(::getpid()).value_or(0), sys::boot_id()};
    std::optional<RangeWish> wish;
    if (work.idmap.empty() && !work.options.privileged) {
        wish = RangeWish{choose_range_pool(probe_id_sources(0)).ranges, kIdsPerContainer};
    }
    for (const IdMapEntry& entry : work.idmap) {
        record.ranges.push_back({entry.hostid, entry.range});
    }
    Inventory inventory = open_complete_inventory(impl.paths, impl.lxcpath);
    drop_stale_claim(inventory, impl);
    record = inventory.add_container(std::move(record), wish);
    if (!wish) return;
    const IdRange range = record.ranges.front();
    work.idmap = {{IdKind::Uid, 0, range.first, range.count}, {IdKind::Gid, 0, range.first, range.count}};
}

// The text of the new configuration: what was given, then what create decided.
void complete_config(Work& work) {
    ConfigText& text = work.initial.text;
    if (work.options.privileged) text.remove("lxc.idmap");
    // Without a template there is no root file system yet; whoever adds one names it.
    if (work.options.template_name != "none" || !work.options.directory.empty()) {
        text.set("lxc.rootfs.path", "dir:" + work.rootfs.string());
    }
    if (work.idmap.empty()) return;
    if (work.initial.config.idmap.empty()) {
        for (const IdMapEntry& entry : work.idmap) {
            text.append("lxc.idmap", std::string(entry.kind == IdKind::Uid ? "u " : "g ") + std::to_string(entry.nsid) + ' ' +
                                         std::to_string(entry.hostid) + ' ' + std::to_string(entry.range));
        }
    }
    if (work.idmapped && work.initial.config.rootfs.options.find("idmap=") == std::string::npos) {
        const std::string& other = work.initial.config.rootfs.options;
        text.set("lxc.rootfs.options", other.empty() ? "idmap=container" : other + ",idmap=container");
    }
}

std::uint32_t host_root(const std::vector<IdMapEntry>& idmap, IdKind kind) {
    for (const IdMapEntry& entry : idmap) {
        if (entry.kind == kind && entry.nsid == 0) return entry.hostid;
    }
    throw Error("lxc.idmap maps no root (id 0); a container's root file system needs one");
}

// Without idmapped mounts the container's ids are on the disk; its root must own its place.
void shift_owner(const Work& work, const std::filesystem::path& path) {
    if (work.idmap.empty() || work.idmapped) return;
    sys::chown(path, host_root(work.idmap, IdKind::Uid), host_root(work.idmap, IdKind::Gid));
}

void shift_owner_fd(const Work& work, FdRef directory) {
    if (work.idmap.empty() || work.idmapped) return;
    sys::set_owner(directory, host_root(work.idmap, IdKind::Uid), host_root(work.idmap, IdKind::Gid), work.rootfs.string());
}

std::string header(const Work& work, const std::filesystem::path& program) {
    std::string text = "# Template used to create this container: " + printable(program.string()) + "\n# Parameters passed to the template:";
    for (const std::string& word : work.options.template_args) text += ' ' + printable(word); // a line break would begin a line of configuration
    text += "\n# Template script checksum (SHA-256): " + sha256_hex(sys::read_file(program, 64u << 20));
    return text + "\n# For additional config options, please look at lxcpp.container.conf(5)\n\n";
}

// A template that was only asked for its help succeeds too. One that keeps its files elsewhere says so in the
// configuration.
void require_files(const Work& work, const Config& config, const std::filesystem::path& rootfs, const std::filesystem::path& program) {
    if (config.rootfs.path != work.rootfs.string()) return;
    if (!sys::RootedDir::open(rootfs).list().empty()) return;
    throw Error("template " + program.filename().string() + " succeeded but left nothing in the root file system; nothing was created" +
                " (lxcpp-create -t " + work.options.template_name + " -h shows its options)");
}

// Ours is trusted, and its manual page says what it configures.
bool own_template(const Work& work, const std::filesystem::path& program) {
    return program.string().starts_with(work.impl.paths.data.string() + '/');
}

Config finish_config(const Work& work, const Construction& construction, const std::filesystem::path& program) {
    const sys::RootedDir directory = sys::RootedDir::open(construction.directory());
    const auto text = directory.read_file("config", 1u << 20);
    if (!text) throw Error("the template removed the configuration");
    const ConfigText after(*text);
    const TemplateConfig change{work.initial.text, after, work.impl.config_file(), {.data_dir = work.impl.paths.data}};
    Config config = accept_template_config(change);
    if (!own_template(work, program)) tell_template_config(change, work.options.note);
    directory.write_file("config", header(work, program) + *text, 0640);
    directory.chown("config", 0, 0);
    return config;
}

void run(Work& work, Construction& construction, sys::SignalFd& signals) {
    const std::filesystem::path& directory = construction.directory();
    const std::filesystem::path rootfs = work.options.directory.empty() ? directory / "rootfs" : work.rootfs;
    const std::filesystem::path program = find_template(work.impl.paths, work.options.template_name);
    if (work.outside) {
        shift_owner_fd(work, work.outside->fd());
    } else {
        sys::make_dir(rootfs, 0755);
        shift_owner(work, rootfs);
    }
    sys::write_file_atomic(directory / "config", work.initial.text.text(), 0640);
    shift_owner(work, directory);
    shift_owner(work, directory / "config");
    TemplateRun template_run;
    template_run.program = program;
    template_run.arguments = work.options.template_args;
    template_run.idmap = work.idmap;
    template_run.idmapped = work.idmapped;
    template_run.own = own_template(work, program);
    template_run.quiet = work.options.quiet;
    template_run.rootfs = work.options.directory;
    if (work.outside) template_run.rootfs_fd = work.outside->fd();
    run_template(work.impl, directory, template_run, signals);
    const Config config = finish_config(work, construction, program);
    require_files(work, config, rootfs, program);
    sys::chown(directory, 0, 0);
}

void refuse_interrupted(sys::SignalFd& signals) {
    if (const auto signal = signals.next()) {
        throw Error("interrupted by " + sys::signal_name(*signal) + "; nothing was created");
    }
}

} // namespace

void Container::create(const CreateOptions& given) {
    impl_->require_root("create");
    CreateOptions options = given;
    if (!options.directory.has_filename()) options.directory = options.directory.parent_path(); // "/x/" is "/x"
    const sys::ScopedUmask umask(022); // the container's ids must reach their root file system
    check_options(options);
    if (sys::exists(impl_->directory())) {
        throw StateError(StateProblem::Exists, "the container already exists: " + impl_->directory().string());
    }
    Work work{*impl_, options, load_initial(*impl_, options), {}, {}, false, {}};
    work.rootfs = options.directory.empty() ? impl_->directory() / "rootfs" : options.directory;
    if (!options.privileged) work.idmap = work.initial.config.idmap;
    sys::SignalFd signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT}; // from here on they undo instead of killing
    sys::make_dirs(impl_->lxcpath, 0711);
    collect_garbage(*impl_);
    if (options.template_name != "none") (void)find_template(impl_->paths, options.template_name);
    claim(work);
    try {
        work.idmapped = !work.idmap.empty() && sys::can_idmap(impl_->lxcpath);
        if (!work.idmap.empty() && !work.idmapped) {
            if (options.note) {
                options.note("the file system of " + impl_->lxcpath.string() +
                             " takes no idmapped mounts: the files get the container's shifted ids instead");
            }
        }
        complete_config(work);
        if (options.template_name != "none" && !options.directory.empty()) work.outside.emplace(options.directory);
        Construction construction(*impl_);
        if (options.template_name == "none") {
            sys::write_file_atomic(construction.directory() / "config", work.initial.text.text(), 0640);
        } else {
            run(work, construction, signals);
        }
        refuse_interrupted(signals);
        if (work.outside) work.outside->require_there();
        construction.publish();
        if (work.outside) work.outside->keep();
    } catch (...) {
        release_claim(impl_->paths, impl_->key());
        throw;
    }
    mark_ready(impl_->paths, impl_->key(), work.outside ? sys::stat_fd(work.outside->fd()) : sys::stat_path(work.rootfs, false));
}

} // namespace lxcpp
