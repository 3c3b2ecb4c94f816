// SPDX-License-Identifier: Apache-2.0
#include "images/mend.h"

#include "base/error.h"
#include "base/strings.h"
#include "container/impl.h"
#include "image/image_check.h"
#include "images/users.h"

#include <algorithm>
#include <fmt/core.h>
#include <memory>

namespace lxcpp::tools::images {
namespace {

// As ImageUsers tells of one: NAME, or LXCPATH/NAME.
Container::Impl container_of(const std::string& label) {
    const auto slash = label.rfind('/');
    return slash == label.npos ? Container::Impl(label, {}) : Container::Impl(label.substr(slash + 1), label.substr(0, slash));
}

// They would lose files that they have open, and those that they have not.
void refuse_running(const std::vector<std::string>& users, const std::string& problem) {
    std::vector<std::string> running = users;
    std::erase_if(running, [](const std::string& user) { return container_of(user).state() == State::Stopped; });
    if (running.empty()) return;
    throw Error(fmt::format("{}; it cannot be made anew while {} run{}: stop {} first", problem, join(running, ", "), running.size() == 1 ? "s" : "",
                            running.size() == 1 ? "it" : "them"));
}

// None of a tree's containers is started until this goes; who makes another one waits for the tree itself.
std::shared_ptr<void> keep_stopped(const std::string& tree, const std::string& problem) {
    auto locks = std::make_shared<std::vector<ContainerLock>>();
    const auto users = users_of_tree(default_paths(), tree);
    for (const std::string& user : users) locks->push_back(with_context(user, [&] { return container_of(user).lock(); }));
    refuse_running(users, problem);
    return locks;
}

} // namespace

ImageRecord mended(const OpenStore& open, const ImageRecord& record, image::ProgressSink& progress, const std::function<ImageRecord()>& again) {
    image::ImageCheck check(open.store, open.trees, progress);
    std::vector<std::string> damaged;
    for (const std::string& tree : record.trees) {
        if (open.trees.built(tree)) continue;
        const std::string problem = check.tree_problem(tree);
        if (problem.empty()) continue;
        refuse_running(users_of_tree(default_paths(), tree), image_label(record) + ": " + problem); // before it is brought
        progress.message(fmt::format("{}: {}; it is made anew", image_label(record), printable(problem)));
        damaged.push_back(tree);
    }
    if (damaged.empty()) return record;
    for (const std::string& tree : damaged) open.trees.doubt(tree, [label = image_label(record), tree] { return keep_stopped(tree, label + ": it is damaged"); });
    return again();
}

} // namespace lxcpp::tools::images
