// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "image/http.h"
#include "image/oci_hash.h"
#include "sys/rooted_dir.h"

#include <lxcpp/error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace lxcpp::image {

// The bytes are not the wanted ones. Fetching a resumed file again from its start may help.
class MismatchError : public Error {
    using Error::Error;
};

// Where the bytes of one Fetch go: hashed and counted as they arrive, into memory or into
// DESTINATION.part, which becomes DESTINATION only in finish().
class HttpBody {
public:
    // Throws Error when the wishes in fetch contradict themselves.
    explicit HttpBody(const Fetch& fetch);

    // The result when the destination already has the wanted digest; nothing needs to be transferred.
    [[nodiscard]] std::optional<Fetched> keep_existing() const;
    // Opens the part file and takes its lock; false while another process receives the same file.
    [[nodiscard]] bool open();
    // Nothing will be received: the part file goes.
    void abandon() { remove_part(); }

    // Bytes that are here: where to resume.
    [[nodiscard]] std::uint64_t size() const noexcept { return received_; }
    // ETag or date of the version that the bytes belong to; empty = they cannot be resumed.
    [[nodiscard]] const std::string& version() const noexcept { return version_; }

    // A new version starts: what was received is dropped. length: as announced by the server.
    void restart(std::string_view version, std::optional<std::uint64_t> length);
    // Refuses what is announced to be too large before it is received.
    void check_announced(std::uint64_t total) const;
    void append(std::string_view bytes);
    // Size and digest are right: gives the file its name. Throws MismatchError after deleting it.
    [[nodiscard]] Fetched finish();

private:
    [[nodiscard]] std::string leaf(std::string_view suffix = {}) const;
    [[nodiscard]] OciDigest digest_of(FdRef file) const;
    void load_part();
    void check_limit(std::uint64_t total) const;
    void remove_part();

    const Fetch& fetch_;
    std::optional<OciDigest> expected_;
    std::optional<sys::RootedDir> directory_; // of the destination
    Fd part_;
    std::string memory_;
    OciHash hash_;
    std::uint64_t received_ = 0;
    std::string version_;
};

} // namespace lxcpp::image
