// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace lxcpp::image {

// Signs with a secret key of the user's own GnuPG home (GNUPGHOME, else ~/.gnupg), through its agent.
class DocumentSigner {
public:
    // A full fingerprint, or anything else that names exactly one secret key there. Signs nothing with it, for a try. Throws Error.
    explicit DocumentSigner(std::string_view key);
    DocumentSigner(DocumentSigner&&) noexcept;
    ~DocumentSigner();

    [[nodiscard]] const std::string& fingerprint() const noexcept;
    [[nodiscard]] std::string detached(std::string_view text) const; // armored
    [[nodiscard]] std::string clear(std::string_view text) const;    // the text within its signature

private:
    struct State;
    std::unique_ptr<State> state_;
};

} // namespace lxcpp::image
