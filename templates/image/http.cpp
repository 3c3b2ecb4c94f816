// SPDX-License-Identifier: Apache-2.0
#include "image/http.h"

#include "base/error.h"
#include "base/strings.h"
#include "image/c_handle.h"
#include "image/http_curl.h"
#include "image/http_pool.h"
#include "image/http_transfer.h"
#include "image/http_url.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <curl/curl.h>
#include <deque>
#include <fmt/core.h>
#include <numeric>

namespace lxcpp::image {
namespace {

using namespace std::chrono_literals;

constexpr auto kLockedPoll = 200ms; // another process receives the same file
constexpr auto kPoll = 500ms;       // at least this often the progress line lives

using HeaderList = std::unique_ptr<curl_slist, Deleter<curl_slist_free_all>>;

// A transfer with its libcurl handle; the callbacks' data, so it does not move.
struct Active {
    Active(std::size_t index_, const Fetch& fetch, const HttpOptions& options)
        : index(index_), transfer(fetch, options) {}

    std::size_t index;
    HttpTransfer transfer;
    Easy easy;
    HeaderList headers;
    bool opened = false;        // the body is ready to receive
    bool waited = false;        // for somebody else who received it
    std::exception_ptr failure; // thrown in a callback
    std::array<char, CURL_ERROR_SIZE> detail{};
};

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
    auto* active = static_cast<Active*>(user);
    try {
        active->transfer.take_header({data, size * count});
        return size * count;
    } catch (...) {
        active->failure = std::current_exception();
        return 0;
    }
}

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto* active = static_cast<Active*>(user);
    try {
        return active->transfer.take_body({data, size * count}) ? size * count : 0;
    } catch (...) {
        active->failure = std::current_exception();
        return 0;
    }
}

HeaderList make_headers(const HttpTransfer& transfer) {
    HeaderList list;
    const auto add = [&list](const std::string& line) {
        list.reset(curl_slist_append(list.release(), line.c_str()));
        if (!list) throw std::bad_alloc();
    };
    if (const auto version = transfer.if_range(); !version.empty()) add("If-Range: " + version);
    const auto& fetch = transfer.fetch();
    if (!fetch.etag.empty()) add("If-None-Match: " + fetch.etag);
    if (!fetch.last_modified.empty()) add("If-Modified-Since: " + fetch.last_modified);
    if (!fetch.headers.empty() && same_origin(fetch.url, transfer.url()))
        for (const auto& line : fetch.headers) add(line);
    return list;
}

void set_limits(CURL* easy, const HttpOptions& options) {
    check_curl(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, options.allow_http ? "http,https" : "https"));
    check_curl(curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L)); // accept_redirect() decides
    check_curl(curl_easy_setopt(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED)));
    set_tls(easy);
    check_curl(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                           static_cast<long>(options.connect_timeout.count())));
    check_curl(curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, options.stall_rate));
    check_curl(curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                           static_cast<long>(options.stall_time.count())));
}

// What is meant for the host of the fetch, and not for one that it redirects to.
void set_request(const Active& active) {
    const auto& fetch = active.transfer.fetch();
    CURL* easy = active.easy.get();
    if (fetch.post) {
        check_curl(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(fetch.post->size())));
        check_curl(curl_easy_setopt(easy, CURLOPT_POSTFIELDS, fetch.post->c_str()));
    }
    if (!same_origin(fetch.url, active.transfer.url())) return;
    if (!fetch.ca_certificates.empty()) trust(easy, fetch.ca_certificates);
    if (!fetch.client_certificate.empty()) identify(easy, fetch.client_certificate, fetch.client_key);
}

void prepare(Active& active, const HttpOptions& options) {
    active.transfer.start();
    active.failure = nullptr;
    active.detail[0] = '\0';
    active.headers = make_headers(active.transfer);
    CURL* easy = active.easy.get();
    curl_easy_reset(easy);
    set_limits(easy, options);
    set_request(active);
    const auto range = active.transfer.range();
    check_curl(curl_easy_setopt(easy, CURLOPT_URL, active.transfer.url().c_str()));
    check_curl(curl_easy_setopt(easy, CURLOPT_USERAGENT, "lxcpp/" LXCPP_VERSION));
    check_curl(curl_easy_setopt(easy, CURLOPT_RANGE, range.empty() ? nullptr : range.c_str()));
    check_curl(curl_easy_setopt(easy, CURLOPT_HTTPHEADER, active.headers.get()));
    // A handle whose last request broke off keeps the buffer it has, and says so.
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 256L << 10);
    check_curl(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, active.detail.data()));
    check_curl(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header));
    check_curl(curl_easy_setopt(easy, CURLOPT_HEADERDATA, &active));
    check_curl(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body));
    check_curl(curl_easy_setopt(easy, CURLOPT_WRITEDATA, &active));
    check_curl(curl_easy_setopt(easy, CURLOPT_PRIVATE, &active));
}

HttpTransfer::Next conclude(Active& active, CURLcode code, bool allow_http, Fetched& result) {
    auto& transfer = active.transfer;
    if (active.failure) std::rethrow_exception(active.failure);
    const int status = transfer.head().status;
    // An error page may have been cut off by us; its status line is what counts.
    const bool cut_page = code == CURLE_WRITE_ERROR && status != 200 && status != 206;
    if (code != CURLE_OK && !cut_page)
        return transfer.failed(describe_failure(code, active.detail.data()), is_transient_failure(code, active.detail.data()));
    if (curl_off_t wait = 0; curl_easy_getinfo(active.easy.get(), CURLINFO_RETRY_AFTER, &wait) == CURLE_OK)
        transfer.ask_to_wait(std::chrono::seconds(wait));
    if (!is_redirect_status(status)) return transfer.complete(result);
    if (transfer.fetch().post) throw Error("redirects a request that carries what is only for that server");
    char* target = nullptr;
    check_curl(curl_easy_getinfo(active.easy.get(), CURLINFO_REDIRECT_URL, &target));
    return transfer.redirected(accept_redirect(transfer.url(), target != nullptr ? target : "", allow_http));
}

// The work of one fetch_all call: waiting → active → results.
class Batch {
public:
    Batch(HttpPool& pool, std::span<const Fetch> fetches, ProgressSink& progress, const FetchDone& done)
        : pool_(pool), fetches_(fetches), progress_(progress), done_(done), results_(fetches.size()), settled_(fetches.size()) {
        waiting_.resize(fetches.size());
        std::iota(waiting_.begin(), waiting_.end(), std::size_t{0});
    }
    ~Batch() {
        for (auto& active : active_) detach(*active);
    }

    std::vector<Fetched> run(std::string_view phase) {
        progress_.begin(phase, expected_total(), ProgressUnit::Bytes);
        if (fetches_.size() > 1) progress_.show_parts([this] { return parts(); });
        try {
            while (!waiting_.empty() || !active_.empty()) step();
        } catch (...) {
            progress_.abandon();
            throw;
        }
        progress_.update(done_bytes(), expected_total());
        progress_.end(note());
        return std::move(results_);
    }

private:
    void step() {
        fill();
        resume_due();
        int running = 0;
        curl_multi_perform(pool_.multi.get(), &running);
        const bool finished = collect();
        progress_.update(done_bytes(), expected_total());
        if (!finished && !active_.empty())
            curl_multi_poll(pool_.multi.get(), nullptr, 0, time_to_next(), nullptr);
    }

    // Starts waiting fetches while there are connections for them.
    void fill() {
        while (!waiting_.empty() && active_.size() < pool_.options.connections) {
            const std::size_t index = waiting_.front();
            waiting_.pop_front();
            named(fetches_[index], [&] { admit(index); });
        }
    }

    void admit(std::size_t index) {
        const Fetch& fetch = fetches_[index];
        check_url(fetch.url, pool_.options.allow_http);
        auto active = std::make_unique<Active>(index, fetch, pool_.options);
        if (keep(*active)) return;
        active->easy = pool_.take();
        paused_.push_back(active.get());
        active_.push_back(std::move(active));
    }

    bool keep(const Active& active) {
        auto kept = active.transfer.body().keep_existing();
        if (!kept) return false;
        finished_bytes_ += kept->size;
        ++kept_;
        results_[active.index] = *std::move(kept);
        settled_[active.index] = true;
        tell(active.index);
        return true;
    }

    void resume_due() {
        const auto now = std::chrono::steady_clock::now();
        auto due = std::move(paused_);
        paused_.clear();
        for (auto* active : due) {
            if (active->transfer.not_before() > now)
                paused_.push_back(active);
            else
                named(active->transfer.fetch(), [&] { launch(*active); });
        }
    }

    void launch(Active& active) {
        if (!active.opened && !active.transfer.body().open()) {
            active.waited = true;
            active.transfer.wait_until(std::chrono::steady_clock::now() + kLockedPoll);
            paused_.push_back(&active);
            return;
        }
        if (!active.opened && active.waited && keep(active)) {
            active.transfer.body().abandon();
            forget(active);
            return;
        }
        active.opened = true;
        prepare(active, pool_.options);
        curl_multi_add_handle(pool_.multi.get(), active.easy.get());
    }

    // True when something ended, so that more can be started at once.
    bool collect() {
        bool any = false;
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(pool_.multi.get(), &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            any = true;
            const CURLcode code = message->data.result; // removing the handle ends the message
            Active* active = nullptr;
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &active);
            curl_multi_remove_handle(pool_.multi.get(), active->easy.get());
            named(active->transfer.fetch(), [&] { settle(*active, code); });
        }
        return any;
    }

    void settle(Active& active, CURLcode code) {
        Fetched& result = results_[active.index];
        const auto next = conclude(active, code, pool_.options.allow_http, result);
        if (next == HttpTransfer::Next::Again) {
            paused_.push_back(&active);
            return;
        }
        finished_bytes_ += result.size;
        settled_[active.index] = true;
        tell(active.index);
        forget(active);
    }

    void forget(Active& active) {
        pool_.give_back(std::move(active.easy));
        std::erase_if(active_, [&](const auto& entry) { return entry.get() == &active; });
    }

    void tell(std::size_t index) const { done_ ? done_(index, results_[index]) : void(); }

    void detach(Active& active) {
        if (!active.easy) return;
        curl_multi_remove_handle(pool_.multi.get(), active.easy.get()); // harmless when not in
        pool_.give_back(std::move(active.easy));
    }

    template <typename Body>
    void named(const Fetch& fetch, Body&& body) {
        with_context("fetch " + display_url(fetch.url), std::forward<Body>(body));
    }

    [[nodiscard]] int time_to_next() const {
        auto wait = std::chrono::duration_cast<std::chrono::milliseconds>(kPoll);
        const auto now = std::chrono::steady_clock::now();
        for (const auto* active : paused_) {
            const auto until = std::chrono::ceil<std::chrono::milliseconds>(
                active->transfer.not_before() - now);
            wait = std::clamp(until, 0ms, wait);
        }
        return static_cast<int>(wait.count());
    }

    [[nodiscard]] std::uint64_t done_bytes() const {
        std::uint64_t sum = finished_bytes_;
        for (const auto& active : active_) sum += active->transfer.body().size();
        return sum;
    }

    // What is on its way.
    [[nodiscard]] std::vector<ProgressPart> parts() const {
        std::vector<ProgressPart> found;
        for (const auto& active : active_)
            found.push_back({file_name(active->transfer.fetch().url), active->transfer.body().size(), size_of(active->index).value_or(0)});
        return found;
    }

    // 0 unless the size of everything is known: by the fetches, or by what servers have announced meanwhile.
    [[nodiscard]] std::uint64_t expected_total() const {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < fetches_.size(); ++i) {
            const auto size = size_of(i);
            if (!size) return 0;
            sum += *size;
        }
        return sum;
    }

    [[nodiscard]] std::optional<std::uint64_t> size_of(std::size_t index) const {
        if (fetches_[index].size) return fetches_[index].size;
        if (settled_[index]) return results_[index].size;
        for (const auto& active : active_) {
            if (active->index != index) continue;
            const HttpHead& head = active->transfer.head();
            return head.status == 206 ? head.range_total : head.status == 200 ? head.length : std::nullopt;
        }
        return std::nullopt;
    }

    [[nodiscard]] std::string note() const {
        const auto amount = format_amount(finished_bytes_, ProgressUnit::Bytes);
        if (fetches_.size() == 1) return amount;
        return fmt::format("{} files, {}{}", fetches_.size(), amount,
                           kept_ == 0 ? "" : fmt::format(", {} were here already", kept_));
    }

    HttpPool& pool_;
    std::span<const Fetch> fetches_;
    ProgressSink& progress_;
    const FetchDone& done_;
    std::vector<Fetched> results_;
    std::vector<bool> settled_; // their results are final
    std::deque<std::size_t> waiting_;
    std::vector<std::unique_ptr<Active>> active_;
    std::vector<Active*> paused_; // of the active: those without a request under way
    std::uint64_t finished_bytes_ = 0;
    std::size_t kept_ = 0;
};

} // namespace

struct HttpClient::State : HttpPool {
    using HttpPool::HttpPool;
};

HttpClient::HttpClient(HttpOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

std::vector<Fetched> HttpClient::fetch_all(std::span<const Fetch> fetches, ProgressSink& progress,
                                           std::string_view phase, const FetchDone& done) {
    return Batch(*state_, fetches, progress, done).run(phase);
}

Fetched HttpClient::fetch(const Fetch& fetch, ProgressSink& progress, std::string_view phase) {
    return std::move(fetch_all(std::span(&fetch, 1), progress, phase).front());
}

} // namespace lxcpp::image
