// SPDX-License-Identifier: Apache-2.0
#include "http_server.h"

#include "base/strings.h"

#include <arpa/inet.h>
#include <array>
#include <fmt/core.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lxcpp::image {

namespace {

// False when the server is to end.
bool wait_readable(const Fd& fd, const Fd& stop) {
    std::array<pollfd, 2> polled = {{{fd.raw(), POLLIN, 0}, {stop.raw(), POLLIN, 0}}};
    while (::poll(polled.data(), polled.size(), -1) < 0) {
    }
    return polled[1].revents == 0;
}

HttpRequest parse(const std::string& text) {
    HttpRequest request;
    bool first = true;
    for (const auto line : split_lines(text)) {
        if (first) {
            request.method = split_words(line).at(0);
            request.path = split_words(line).at(1);
            first = false;
            continue;
        }
        const auto colon = line.find(':');
        if (trim(line).empty()) break;
        if (colon == std::string_view::npos) continue;
        std::string name(line.substr(0, colon));
        for (char& c : name) c = static_cast<char>(std::tolower(c));
        request.headers[name] = trim(line.substr(colon + 1));
    }
    return request;
}

void send_all(const Fd& fd, std::string_view text) {
    while (!text.empty()) {
        const auto sent = ::send(fd.raw(), text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) return; // the client has gone, which may be what the test wants
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
}

} // namespace

HttpServer::HttpServer(Handler handler)
    : handler_(std::move(handler)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof(address);
    if (::bind(listener_.raw(), plain, size) != 0 || ::listen(listener_.raw(), 64) != 0 ||
        ::getsockname(listener_.raw(), plain, &size) != 0)
        throw std::runtime_error("cannot listen on the loopback interface");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] {
        begun_.count_down();
        accept_all();
    });
    begun_.wait();
}

HttpServer::~HttpServer() {
    const std::uint64_t one = 1;
    if (::write(stop_.raw(), &one, sizeof(one)) < 0) std::abort();
    acceptor_.join();
}

std::string HttpServer::url(const std::string& path) const {
    return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

std::vector<HttpRequest> HttpServer::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void HttpServer::accept_all() {
    while (wait_readable(listener_, stop_)) {
        Fd connection(::accept4(listener_.raw(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!connection.valid()) continue;
        connections_.emplace_back(
            [this, owned = std::move(connection)] { serve(owned); });
    }
    connections_.clear();
}

// One request per connection is all that tests need.
void HttpServer::serve(const Fd& connection) {
    std::string text;
    std::array<char, 4096> buffer;
    while (text.find("\r\n\r\n") == std::string::npos) {
        if (!wait_readable(connection, stop_)) return;
        const auto got = ::recv(connection.raw(), buffer.data(), buffer.size(), 0);
        if (got <= 0) return;
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.front() == '\x16') return; // who wants to speak TLS would wait for an answer
    }
    auto request = parse(text);
    const auto length = parse_u64(request.header("content-length")).value_or(0);
    request.body = text.substr(text.find("\r\n\r\n") + 4);
    while (request.body.size() < length) {
        if (!wait_readable(connection, stop_)) return;
        const auto got = ::recv(connection.raw(), buffer.data(), buffer.size(), 0);
        if (got <= 0) return;
        request.body.append(buffer.data(), static_cast<std::size_t>(got));
    }
    {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
    }
    const auto response = handler_(request);
    if (response.reset) return;
    std::string head = "HTTP/1.1 " + response.status + "\r\nConnection: close\r\n";
    for (const auto& line : response.headers) head += line + "\r\n";
    if (response.length) head += fmt::format("Content-Length: {}\r\n", response.body.size());
    send_all(connection, head + "\r\n");
    send_all(connection, std::string_view(response.body).substr(0, response.cut_after.value_or(
                                                                       response.body.size())));
    if (response.stall) static_cast<void>(wait_readable(connection, stop_)); // until it hangs up
}

} // namespace lxcpp::image
