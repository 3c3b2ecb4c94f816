// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sys/file.h"
#include "sys/spawn.h"
#include "sys/temp_dir.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <sys/stat.h>

namespace lxcpp::distro {

// Files served by https on the loopback interface, by a server whose certificate this process trusts as long as it lives.
class TlsServer {
public:
    TlsServer() : dir_("/tmp", "lxcpp-tls-") {
        if (!sys::exists("/usr/bin/openssl") || !sys::exists("/usr/bin/python3")) return;
        sys::make_dirs(folder());
        const auto made = sys::run_and_capture({.argv = {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path("key"), "-out", path("certificate"),
                                                         "-days", "2", "-subj", "/CN=lxcpp test", "-addext", "subjectAltName=IP:127.0.0.1"},
                                                .program = "/usr/bin/openssl"},
                                               std::chrono::seconds(60));
        if (made.status != sys::ExitStatus{} || ::mkfifo(path("port").c_str(), 0600) != 0) return;
        server_.emplace(sys::spawn({.argv = {"python3", LXCPP_TEST_SOURCE_DIR "/support/web_server.py", folder().string(), path("port"), path("certificate"), path("key")},
                                    .program = "/usr/bin/python3",
                                    .die_with_parent = true}));
        std::ifstream(path("port")) >> port_; // waits for the server
        ::setenv("CURL_CA_BUNDLE", path("certificate").c_str(), 1);
    }
    ~TlsServer() { ::unsetenv("CURL_CA_BUNDLE"); }

    // openssl and python3 are there.
    [[nodiscard]] bool runs() const noexcept { return !port_.empty(); }
    [[nodiscard]] std::string host() const { return "127.0.0.1:" + port_; }
    [[nodiscard]] std::string url(const std::string& name) const { return "https://" + host() + "/" + name; }
    void put(const std::string& name, const std::string& text) const {
        sys::make_dirs((folder() / name).parent_path());
        sys::write_file_atomic(folder() / name, text);
    }

private:
    [[nodiscard]] std::filesystem::path folder() const { return dir_.path() / "www"; }
    [[nodiscard]] std::string path(const std::string& name) const { return (dir_.path() / name).string(); }

    sys::TempDir dir_;
    std::optional<sys::Child> server_;
    std::string port_;
};

} // namespace lxcpp::distro
