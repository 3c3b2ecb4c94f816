// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/image_export.h"
#include "store/image_record.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// What a server tree says of one of its products.
struct StreamsProduct {
    std::string distribution;
    std::string release;
    std::string architecture; // Debian's name
    std::string variant;
    std::vector<std::string> aliases;
    std::map<std::string, std::string> requirements;

    [[nodiscard]] std::string key() const;  // "debian:bookworm:amd64:default"
    [[nodiscard]] std::string path() const; // "images/debian/bookworm/amd64/default"
};

// The products file (images.json) of a server tree of ours, to be changed and written again.
class StreamsDocument {
public:
    StreamsDocument();
    StreamsDocument(StreamsDocument&&) noexcept;
    StreamsDocument& operator=(StreamsDocument&&) noexcept;
    ~StreamsDocument();
    // Throws Error for what is no products file.
    [[nodiscard]] static StreamsDocument parse(std::string_view text);

    // Builds one of whose files gone() says of its path that it is not there.
    void forget_if(const std::function<bool(const std::string& path)>& gone);
    // Of the image that a build was made of; nullopt when there is no such build.
    [[nodiscard]] std::optional<std::string> fingerprint(const StreamsProduct& product, const std::string& serial) const;
    void describe(const StreamsProduct& product);
    // directory: of the build, below the server's root.
    void add(const StreamsProduct& product, const std::string& serial, const ImageRecord& record,
             const std::string& directory, const ExportedImage& files);
    // Only the newest builds of each product stay; returns the directories of the others.
    [[nodiscard]] std::vector<std::string> prune(std::size_t keep);

    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::string index_text() const;    // of streams/v1/index.json
    [[nodiscard]] std::string classic_index() const; // of meta/1.0/index-*

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace lxcpp::image
