// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "debian/architecture.h"
#include "debian/contained.h"
#include "debian/options.h"
#include "debian/release.h"
#include "image/progress.h"

#include "unit/image/deb_builder.h"
#include "unit/image/gpg_fixture.h"
#include "unit/image/http_server.h"

#include <ctime>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace lxcpp::debian {

struct FakePackage {
    std::string name;
    std::string fields;                                       // more of control, each with its '\n'
    std::vector<image::TarMember> files;                      // data
    std::vector<std::pair<std::string, std::string>> scripts; // control files
    std::string version = "1";
};

// A Debian mirror on the loopback interface, signed by a key of our own. Its files can be changed
// before they are served.
class FakeMirror {
public:
    explicit FakeMirror(image::Signer& signer, const image::Signer::Key& key);

    std::string suite = "stable";
    std::string codename = "testix";
    std::time_t date = std::time(nullptr) - 86400;
    std::string more_release; // further lines of Release
    std::map<std::string, std::string> files; // by path below the server's root

    void add(const FakePackage& package);
    // Writes Packages, Release and InRelease for what was added.
    void publish();
    void sign(const std::string& release, const image::Signer::Key& key);

    [[nodiscard]] std::string url() const { return server_.url("/debian"); }
    [[nodiscard]] std::string index_path() const { return "/debian/dists/" + codename + "/InRelease"; }
    [[nodiscard]] std::string packages_path() const; // by hash
    [[nodiscard]] static std::string deb_path(const std::string& name) { return "/debian/pool/" + name + ".deb"; }
    [[nodiscard]] std::vector<std::string> fetched() const;

private:
    image::Signer& signer_;
    image::Signer::Key key_;
    std::string packages_;
    image::HttpServer server_;
};

// The few packages without which nothing is a Debian.
void add_minimal_packages(FakeMirror& mirror);

// Stands for programs run in a container: knows what dpkg would write into its status file, and keeps
// what it was asked to run.
class FakeGuest {
public:
    [[nodiscard]] RunContained runner();
    std::vector<std::vector<std::string>> commands;
    std::string controls; // the first line of what debconf takes a preinst's questions to be of
    std::string failing;  // the first word of a command with this in it fails
};

} // namespace lxcpp::debian
