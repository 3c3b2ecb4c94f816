// SPDX-License-Identifier: Apache-2.0
#include "image/http_transfer.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp::image {

namespace {

constexpr unsigned kMaxRedirects = 5;
constexpr std::size_t kMaxErrorPage = 64u << 10;

} // namespace

void HttpTransfer::start() {
    head_ = {};
    asked_range_ = body_.size() > 0 && !body_.version().empty();
    body_began_ = false;
    error_page_ = false;
    error_page_size_ = 0;
    refusal_.clear();
    asked_wait_ = {};
}

std::string HttpTransfer::range() const {
    return asked_range_ ? fmt::format("{}-", body_.size()) : std::string();
}

std::string HttpTransfer::if_range() const {
    return asked_range_ ? body_.version() : std::string();
}

void HttpTransfer::begin_body() {
    body_began_ = true;
    if (head_.status == 200) {
        if (head_.length) body_.check_announced(*head_.length);
        // A date is a weaker promise than an ETag; it will do where the digest has the last word.
        const auto& version =
            head_.etag.empty() && (fetch_.sha256 || fetch_.sha512) ? head_.last_modified : head_.etag;
        body_.restart(version, head_.length);
        joined_ = false;
    } else if (head_.status == 206) {
        if (!asked_range_ || head_.range_start != body_.size())
            throw Error("the server sent another part of the file than was asked for");
        joined_ = true;
        if (head_.range_total) body_.check_announced(*head_.range_total);
    } else {
        error_page_ = true;
    }
}

bool HttpTransfer::take_body(std::string_view bytes) {
    if (!body_began_) begin_body();
    if (!error_page_) {
        body_.append(bytes);
        return true;
    }
    if (fetch_.refusal_ok) refusal_ += bytes.substr(0, kMaxErrorPage - std::min(kMaxErrorPage, refusal_.size()));
    error_page_size_ += bytes.size(); // read on for a while: the connection can be used again
    return error_page_size_ <= kMaxErrorPage;
}

HttpTransfer::Next HttpTransfer::complete(Fetched& result) {
    const int status = head_.status;
    if (status == 200 || status == 206) return deliver(result);
    if (status == 416 && asked_range_) { // the file became shorter than what we have of it
        body_.restart({}, {});
        return Next::Again;
    }
    if ((status == 404 || status == 410) && fetch_.missing_ok) {
        result.found = false;
        return Next::Done;
    }
    if (status == 304 && !(fetch_.etag.empty() && fetch_.last_modified.empty())) {
        result.unchanged = true;
        return Next::Done;
    }
    if (refused(status)) {
        describe(result);
        result.found = false;
        result.body = std::move(refusal_);
        return Next::Done;
    }
    const auto reason = fmt::format("{} {}", status, head_.reason);
    if (is_transient_status(status)) return retry(reason);
    throw Error(reason);
}

bool HttpTransfer::refused(int status) const noexcept {
    return fetch_.refusal_ok && status >= 400 && status < 500 && !is_transient_status(status);
}

void HttpTransfer::describe(Fetched& result) const {
    result.final_url = display_url(url_);
    result.status = head_.status;
    result.content_type = head_.content_type;
    result.challenges = head_.challenges;
}

HttpTransfer::Next HttpTransfer::deliver(Fetched& result) {
    if (!body_began_) begin_body(); // an empty body
    try {
        result = body_.finish();
    } catch (const MismatchError&) {
        // The server may have changed the file between the parts.
        if (!joined_ || started_over_) throw;
        started_over_ = true;
        if (!body_.open()) throw;
        return Next::Again;
    }
    describe(result);
    result.etag = head_.etag;
    result.last_modified = head_.last_modified;
    return Next::Done;
}

HttpTransfer::Next HttpTransfer::failed(const std::string& reason, bool transient) {
    if (transient) return retry(reason);
    throw Error(reason);
}

HttpTransfer::Next HttpTransfer::retry(const std::string& reason) {
    if (attempts_ > options_.retries)
        throw Error(attempts_ == 1 ? reason : fmt::format("{} (tried {} times)", reason, attempts_));
    if (asked_wait_ > options_.longest_wait)
        throw Error(fmt::format("{}; the server asks to wait for {} s", reason, asked_wait_.count()));
    const std::chrono::milliseconds backoff = options_.first_backoff * (1u << (attempts_ - 1));
    not_before_ = std::chrono::steady_clock::now() + std::max<std::chrono::milliseconds>(backoff, asked_wait_);
    ++attempts_;
    return Next::Again;
}

HttpTransfer::Next HttpTransfer::redirected(std::string url) {
    if (++redirects_ > kMaxRedirects)
        throw Error(fmt::format("more than {} redirects", kMaxRedirects));
    url_ = std::move(url);
    return Next::Again;
}

} // namespace lxcpp::image
