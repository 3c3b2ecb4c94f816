// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/cache.h"
#include "image/http.h"
#include "image/progress.h"

#include <ctime>
#include <span>
#include <string>
#include <vector>

namespace lxcpp::image {

struct IndexFile {
    bool found = true;
    std::string text;
    std::time_t asked = 0; // when the server was last asked for it
    bool from_disk = false; // the server was not asked now
};

enum class IndexAge {
    Hour, // one that is not older is taken as it is; any, with a warning, when the server cannot be reached
    Ask,  // all of it is fetched anew
};

// Documents of servers, kept in <cache>/indexes for an hour, and asked for again by ETag or date. What is read here is
// no more trusted than the server. Damage on the disk counts as not there.
class IndexFiles {
public:
    IndexFiles(const ImageCache& cache, HttpClient& http, ProgressSink& progress);

    // All of them from the disk, or all of them asked for: a document and its signature belong together. A missing one
    // is no error. shown: with a line of progress. Throws Error.
    [[nodiscard]] std::vector<IndexFile> get(std::span<const std::string> urls, IndexAge age, bool shown);

private:
    [[nodiscard]] std::vector<IndexFile> ask(std::span<const std::string> urls, IndexAge age, ProgressSink& progress);

    std::filesystem::path directory_;
    HttpClient& http_;
    ProgressSink& progress_;
    SilentProgress silent_;
};

} // namespace lxcpp::image
