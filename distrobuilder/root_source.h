// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/recipe.h"
#include "distrobuilder/sandbox.h"
#include "image/cache.h"
#include "image/http.h"
#include "image/progress.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace lxcpp::distro {

// What a source works with, and for.
struct SourceWork {
    const Recipe& recipe; // resolved
    image::HttpClient& http;
    const image::ImageCache& cache; // downloads by digest, and what was seen of servers: nothing of it is run
    std::filesystem::path scratch;  // of the build's own cache: programs of trees in there can be run
    image::ProgressSink& progress;
    std::filesystem::path directory; // of the recipe: where key_files and relative paths begin
    std::filesystem::path log;       // what programs of the source print
    std::time_t now = 0;             // of the build: what has expired then is refused
};

// What says that something is right.
struct Verification {
    std::string text;      // "base.tar.gz: sha256 of SHA256SUMS, signed by 0123..."
    bool doubtful = false; // nobody looked, or nobody signed it: to be told as a warning

    bool operator==(const Verification&) const = default;
};

// A root file system that can be had: all that decides which one is known once it is made.
class RootSource {
public:
    RootSource() = default;
    RootSource(const RootSource&) = delete;
    RootSource& operator=(const RootSource&) = delete;
    virtual ~RootSource() = default;

    // 64 hex digits: of what was verified and how it is unpacked. Equal ones give equal trees.
    [[nodiscard]] virtual const std::string& identity() const noexcept = 0;
    // Whether programs of it fetch what servers have at the time: then equal ones give equal trees for as long as these do.
    [[nodiscard]] virtual bool uses_network() const noexcept { return false; }
    // One for each thing that was verified, or was not.
    [[nodiscard]] virtual const std::vector<Verification>& verification() const noexcept = 0;
    // Makes the empty directory the root file system. Throws Error; what is there then is for the
    // caller to remove.
    virtual void unpack(const std::filesystem::path& root) = 0;
};

// Looks what the recipe's source has now: fetches and verifies lists and signatures, and archives of which no list tells the
// digest. Declared keys are always used; without keys, hash or https (and without skip_verification) Error says
// what to add to the recipe. work must outlive the result.
[[nodiscard]] std::unique_ptr<RootSource> open_source(const SourceWork& work);

} // namespace lxcpp::distro
