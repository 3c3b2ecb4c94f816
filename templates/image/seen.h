// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/cache.h"

#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>

namespace lxcpp::image {

// What was seen of servers before, in <cache>/seen: somebody between a server and us, or a server that was broken
// into, may show an old index again, to have images installed whose holes are known.
class Seen {
public:
    // allow_rollback: what is older is taken, and what will be compared with from now on. option: what says so, for messages.
    Seen(const ImageCache& cache, bool allow_rollback, std::string option = "--allow-rollback");

    // Throws Error "WHAT: it was signed on ..., but one of ... was seen there before".
    void check_signature(const std::string& url, std::time_t signed_at) const;
    // newest: the latest build that the server offers of a product.
    void check_serial(const std::string& server, const std::string& product, const std::string& newest) const;

private:
    [[nodiscard]] std::string read(std::string_view key) const; // "" = never
    void write(std::string_view key, std::string_view value) const;

    std::filesystem::path directory_;
    bool allow_;
    std::string option_;
};

} // namespace lxcpp::image
