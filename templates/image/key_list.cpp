// SPDX-License-Identifier: Apache-2.0
#include "image/key_list.h"

#include "image/gpg_context.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <fmt/core.h>

namespace lxcpp::image {
namespace {

constexpr std::size_t kLargest = 1u << 20; // a flooded certificate is bigger

} // namespace

std::vector<std::string> key_fingerprints(std::string_view keys, const std::filesystem::path& scratch) {
    if (keys.size() > kLargest) throw Error(fmt::format("has {} bytes, the limit for keys is {}", keys.size(), kLargest));
    const sys::TempDir home(scratch, "lxcpp-gpg-");
    const gpg::Context context = gpg::make_private_context(home.path());
    const gpg::Data data = gpg::borrow(keys);
    std::vector<std::string> fingerprints;
    gpg::check(gpgme_op_keylist_from_data_start(context.get(), data.get(), 0), "read keys");
    gpgme_key_t raw = nullptr;
    gpgme_error_t error = 0;
    while ((error = gpgme_op_keylist_next(context.get(), &raw)) == 0) {
        const gpg::Key key(raw);
        if (key->secret != 0) throw Error(fmt::format("holds the private key {}", key->fpr));
        fingerprints.emplace_back(key->subkeys->fpr);
    }
    if (gpgme_err_code(error) != GPG_ERR_EOF) gpg::check(error, "read keys");
    return fingerprints;
}

} // namespace lxcpp::image
