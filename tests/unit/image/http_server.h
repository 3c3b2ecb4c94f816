// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"

#include <cstdint>
#include <functional>
#include <latch>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace lxcpp::image {

struct HttpRequest {
    std::string method;
    std::string path;
    std::string body; // of a POST
    std::map<std::string, std::string> headers; // names in lower case
    [[nodiscard]] std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string() : found->second;
    }
};

// What to send. The body can be made to disagree with the head.
struct HttpResponse {
    std::string status = "200 OK";
    std::vector<std::string> headers;
    std::string body;
    bool length = true;                    // send a Content-Length
    std::optional<std::size_t> cut_after;  // close the connection after so many bytes of the body
    bool stall = false;                    // then send nothing more until the client goes
    bool reset = false;                    // no answer at all
};

// An HTTP server on the loopback interface, with every misbehaviour a test may want.
class HttpServer {
public:
    using Handler = std::function<HttpResponse(const HttpRequest&)>;
    explicit HttpServer(Handler handler);
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;
    ~HttpServer();

    [[nodiscard]] std::string url(const std::string& path) const;
    [[nodiscard]] int port() const noexcept { return port_; }
    [[nodiscard]] std::vector<HttpRequest> requests() const;

private:
    void accept_all();
    void serve(const Fd& connection);

    Handler handler_;
    Fd listener_;
    Fd stop_; // an eventfd: readable = end
    int port_ = 0;
    mutable std::mutex mutex_;
    std::vector<HttpRequest> requests_;
    std::vector<std::jthread> connections_;
    // A test may fork at once, and must not do so while the sanitizer's allocator is locked by a thread that begins.
    std::latch begun_{1};
    std::jthread acceptor_;
};

} // namespace lxcpp::image
