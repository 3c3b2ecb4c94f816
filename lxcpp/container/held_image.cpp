// SPDX-License-Identifier: Apache-2.0
#include "container/held_image.h"

#include "base/error.h"
#include "base/strings.h"
#include "host/architecture.h"

#include <ctime>
#include <fmt/core.h>

namespace lxcpp {
namespace {

[[noreturn]] void throw_absent(const Paths& paths, std::string_view name) {
    throw Error("there is no image " + printable(name) + " in " + (paths.cache / "images").string() +
                ": lxcpp-image list shows what is there, lxcpp-image pull gets one");
}

void require_runnable(const ImageRecord& record) {
    if (record.architecture.empty() || can_run_architecture(record.architecture)) return;
    throw Error("image " + short_fingerprint(record.fingerprint) + " is for " + printable(record.architecture) + ", whose programs this machine (" +
                host_architecture() + ") cannot run");
}

} // namespace

HeldImage hold_image(const Paths& paths, std::string_view name) {
    auto store = ImageStore::open_existing(paths.cache);
    auto record = store ? store->resolve(name) : std::nullopt;
    if (!record) throw_absent(paths, name);
    require_runnable(*record);
    HeldImage image{std::move(*store), std::move(*record), {}, {}, {}};
    for (auto tree = image.record.trees.rbegin(); tree != image.record.trees.rend(); ++tree) {
        image.locks.push_back(with_context("image " + short_fingerprint(image.record.fingerprint), [&] { return image.store.hold_tree(*tree); }));
        image.trees.push_back(image.store.tree_path(*tree));
    }
    image.content = image.store.content(image.record.fingerprint);
    return image;
}

std::string image_warning(const ImageRecord& record) {
    const auto expired = expiry_text(record, std::time(nullptr));
    return expired ? fmt::format("warning: the image {} {}", short_fingerprint(record.fingerprint), *expired) : "";
}

} // namespace lxcpp
