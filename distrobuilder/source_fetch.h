// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "distrobuilder/root_source.h"
#include "distrobuilder/source.h"
#include "distrobuilder/source_keys.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::distro {

// An archive of which it is known what it must be. One of the digests at least is there.
struct SourceFile {
    std::string url; // or file://
    std::string sha256;
    std::string sha512;

    // "sha256:…" or "sha512:…": for the identity of a source.
    [[nodiscard]] std::string digest() const;
};

// The bytes, at offset 0. Every one was hashed, and nobody but us writes the file.
struct OpenedFile {
    Fd file;
    std::string sha256;
};

// Fetches what a source needs, by one set of rules:
// - keys are declared: a signature by one of them is needed, whatever else the recipe says;
// - else source.sha256 (of the first file that is located);
// - else skip_verification: nothing is looked at, which is said;
// - else https from beginning to end, and the list of checksums where there is one; the rest is refused.
class SourceFetch {
public:
    // work must outlive this.
    explicit SourceFetch(const SourceWork& work) : work_(work), keys_(work), pin_(work.recipe.source.sha256) {}

    [[nodiscard]] const SourceKeys& keys() const noexcept { return keys_; }
    // A listing, an index: nobody says that it is right, it only tells names. Throws Error.
    [[nodiscard]] std::string text(const std::string& url) const;
    // Fetches and verifies what says which archive it must be; the archive too when only a signature over it says so, or nothing.
    [[nodiscard]] SourceFile locate(const SourceArchive& archive);
    // Brings the file here unless the cache has it.
    [[nodiscard]] OpenedFile open(const SourceFile& file) const;
    // What locate() found, a line for each archive; see RootSource.
    [[nodiscard]] const std::vector<Verification>& verification() const noexcept {
        return verification_;
    }

private:
    [[nodiscard]] SourceFile locate_signed(const SourceArchive& archive, const std::string& pin);
    [[nodiscard]] SourceFile locate_listed(const SourceArchive& archive);
    [[nodiscard]] SourceFile locate_as_it_is(const SourceArchive& archive);
    [[nodiscard]] std::string signature_of(const SourceArchive& archive) const;
    [[nodiscard]] image::Verified verify_list(const SourceArchive& archive) const;
    void refuse_older(const SourceArchive& archive, std::time_t signed_at) const;
    void say(const SourceArchive& archive, std::string_view how, bool doubtful);

    const SourceWork& work_;
    SourceKeys keys_;
    std::string pin_; // used up by the first archive
    std::vector<Verification> verification_;
};

} // namespace lxcpp::distro
