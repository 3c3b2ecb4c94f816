// SPDX-License-Identifier: Apache-2.0
// The front: "lxcpp VERB ..." becomes the program lxcpp-VERB that stands beside it.
#include "base/nearest.h"
#include "common/say.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/program.h"

#include <lxcpp/error.h>
#include <lxcpp/version.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fmt/core.h>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace lxcpp;

std::filesystem::path own_folder() {
    const auto self = sys::read_link("/proc/self/exe");
    if (!self) throw Error("find lxcpp's own folder: /proc/self/exe is not readable; is /proc mounted?");
    return std::filesystem::path(*self).parent_path();
}

std::vector<std::string> verbs_in(const std::filesystem::path& folder) {
    constexpr std::string_view kPrefix = "lxcpp-";
    std::vector<std::string> verbs;
    for (const std::string& name : sys::list_dir(folder)) {
        if (name.starts_with(kPrefix)) verbs.push_back(name.substr(kPrefix.size()));
    }
    return verbs;
}

void print_usage(std::FILE* out, const std::filesystem::path& folder) {
    fmt::print(out, "Usage: lxcpp VERB [OPTIONS]\n\n"
                    "lxcpp VERB is the same as lxcpp-VERB; \"lxcpp VERB --help\" explains one. Verbs:\n");
    std::string line = " ";
    for (const std::string& verb : verbs_in(folder)) {
        if (line.size() + verb.size() > 78) {
            fmt::print(out, "{}\n", line);
            line = " ";
        }
        line += " " + verb;
    }
    fmt::print(out, "{}\n", line);
}

// A verb is part of a path: letters, digits and dashes only.
bool is_verb(std::string_view word) {
    return !word.empty() && word.front() != '-' &&
           word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

std::string unknown_verb(std::string_view verb, const std::filesystem::path& folder) {
    const auto known = verbs_in(folder);
    const auto meant = nearest(verb, known);
    return meant ? fmt::format("unknown verb '{}'; did you mean '{}'?", verb, *meant)
                 : fmt::format("unknown verb '{}'; \"lxcpp help\" lists them", verb);
}

int become(std::string_view verb, std::vector<std::string> argv) {
    const auto folder = own_folder();
    const std::string name = fmt::format("lxcpp-{}", verb);
    argv.front() = name;
    const int error = is_verb(verb) ? -sys::try_exec(folder / name, argv) : ENOENT;
    if (error == ENOENT) throw Error(unknown_verb(verb, folder));
    throw SystemError("run " + (folder / name).string(), error);
}

int run(std::vector<std::string> argv) {
    if (argv.size() < 2) {
        print_usage(stderr, own_folder());
        return 1;
    }
    const std::string verb = argv[1];
    if (verb == "help" || verb == "--help" || verb == "-h") {
        if (verb == "help" && argv.size() > 2) return become(argv[2], {"", "--help"});
        print_usage(stdout, own_folder());
        return 0;
    }
    if (verb == "--version") {
        fmt::print("{}\n", version());
        return 0;
    }
    argv.erase(argv.begin());
    return become(verb, std::move(argv));
}

} // namespace

int main(int argc, char** argv) {
    try {
        sys::fill_standard_fds();
        const int code = run({argv, argv + argc});
        if (std::fflush(stdout) != 0) throw SystemError("write to the standard output");
        return code;
    } catch (const std::exception& error) {
        tools::say("lxcpp: {}\n", error.what());
        return 1;
    }
}
