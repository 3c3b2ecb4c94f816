// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/http_body.h"
#include "image/http_head.h"

#include <chrono>
#include <exception>
#include <string>
#include <string_view>

namespace lxcpp::image {

using HttpTime = std::chrono::steady_clock::time_point;

// One Fetch on its way: which request comes next and what each response means. It knows no library;
// HttpClient carries the requests out.
class HttpTransfer {
public:
    enum class Next { Done, Again }; // Again: make another request, not before not_before()

    HttpTransfer(const Fetch& fetch, const HttpOptions& options)
        : fetch_(fetch), options_(options), url_(fetch.url), body_(fetch) {}

    [[nodiscard]] HttpBody& body() noexcept { return body_; }
    [[nodiscard]] const HttpBody& body() const noexcept { return body_; }
    [[nodiscard]] const Fetch& fetch() const noexcept { return fetch_; }
    [[nodiscard]] const std::string& url() const noexcept { return url_; } // of the next request
    [[nodiscard]] HttpTime not_before() const noexcept { return not_before_; }
    void wait_until(HttpTime time) noexcept { not_before_ = time; }
    // The server said so (Retry-After): counts when the request is made again.
    void ask_to_wait(std::chrono::seconds time) noexcept { asked_wait_ = time; }

    // The request begins. range() is then "N-" and if_range() the version, or both are empty.
    void start();
    [[nodiscard]] std::string range() const;
    [[nodiscard]] std::string if_range() const;
    [[nodiscard]] const HttpHead& head() const noexcept { return head_; }

    void take_header(std::string_view line) { head_.take_line(line); }
    // A piece of the body. Throws Error; false = the rest of an error page is not wanted.
    [[nodiscard]] bool take_body(std::string_view bytes);

    // The response is complete. result is filled when Done. Throws Error with the reason.
    [[nodiscard]] Next complete(Fetched& result);
    // The connection failed. Throws Error with the reason when it makes no sense to try again.
    [[nodiscard]] Next failed(const std::string& reason, bool transient);
    // The response redirects to that URL, which was found to be acceptable. Throws past five.
    [[nodiscard]] Next redirected(std::string url);

private:
    void begin_body();
    [[nodiscard]] Next deliver(Fetched& result);
    [[nodiscard]] bool refused(int status) const noexcept;
    void describe(Fetched& result) const;
    [[nodiscard]] Next retry(const std::string& reason);

    const Fetch& fetch_;
    const HttpOptions& options_;
    std::string url_;
    HttpBody body_;
    HttpHead head_;
    HttpTime not_before_{};
    std::chrono::seconds asked_wait_{0};
    unsigned attempts_ = 1;
    unsigned redirects_ = 0;
    bool asked_range_ = false;
    bool body_began_ = false;
    bool error_page_ = false;
    bool joined_ = false; // the body consists of parts of several responses
    bool started_over_ = false;
    std::size_t error_page_size_ = 0;
    std::string refusal_; // the error page, where it is wanted
};

} // namespace lxcpp::image
