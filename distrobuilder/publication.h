// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

// Results on their way from a hidden directory of their target to their places in it, noted down so
// that who finds that directory after a build was killed brings it to its end: what is in the
// places is all of the older build, or all of the new one.
namespace lxcpp::distro {

// By its inode a file is known wherever it is.
struct PublishedEntry {
    std::string name;
    ino_t inode = 0;

    bool operator==(const PublishedEntry&) const = default;
};

struct Publication {
    std::string from;  // where they are in the hidden directory; empty: in itself
    bool root = false; // the target becomes the directory "from": its owner, mode and attributes
    std::vector<PublishedEntry> put;  // into their places
    std::vector<PublishedEntry> take; // away from there

    bool operator==(const Publication&) const = default;
};

[[nodiscard]] std::string format_publication(const Publication& publication);
// nullopt for what format_publication() has not written whole.
[[nodiscard]] std::optional<Publication> parse_publication(std::string_view text);

// All of its files are on the disk. Returns when the note is.
void note_publication(const std::filesystem::path& hidden, const Publication& publication);
// It has come to its end, or all is as it was before.
void forget_publication(const std::filesystem::path& hidden) noexcept;
// Brings what was noted in target/hidden to its end; a note of somebody else, and what is not there
// any more, is let alone. False: another build is at work in the target.
[[nodiscard]] bool finish_publication(const std::filesystem::path& target,
                                      const std::string& hidden);

// A directory gets owner, mode and extended attributes of another one; the time is not theirs.
void look_like_directory(const std::filesystem::path& directory,
                         const std::filesystem::path& model);

} // namespace lxcpp::distro
