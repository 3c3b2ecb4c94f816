// SPDX-License-Identifier: Apache-2.0
#include "image/tree_walk.h"

#include "image/workers.h"

#include <utility>

namespace lxcpp::image {

void TreeWalk::add(std::string directory) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(directory));
    changed_.notify_one();
}

void TreeWalk::run(const std::function<void(const std::string&)>& visit, const std::function<void()>& report) {
    run_workers(2, [&](unsigned worker) {
        while (auto directory = take()) {
            try {
                visit(*directory);
            } catch (...) {
                stop();
                throw;
            }
            done();
            if (worker == 0) report();
        }
    });
}

std::optional<std::string> TreeWalk::take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !waiting_.empty() || busy_ == 0 || stopped_; });
    if (waiting_.empty() || stopped_) return std::nullopt;
    std::string directory = std::move(waiting_.back());
    waiting_.pop_back();
    ++busy_;
    return directory;
}

void TreeWalk::done() {
    const std::lock_guard lock(mutex_);
    if (--busy_ == 0) changed_.notify_all();
}

void TreeWalk::stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
}

std::string join_path(std::string_view directory, std::string_view leaf) {
    std::string path(directory);
    if (!path.empty()) path += '/';
    return path += leaf;
}

} // namespace lxcpp::image
