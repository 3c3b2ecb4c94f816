// SPDX-License-Identifier: Apache-2.0
#include "image/gpg_context.h"

#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <string>

namespace lxcpp::image::gpg {
namespace {

std::string gpg_program() {
    for (const char* path : {"/usr/bin/gpg", "/usr/local/bin/gpg", "/bin/gpg"})
        if (sys::exists(path)) return path;
    throw Error("gpg is not installed, and signatures cannot be checked without it: install the "
                "package gpg (Debian) or gnupg2");
}

constexpr std::string_view kSettings = "no-autostart\n"
                                       "disable-dirmngr\n"
                                       "no-auto-key-retrieve\n"
                                       "no-auto-key-locate\n"
                                       "no-auto-check-trustdb\n"
                                       "trust-model always\n"
                                       "import-options self-sigs-only\n"
                                       "verify-options no-show-photos\n"
                                       "no-random-seed-file\n"
                                       "lock-never\n";

void write_settings(const std::filesystem::path& home) {
    const auto path = home / "gpg.conf";
    const auto file = sys::open_file(path, {.access = sys::Access::Write, .create = true,
                                            .exclusive = true, .mode = 0600});
    sys::write_all(file, kSettings, path.string());
}

} // namespace

void check(gpgme_error_t error, std::string_view action) {
    if (error != 0) throw Error(fmt::format("{} with gpg: {}", action, gpgme_strerror(error)));
}

void initialise() {
    static const char* const version = gpgme_check_version("1.18.0");
    if (version == nullptr) throw Error("the installed gpgme is older than 1.18");
}

Context make_private_context(const std::filesystem::path& home) {
    write_settings(home);
    initialise();
    gpgme_ctx_t raw = nullptr;
    check(gpgme_new(&raw), "start signature check");
    Context context(raw);
    check(gpgme_ctx_set_engine_info(raw, GPGME_PROTOCOL_OpenPGP, gpg_program().c_str(),
                                    home.c_str()),
          "start signature check");
    gpgme_set_offline(raw, 1);
    gpgme_set_armor(raw, 0);
    return context;
}

Data borrow(std::string_view bytes) {
    initialise();
    gpgme_data_t raw = nullptr;
    check(gpgme_data_new_from_mem(&raw, bytes.data(), bytes.size(), 0), "hold data");
    return Data(raw);
}

Data make_buffer() {
    gpgme_data_t raw = nullptr;
    check(gpgme_data_new(&raw), "hold data");
    return Data(raw);
}

} // namespace lxcpp::image::gpg
