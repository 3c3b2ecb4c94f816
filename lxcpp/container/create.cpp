// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "config/edit.h"
#include "config/global.h"
#include "config/hwaddr.h"
#include "container/construction.h"
#include "container/garbage.h"
#include "container/held_image.h"
#include "container/helper_process.h"
#include "container/image_create.h"
#include "container/image_origin.h"
#include "container/image_replace.h"
#include "container/inventory_scan.h"
#include "container/outside_directory.h"
#include "container/record.h"
#include "container/template_config.h"
#include "container/template_image.h"
#include "container/template_run.h"
#include "container/template_words.h"
#include "host/subid.h"
#include "plan/own_map.h"
#include "storage/choice.h"
#include "sys/cred.h"
#include "sys/file.h"
#include "sys/file_meta.h"
#include "sys/mount.h"
#include "sys/rooted_dir.h"
#include "sys/signal.h"
#include "sys/subvolume.h"

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
    OwnMaps own;                     // of the user whom we work for
    std::vector<IdMapEntry> inside;  // idmap in our numbers
    bool idmapped = false; // the file system takes idmapped mounts
    std::optional<OutsideDirectory> outside; // --dir
    StorageKind storage = StorageKind::Dir;
    std::optional<HeldImage> image; // held until the inventory knows who uses it
    std::string root_path;          // lxc.rootfs.path of a template's container

    [[nodiscard]] ImageCreate image_create() const { return {impl, options, inside, idmapped}; }
    [[nodiscard]] bool bare() const { return options.image.empty() && options.template_name == "none"; }
};

void check_options(const CreateOptions& options) {
    if (options.image.empty() == options.template_name.empty()) {
        throw Error(options.image.empty() ? "no template given: -t NAME, --image NAME, or -t none for a configuration only"
                                          : "--image and -t: an image needs no template; give one of them");
    }
    if (!options.image.empty() && !options.template_args.empty()) {
        throw Error("\"" + printable(options.template_args.front()) + "\": with --image there is no template that it could be for");
    }
    if (!options.directory.empty() && !options.directory.is_absolute()) {
        throw Error("--dir " + options.directory.string() + ": must be an absolute path");
    }
    if (!options.directory.empty() && sys::exists(options.directory)) {
        throw Error("--dir " + options.directory.string() + ": exists already; destroy would delete what is in it");
    }
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
    if (work.image) {
        record.image = image_origin(work.image->record, work.storage == StorageKind::Overlay);
        record.origin = image_origin_text(*record.image);
        record.verified = record.image->verified;
    }
    record.create_args = json_array(without_secrets(work.options.template_args));
    record.privileged = work.options.privileged;
    record.ready = false;
    record.creator = {::getpid(), sys::start_time(::getpid()).value_or(0), sys::boot_id()};
    std::optional<RangeWish> wish;
    const bool of_root = work.own == OwnMaps{};
    if (work.idmap.empty() && !work.options.privileged && of_root) {
        wish = RangeWish{choose_range_pool(probe_id_sources(0)).ranges, kIdsPerContainer};
    }
    // All containers of a user may have all of their ids: nobody else could be given them.
    for (const IdMapEntry& entry : work.idmap) {
        if (of_root) record.ranges.push_back({entry.hostid, entry.range});
    }
    Inventory inventory = open_complete_inventory(impl.paths, impl.lxcpath);
    settle_claims(inventory, impl);
    drop_stale_claim(inventory, impl);
    record = inventory.add_container(std::move(record), wish);
    if (!wish) return;
    const IdRange range = record.ranges.front();
    work.idmap = {{IdKind::Uid, 0, range.first, range.count}, {IdKind::Gid, 0, range.first, range.count}};
    work.inside = work.idmap;
}

// The text of the new configuration: what was given, then what create decided.
void complete_config(Work& work) {
    ConfigText& text = work.initial.text;
    if (work.options.privileged) text.remove("lxc.idmap");
    // Without a template there is no root file system yet; whoever adds one names it.
    if (!work.bare() || !work.options.directory.empty()) {
        text.set("lxc.rootfs.path", std::string(storage_name(work.storage)) + ':' + work.root_path);
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

// Without idmapped mounts the container's ids are on the disk; its root must own its place.
void shift_owner(const Work& work, const std::filesystem::path& path) {
    if (work.inside.empty() || work.idmapped) return;
    sys::chown(path, host_root(work.inside, IdKind::Uid), host_root(work.inside, IdKind::Gid));
}

void shift_owner_fd(const Work& work, FdRef directory) {
    if (work.inside.empty() || work.idmapped) return;
    sys::set_owner(directory, host_root(work.inside, IdKind::Uid), host_root(work.inside, IdKind::Gid), work.rootfs.string());
}

std::string header(const Work& work, const std::filesystem::path& program) {
    std::string text = "# Template used to create this container: " + printable(program.string()) + "\n# Parameters passed to the template:";
    // A line break would begin a line of configuration.
    for (const std::string& word : without_secrets(work.options.template_args)) text += ' ' + printable(word);
    text += "\n# Template script checksum (SHA-256): " + sha256_hex(sys::read_file(program, 64u << 20));
    return text + "\n# For additional config options, please look at lxcpp.container.conf(5)\n\n";
}

// A template that was only asked for its help succeeds too. One that keeps its files elsewhere says so in the
// configuration.
void require_files(const Work& work, const Config& config, const std::filesystem::path& rootfs, const std::filesystem::path& program) {
    if (config.rootfs.path != work.root_path) return;
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
    directory.chown("config", ::geteuid(), ::getegid());
    return config;
}

constexpr auto kUpper = "overlay/upper";

// For a template that fills a directory of ours.
void make_place(const Work& work, const std::filesystem::path& directory) {
    if (work.outside) return shift_owner_fd(work, work.outside->fd());
    if (work.storage == StorageKind::Btrfs) sys::make_subvolume(sys::RootedDir::open(directory).fd(), "rootfs", 0755);
    else sys::make_dir(directory / "rootfs", 0755);
    shift_owner(work, directory / "rootfs");
}

// The template has filled the lower: the directory of changes looks like it from the outside.
void make_upper(const std::filesystem::path& construction) {
    const sys::RootedDir directory = sys::RootedDir::open(construction);
    for (const char* path : {"overlay", kUpper, "overlay/work"}) directory.make_dir(path, 0755);
    const auto lower = directory.stat("rootfs");
    if (!lower) throw Error("the template removed the root file system");
    for (const char* path : {kUpper, "overlay/work"}) directory.chown(path, lower->st_uid, lower->st_gid);
    directory.chmod(kUpper, lower->st_mode & 07777);
}

// download and oci: -B is about what they bring.
bool brings_images(const Work& work) {
    return work.options.template_name == "download" || work.options.template_name == "oci";
}

TemplateRun template_run(const Work& work, const std::filesystem::path& program) {
    TemplateRun run;
    run.program = program;
    run.arguments = work.options.template_args;
    run.idmap = work.inside;
    run.as_user = work.own != OwnMaps{};
    run.idmapped = work.idmapped;
    run.own = own_template(work, program);
    run.brings_images = run.own && brings_images(work);
    run.quiet = work.options.quiet;
    run.rootfs = work.options.directory;
    if (work.outside) run.rootfs_fd = work.outside->fd();
    if (!run.own || work.options.template_name != "oci" || run.as_user) return run;
    const auto image = local_image(run.arguments);
    if (image && !run.idmap.empty() && sys::exists(*image) && sys::can_idmap(*image)) run.image = *image;
    return run;
}

// A template of ours may only bring an image into the store, and names it; the rest is the same as without a template.
std::optional<std::string> brought_image(const Work& work, const std::filesystem::path& construction,
                                         const std::filesystem::path& rootfs, const std::filesystem::path& program) {
    if (!own_template(work, program) || !sys::RootedDir::open(rootfs).list().empty()) return std::nullopt;
    const auto text = sys::RootedDir::open(construction).read_file(kImageFile, 4096);
    if (!text) return std::nullopt;
    if (!is_fingerprint(trim(*text))) throw Error("the template named an image that is none: " + printable(trim(*text)));
    return std::string(trim(*text));
}

void make_of_held_image(Work& work, Construction& construction, ConfigText base, sys::SignalFd& signals) {
    make_of_image(work.image_create(), *work.image, work.storage, construction.directory(),
                  work.outside ? work.outside->fd() : FdRef(), std::move(base), signals);
    // Of the others too much was written to sync it piece by piece.
    if (work.storage == StorageKind::Overlay) construction.all_synced();
}

void go_on_from_store(Work& work, const std::string& fingerprint, Construction& construction, sys::SignalFd& signals) {
    work.image = hold_image(work.impl.paths, fingerprint);
    work.storage = choose_image_storage(work.image_create(), *work.image);
    Inventory::open(inventory_file(work.impl.paths))
        .set_image(work.impl.key(), image_origin(work.image->record, work.storage == StorageKind::Overlay));
    const auto text = sys::RootedDir::open(construction.directory()).read_file("config", 1u << 20);
    make_of_held_image(work, construction, ConfigText(text.value_or("")), signals);
}

void run(Work& work, Construction& construction, sys::SignalFd& signals) {
    const std::filesystem::path& directory = construction.directory();
    const std::filesystem::path rootfs = work.options.directory.empty() ? directory / "rootfs" : work.rootfs;
    const std::filesystem::path program = find_template(work.impl.paths, work.options.template_name);
    make_place(work, directory);
    sys::write_file_atomic(directory / "config", work.initial.text.text(), 0640);
    shift_owner(work, directory);
    shift_owner(work, directory / "config");
    run_template(work.impl, directory, template_run(work, program), signals);
    const Config config = finish_config(work, construction, program);
    const auto image = brought_image(work, directory, rootfs, program);
    if (!image) require_files(work, config, rootfs, program);
    sys::chown(directory, ::geteuid(), ::getegid());
    if (image) go_on_from_store(work, *image, construction, signals);
    else if (work.storage == StorageKind::Overlay) make_upper(directory);
}

// Of an image that no template has just told of.
void tell_warning(const Work& work) {
    const std::string warning = image_warning(work.image->record);
    if (work.options.note && !warning.empty()) work.options.note(warning);
}

// What is to be made, and where, before anything is.
void prepare(Work& work) {
    const CreateOptions& options = work.options;
    work.rootfs = options.directory.empty() ? work.impl.directory() / "rootfs" : options.directory;
    if (!options.privileged) work.idmap = work.initial.config.idmap;
    work.own = probe_own_maps();
    const bool of_user = work.own != OwnMaps{};
    if (of_user && work.idmap.empty()) work.idmap = whole_map(work.own);
    work.inside = map_inside(work.idmap, work.own);
    work.idmapped = !options.privileged && !of_user && sys::can_idmap(work.impl.lxcpath);
    if (!options.image.empty()) {
        work.image = hold_image(work.impl.paths, options.image);
        work.storage = choose_image_storage(work.image_create(), *work.image);
        tell_warning(work);
    } else if (brings_images(work)) {
        (void)choose_storage(options.backend, {}); // which one shows the image
    } else {
        work.storage = choose_template_storage(options.backend);
        if (!options.directory.empty() && work.storage != StorageKind::Dir) {
            throw Error("-B " + options.backend + ": does not go with --dir, which names a plain directory");
        }
    }
    work.root_path = work.rootfs.string();
    if (work.storage == StorageKind::Overlay) work.root_path += ':' + (work.impl.directory() / kUpper).string();
}

void make(Work& work, Construction& construction, sys::SignalFd& signals) {
    if (work.image) return make_of_held_image(work, construction, work.initial.text, signals);
    if (!work.bare()) return run(work, construction, signals);
    sys::write_file_atomic(construction.directory() / "config", work.initial.text.text(), 0640);
}

// A user's containers are nobody else's concern: not even their number, which is that of the directory's links. What is
// above and not there yet has the mode that the XDG base directory specification wants.
void make_lxcpath(const std::filesystem::path& lxcpath) {
    if (::geteuid() == 0) return sys::make_dirs(lxcpath, 0711);
    const sys::ScopedUmask private_parents(0077);
    sys::make_dirs(lxcpath, 0700);
}

std::optional<struct stat> marker(const Work& work) {
    if (work.outside) return sys::stat_fd(work.outside->fd());
    return sys::stat_path(work.storage == StorageKind::Overlay ? work.impl.directory() / kUpper : work.rootfs, false);
}

} // namespace

void Container::create(const CreateOptions& given) {
    if (given.privileged && ::geteuid() != 0) {
        throw StateError(StateProblem::Denied, "--privileged: only root can create containers without ids of their own");
    }
    impl_->require_rights("create");
    CreateOptions options = given;
    if (!options.directory.has_filename()) options.directory = options.directory.parent_path(); // "/x/" is "/x"
    const sys::ScopedUmask umask(022); // the container's ids must reach their root file system
    check_options(options);
    if (options.replace && sys::exists(impl_->directory())) return replace_image_of(*impl_, options);
    if (sys::exists(impl_->directory())) {
        throw StateError(StateProblem::Exists, "the container already exists: " + impl_->directory().string());
    }
    Work work{.impl = *impl_, .options = options, .initial = load_initial(*impl_, options)};
    sys::SignalFd signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT}; // from here on they undo instead of killing
    make_lxcpath(impl_->lxcpath);
    collect_garbage(*impl_, false);
    if (options.image.empty() && !work.bare()) (void)find_template(impl_->paths, options.template_name);
    prepare(work);
    claim(work);
    try {
        if (!work.idmap.empty() && !work.idmapped && work.own == OwnMaps{} && options.note) {
            options.note("the file system of " + impl_->lxcpath.string() +
                         " takes no idmapped mounts: the files get the container's shifted ids instead");
        }
        complete_config(work);
        if (!work.bare() && !options.directory.empty()) work.outside.emplace(options.directory);
        Construction construction(*impl_);
        make(work, construction, signals);
        refuse_interrupted(signals);
        if (work.outside) work.outside->require_there();
        construction.publish();
        if (work.outside) work.outside->keep();
    } catch (...) {
        release_claim(impl_->paths, impl_->key());
        throw;
    }
    mark_ready(impl_->paths, impl_->key(), marker(work));
}

} // namespace lxcpp
