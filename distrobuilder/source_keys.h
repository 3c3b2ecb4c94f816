// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/root_source.h"
#include "image/verify.h"
#include "sys/temp_dir.h"

#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::distro {

// The keys that a recipe declares, as keyrings in a directory that lasts as long as this. Fingerprints that none of the
// armored keys has are fetched from source.keyserver.
class SourceKeys {
public:
    // Throws Error naming the entry of source.keys or source.key_files: no key, a private one, a short fingerprint, one
    // that the server does not have.
    explicit SourceKeys(const SourceWork& work);

    // Whether the recipe names keys: then nothing without a signature by one of them is used.
    [[nodiscard]] bool declared() const noexcept { return !keyrings_.empty(); }
    [[nodiscard]] const std::vector<std::filesystem::path>& keyrings() const noexcept { return keyrings_; }
    [[nodiscard]] image::VerifyOptions verify_options() const;

private:
    void add(std::string_view material, const std::string& what);
    void fetch(const std::string& fingerprint);

    const SourceWork& work_;
    sys::TempDir directory_;
    std::vector<std::filesystem::path> keyrings_;
    std::set<std::string> fingerprints_;
};

// What to change about the keys of a recipe when a signature was refused for that reason: "; …", or nothing.
[[nodiscard]] std::string key_advice(std::string_view problem);

// Upper-case hex of a fingerprint as recipes write it ("0x", blanks); Error naming what for anything shorter than 40
// digits: short ids can be forged.
[[nodiscard]] std::string full_fingerprint(std::string_view text, std::string_view what);

// Where a keyserver gives the key out, by https always: "hkps://HOST", "HOST", and "hkp://HOST", which most servers
// answer by https too. Throws Error for anything else.
[[nodiscard]] std::string keyserver_url(std::string_view keyserver, std::string_view fingerprint);

} // namespace lxcpp::distro
