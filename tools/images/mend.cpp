// SPDX-License-Identifier: Apache-2.0
#include "images/mend.h"

#include "base/strings.h"
#include "image/image_check.h"
#include "images/users.h"

#include <lxcpp/container.h>
#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp::tools::images {
namespace {

// As ImageUsers tells of one: NAME, or LXCPATH/NAME.
bool runs(const std::string& label) {
    const auto slash = label.rfind('/');
    const Container container = slash == label.npos ? Container(label) : Container(label.substr(slash + 1), label.substr(0, slash));
    return container.state() != State::Stopped;
}

// It would lose files that it has open, and those that it has not.
void require_stopped(const std::string& tree, const std::string& problem) {
    std::vector<std::string> users = users_of_tree(default_paths(), tree);
    std::erase_if(users, [](const std::string& user) { return !runs(user); });
    if (users.empty()) return;
    throw Error(fmt::format("{}; it cannot be made anew while {} run{}: stop {} first", problem, join(users, ", "), users.size() == 1 ? "s" : "",
                            users.size() == 1 ? "it" : "them"));
}

} // namespace

ImageRecord mended(const OpenStore& open, const ImageRecord& record, image::ProgressSink& progress, const std::function<ImageRecord()>& again) {
    image::ImageCheck check(open.store, open.trees, progress);
    std::vector<std::string> damaged;
    for (const std::string& tree : record.trees) {
        if (open.trees.built(tree)) continue;
        const std::string problem = check.tree_problem(tree);
        if (problem.empty()) continue;
        require_stopped(tree, image_label(record) + ": " + problem);
        progress.message(fmt::format("{}: {}; it is made anew", image_label(record), printable(problem)));
        damaged.push_back(tree);
    }
    if (damaged.empty()) return record;
    // Bringing it takes a while.
    for (const std::string& tree : damaged) open.trees.doubt(tree, [label = image_label(record), tree] { require_stopped(tree, label + ": it is damaged"); });
    return again();
}

} // namespace lxcpp::tools::images
