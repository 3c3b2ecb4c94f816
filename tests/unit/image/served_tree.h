// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http_server.h"
#include "image/progress.h"

#include <fmt/core.h>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace lxcpp::image {

// Files of a server, which a test changes between requests.
class ServedTree {
public:
    void put(const std::string& path, std::string text) {
        const std::lock_guard lock(mutex_);
        files_["/" + path] = std::move(text);
    }
    void remove(const std::string& path) {
        const std::lock_guard lock(mutex_);
        files_.erase("/" + path);
    }
    [[nodiscard]] std::string get(const std::string& path) const {
        const std::lock_guard lock(mutex_);
        return files_.at("/" + path);
    }
    // The same file with its byte in the middle changed.
    void damage(const std::string& path) {
        std::string text = get(path);
        text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
        put(path, text);
    }

    HttpResponse operator()(const HttpRequest& request) const {
        const std::lock_guard lock(mutex_);
        const auto file = files_.find(request.path);
        if (file == files_.end()) return {.status = "404 Not Found"};
        const auto etag = fmt::format("\"{}\"", std::hash<std::string>()(file->second));
        if (request.header("if-none-match") == etag) return {.status = "304 Not Modified"};
        return {.headers = {"ETag: " + etag}, .body = file->second};
    }

private:
    mutable std::mutex mutex_;
    std::map<std::string, std::string> files_;
};

// What is said of the work, for tests to look at.
class Listener final : public ProgressSink {
public:
    void begin(std::string_view, std::uint64_t, ProgressUnit) override {}
    void update(std::uint64_t, std::uint64_t) override {}
    void end(std::string_view) override {}
    void abandon() noexcept override {}
    void message(std::string_view line) override { messages.emplace_back(line); }
    std::vector<std::string> messages;
};

} // namespace lxcpp::image
