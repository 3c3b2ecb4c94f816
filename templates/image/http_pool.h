// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/c_handle.h"
#include "image/http.h"

#include <lxcpp/error.h>

#include <curl/curl.h>
#include <memory>
#include <utility>
#include <vector>

namespace lxcpp::image {

using Easy = std::unique_ptr<CURL, Deleter<curl_easy_cleanup>>;
using Multi = std::unique_ptr<CURLM, Deleter<curl_multi_cleanup>>;

struct CurlLibrary {
    CurlLibrary() {
        if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
            throw Error("libcurl cannot be initialised");
    }
    CurlLibrary(const CurlLibrary&) = delete;
    CurlLibrary& operator=(const CurlLibrary&) = delete;
    ~CurlLibrary() { curl_global_cleanup(); }
};

// Handles that outlive one batch: the multi handle keeps connections open.
struct HttpPool {
    CurlLibrary library;
    HttpOptions options;
    Multi multi;
    std::vector<Easy> idle;

    explicit HttpPool(HttpOptions wanted) : options(std::move(wanted)), multi(curl_multi_init()) {
        if (!multi) throw Error("libcurl: out of memory");
        curl_multi_setopt(multi.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS,
                          static_cast<long>(options.connections));
    }

    Easy take() {
        if (idle.empty()) {
            Easy easy(curl_easy_init());
            if (!easy) throw Error("libcurl: out of memory");
            return easy;
        }
        Easy easy = std::move(idle.back());
        idle.pop_back();
        return easy;
    }
    void give_back(Easy easy) {
        curl_easy_reset(easy.get()); // it points into a transfer that ends
        idle.push_back(std::move(easy));
    }
};

} // namespace lxcpp::image
