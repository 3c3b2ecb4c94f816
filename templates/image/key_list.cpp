// SPDX-License-Identifier: Apache-2.0
#include "image/key_list.h"

#include "image/gpg_context.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
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
    // As a check of a signature takes them. To list what is not imported fails for expired keys (gpg 2.2).
    const auto error = gpgme_op_import(context.get(), data.get());
    const auto* result = gpgme_op_import_result(context.get());
    std::vector<std::string> fingerprints;
    if (gpgme_err_code(error) == GPG_ERR_NO_DATA || result == nullptr) return fingerprints;
    gpg::check(error, "read keys");
    if (result->secret_read != 0) throw Error("holds a private key; export the public one");
    for (const auto* import = result->imports; import != nullptr; import = import->next) {
        if (import->fpr != nullptr && std::ranges::find(fingerprints, import->fpr) == fingerprints.end()) fingerprints.emplace_back(import->fpr);
    }
    return fingerprints;
}

} // namespace lxcpp::image
