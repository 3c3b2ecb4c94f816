// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/temp_dir.h"

#include <filesystem>
#include <string>
#include <vector>

namespace lxcpp::image {

// A signer of its own: keys made with gpg in a temporary GNUPGHOME, with times of our choice.
class Signer {
public:
    Signer();
    Signer(const Signer&) = delete;
    Signer& operator=(const Signer&) = delete;
    ~Signer(); // ends its gpg-agent

    struct Key {
        std::string fingerprint;
        std::filesystem::path keyring; // exported, binary
    };
    // when: gpg's --faked-system-time, e.g. "20200101T000000"; empty = now. expire: "0", "1y".
    Key make_key(const std::string& name, const std::string& algorithm = "ed25519",
                 const std::string& expire = "0", const std::string& when = {});
    void revoke(const Key& key); // exports it again
    std::filesystem::path armored(const Key& key);

    // options: more for gpg, such as {"--digest-algo", "SHA1"}.
    std::string clear_sign(const std::string& text, const Key& key,
                           const std::vector<std::string>& options = {});
    std::string sign(const std::string& mode, const std::string& text,
                     const std::vector<std::string>& options);

    [[nodiscard]] const std::filesystem::path& home() const noexcept { return dir_.path(); }
    [[nodiscard]] std::filesystem::path file(const std::string& name) const {
        return dir_.path() / name;
    }
    std::string gpg(const std::vector<std::string>& arguments);

private:
    void export_key(const Key& key);
    sys::TempDir dir_;
};

} // namespace lxcpp::image
