// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

// Keys of recipes that distrobuilder does not have.
namespace lxcpp::distro {

// What the image's configuration says when it is written as an OCI image.
struct OciTarget {
    std::vector<std::string> entrypoint;
    std::vector<std::string> cmd;
    std::vector<std::string> env;
    std::string user;
    std::string working_dir;
    std::map<std::string, std::string> labels;

    static void fields(auto&& visit, auto& self) {
        visit("entrypoint", self.entrypoint);
        visit("cmd", self.cmd);
        visit("env", self.env);
        visit("user", self.user);
        visit("working_dir", self.working_dir);
        visit("labels", self.labels);
    }
    bool operator==(const OciTarget&) const = default;
};

// The images that build --all makes, each combination but the excluded ones. Empty lists stand for what the
// recipe or -o says.
struct MatrixPoint {
    std::string release;
    std::string architecture;
    std::string variant;

    static void fields(auto&& visit, auto& self) {
        visit("release", self.release);
        visit("architecture", self.architecture);
        visit("variant", self.variant);
    }
    bool operator==(const MatrixPoint&) const = default;
};

struct Matrix {
    std::vector<std::string> releases;
    std::vector<std::string> architectures;
    std::vector<std::string> variants;
    std::vector<MatrixPoint> exclude; // what is empty in a point fits all

    static void fields(auto&& visit, auto& self) {
        visit("releases", self.releases);
        visit("architectures", self.architectures);
        visit("variants", self.variants);
        visit("exclude", self.exclude);
    }
    bool operator==(const Matrix&) const = default;
};

// What the build itself does beyond the recipe.
struct Build {
    // Without the drop-ins that let units of systemd run without privileges, which distrobuilder always writes.
    bool skip_systemd_generator = false;
    std::vector<std::string> template_files; // what {% include %} may read, beside the recipe

    static void fields(auto&& visit, auto& self) {
        visit("skip_systemd_generator", self.skip_systemd_generator);
        visit("template_files", self.template_files);
    }
    bool operator==(const Build&) const = default;
};

} // namespace lxcpp::distro
