// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http_server.h"
#include "image/http.h"
#include "support/error_of.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

namespace lxcpp::image {

// Fetches from servers of the tests into a directory of its own.
class HttpTest : public testing::Test {
protected:
    HttpTest() : scratch_("/tmp", "lxcpp-http-"), client_(quick()) {
        for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
            ::unsetenv(name);
    }

    static HttpOptions quick() {
        return {.first_backoff = std::chrono::milliseconds(1)}; // the time-outs stay: a busy machine is no stalled server
    }
    std::filesystem::path file(const std::string& name) { return scratch_.path() / name; }
    std::vector<std::string> names() { return sys::list_dir(scratch_.path()); }
    Fetched fetch(const Fetch& what) { return client_.fetch(what, silent_); }
    std::string refusal(const Fetch& what) {
        return test::error_of([&] { return fetch(what); });
    }

    sys::TempDir scratch_;
    SilentProgress silent_;
    HttpClient client_;
};

} // namespace lxcpp::image
