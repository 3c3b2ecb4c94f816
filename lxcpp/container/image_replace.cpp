// SPDX-License-Identifier: Apache-2.0
#include "container/image_replace.h"

#include "base/error.h"
#include "base/log.h"
#include "base/scope_exit.h"
#include "base/strings.h"
#include "config/overlay_root.h"
#include "container/helper_process.h"
#include "container/image_build.h"
#include "container/image_config.h"
#include "container/image_create.h"
#include "container/image_origin.h"
#include "container/record.h"
#include "container/template_words.h"
#include "plan/own_map.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/signal.h"
#include "sys/sync.h"

#include <algorithm>
#include <csignal>
#include <fmt/core.h>

namespace lxcpp {
namespace {

constexpr std::array<std::string_view, 2> kRoots{"rootfs", "overlay"};

// "rootfs" and "overlay", or one of them with ".2" and so on: what we make, and nobody else.
bool is_root_name(std::string_view name) {
    return std::ranges::any_of(kRoots, [name](std::string_view root) {
        if (!name.starts_with(root)) return false;
        const std::string_view rest = name.substr(root.size());
        return rest.empty() || (rest.front() == '.' && parse_u64(rest.substr(1)));
    });
}

// The name in the container's directory of the root that a configuration uses.
std::string root_in_use(const Container::Impl& impl, const Config& config) {
    const std::filesystem::path own = own_root_directory(config.rootfs);
    const std::filesystem::path below = own.lexically_relative(impl.directory());
    const std::string name = below.empty() ? "" : below.begin()->string();
    if (is_root_name(name)) return name;
    throw Error("the root file system " + own.string() + " is outside of the container's directory, and cannot be replaced");
}

void remove_other_roots(const sys::RootedDir& container, std::string_view kept) {
    for (const sys::DirEntry& entry : container.list()) {
        if (entry.name != kept && is_root_name(entry.name)) container.remove_tree(entry.name);
    }
}

std::string free_suffix(const sys::RootedDir& container) {
    for (int number = 1;; ++number) {
        const std::string suffix = number == 1 ? "" : fmt::format(".{}", number);
        const auto there = [&](std::string_view root) { return container.exists(std::string(root) + suffix); };
        if (std::ranges::none_of(kRoots, there)) return suffix;
    }
}

// --replace with a template: what that would bring can be brought by itself.
std::string how_to_bring(const CreateOptions& options) {
    const std::string_view source = options.template_name == "oci" ? "docker://..." : options.template_name == "download" ? "images:..." : "";
    if (source.empty()) return "--replace takes an image: --image NAME";
    return fmt::format("--replace takes an image of the store: bring it with 'lxcpp-image pull {}' (or 'lxcpp-image refresh' for a newer one of the "
                       "same name), then give --image NAME --replace without -t", source);
}

class Replacement {
public:
    Replacement(const Container::Impl& impl, const CreateOptions& options)
        : impl_(impl), options_(options), old_(impl.load()), old_root_(root_in_use(impl, old_.config)),
          directory_(sys::RootedDir::open(impl.directory())), image_(hold_image(impl.paths, options.image)),
          idmap_(map_inside(old_.config.idmap, probe_own_maps())), create_{impl, options_, idmap_, old_.config.rootfs.options.find("idmap=") != std::string::npos} {
        options_.privileged = old_.config.idmap.empty();
        if (!directory_.exists(kImageFile)) throw Error("the container was not made of an image: destroy it and create it anew");
    }

    void run(sys::SignalFd& signals) {
        remove_other_roots(directory_, old_root_); // of a replace that was killed
        if (const auto warning = image_warning(image_.record); options_.note && !warning.empty()) options_.note(warning);
        const StorageKind kind = choose_image_storage(create_, image_);
        const ImageBuild build(create_, image_, kind, impl_.directory(), {}, free_suffix(directory_));
        ScopeExit undo([&] { remove_quietly(build.root_name()); });
        const auto volumes = build.make_root(old_.text.values("lxc.mount.entry"), signals);
        const auto lines = build.config(old_.text, directory_.read_file(kImageLines).value_or(""), volumes);
        refuse_interrupted(signals);
        sys::sync_filesystem(impl_.directory());
        const ImageOrigin origin = image_origin(image_.record, kind == StorageKind::Overlay);
        Inventory inventory = Inventory::open(inventory_file(impl_.paths));
        inventory.set_image(impl_.key(), with_old_trees(origin, inventory));
        save_config(ConfigText(without_secrets_in_head(lines.config)), impl_.config_file());
        undo.release(); // it is the root now
        directory_.write_file(kImageLines, lines.of_image, 0640);
        directory_.write_file(kImageFile, format_image_record(image_.record), 0640);
        inventory.set_image(impl_.key(), origin);
        remove_other_roots(directory_, build.root_name());
        build.tell_message();
        image_.store.touch(image_.record.fingerprint);
    }

    [[nodiscard]] const std::string& fingerprint() const noexcept { return image_.record.fingerprint; }

private:
    // Whatever happens in between, nobody takes a tree away that the container still needs.
    ImageOrigin with_old_trees(ImageOrigin origin, const Inventory& inventory) const {
        const auto record = inventory.find(impl_.key());
        if (!record || !record->image) return origin;
        origin.trees.insert(origin.trees.end(), record->image->trees.begin(), record->image->trees.end());
        return origin;
    }

    void remove_quietly(const std::string& root) const noexcept {
        try {
            directory_.remove_tree(root);
        } catch (const std::exception& error) {
            log::warn("leftover {}/{}: {}", impl_.directory().string(), root, error.what());
        }
    }

    const Container::Impl& impl_;
    CreateOptions options_;
    LoadedConfig old_;
    std::string old_root_;
    sys::RootedDir directory_;
    HeldImage image_;
    const std::vector<IdMapEntry> idmap_; // in our numbers
    ImageCreate create_;
};

} // namespace

void replace_image_of(const Container::Impl& impl, const CreateOptions& options) {
    if (options.image.empty()) throw Error(how_to_bring(options));
    if (!options.directory.empty()) throw Error("--replace and --dir: the new root file system takes the place of the old one");
    const ContainerLock lock = impl.lock();
    if (!impl.running()) impl.refuse_elsewhere();
    if (impl.state() != State::Stopped) throw StateError(StateProblem::Running, "the container is running; stop it first");
    const RunClaim claim = claim_run(impl.directory());
    const ScopeExit give_back([&impl] { remove_run_note(impl.directory(), impl.runtime()); });
    sys::SignalFd signals{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    Replacement replacement(impl, options);
    replacement.run(signals);
    record_event(impl.paths, impl.key(), "replace", "image " + replacement.fingerprint());
}

} // namespace lxcpp
