// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/file.h"
#include "sys/pipe.h"
#include "sys/spawn.h"
#include "sys/temp_dir.h"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace lxcpp::distro {

// Files served by https on the loopback interface, by a server whose certificate this process
// trusts as long as it lives.
class TlsServer {
public:
    TlsServer() : dir_("/tmp", "lxcpp-tls-") {
        if (!sys::exists("/usr/bin/openssl") || !sys::exists("/usr/bin/python3")) return;
        sys::make_dirs(folder());
        const auto made = sys::run_and_capture(
            {.argv = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                      "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path("key"), "-out",
                      path("certificate"), "-days", "2", "-subj", "/CN=lxcpp test", "-addext",
                      "subjectAltName=IP:127.0.0.1"},
             .program = "/usr/bin/openssl"},
            std::chrono::seconds(60));
        if (made.status != sys::ExitStatus{})
            throw std::runtime_error("openssl makes no certificate: " + made.output);
        sys::Pipe port = sys::make_pipe();
        // Python by its whole path: it looks for its library by that, and another Python may stand
        // first in PATH.
        server_.emplace(
            sys::spawn({.argv = {"/usr/bin/python3", LXCPP_TEST_SOURCE_DIR "/support/web_server.py",
                                 folder().string(), "/dev/fd/3", path("certificate"), path("key")},
                        .extra_fds = {{port.write, 3}},
                        .die_with_parent = true}));
        port.write.reset();
        std::array<char, 16> text{}; // comes when the server listens, or nothing when it ends
        if (::read(port.read.raw(), text.data(), text.size() - 1) <= 0)
            throw std::runtime_error(
                "the https server does not start; what it printed stands above");
        port_ = std::to_string(std::atoi(text.data()));
        ::setenv("CURL_CA_BUNDLE", path("certificate").c_str(), 1);
    }
    ~TlsServer() { ::unsetenv("CURL_CA_BUNDLE"); }

    // openssl and python3 are there.
    [[nodiscard]] bool runs() const noexcept { return !port_.empty(); }
    [[nodiscard]] std::string host() const { return "127.0.0.1:" + port_; }
    [[nodiscard]] std::string url(const std::string& name) const {
        return "https://" + host() + "/" + name;
    }
    void put(const std::string& name, const std::string& text) const {
        sys::make_dirs((folder() / name).parent_path());
        sys::write_file_atomic(folder() / name, text);
    }

private:
    [[nodiscard]] std::filesystem::path folder() const { return dir_.path() / "www"; }
    [[nodiscard]] std::string path(const std::string& name) const {
        return (dir_.path() / name).string();
    }

    sys::TempDir dir_;
    std::optional<sys::Child> server_;
    std::string port_;
};

} // namespace lxcpp::distro
