// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// Visits the directories of a tree, two at a time: each waits in a list until a thread takes it,
// which then adds the directories it finds in there. Paths are relative; "" is the tree itself.
class TreeWalk {
public:
    TreeWalk() { waiting_.emplace_back(); }
    // Another directory to visit. Call it from within visit().
    void add(std::string directory);
    // Ends when every directory was visited; the first exception of visit stops all and is thrown.
    // report is called now and then in this thread.
    void run(const std::function<void(const std::string& directory)>& visit, const std::function<void()>& report);

private:
    std::optional<std::string> take();
    void done();
    void stop();

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::string> waiting_;
    unsigned busy_ = 0;
    bool stopped_ = false;
};

// "usr" and "bin" -> "usr/bin".
[[nodiscard]] std::string join_path(std::string_view directory, std::string_view leaf);

} // namespace lxcpp::image
