// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/c_handle.h"

#include <filesystem>
#include <gpgme.h>
#include <memory>
#include <string_view>
#include <type_traits>

// gpgme's handles, and a gpg that knows nothing of the user or the system. For the files that use gpgme.
namespace lxcpp::image::gpg {

using Context = std::unique_ptr<gpgme_context, Deleter<gpgme_release>>;
using Data = std::unique_ptr<gpgme_data, Deleter<gpgme_data_release>>;
using Key = std::unique_ptr<std::remove_pointer_t<gpgme_key_t>, Deleter<gpgme_key_unref>>;

// Throws Error "ACTION with gpg: REASON".
void check(gpgme_error_t error, std::string_view action);
// Before anything else of gpgme. Throws Error when it is too old.
void initialise();
// Of an empty directory of ours as GNUPGHOME: no agent, no network, nothing is trusted but what is put in there.
[[nodiscard]] Context make_private_context(const std::filesystem::path& home);

[[nodiscard]] Data borrow(std::string_view bytes); // which must stay
[[nodiscard]] Data make_buffer();

} // namespace lxcpp::image::gpg
