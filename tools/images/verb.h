// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cli.h"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// The commands of lxcpp-image: "lxcpp-image VERB ...".
namespace lxcpp::tools::images {

// What the command line says; each verb has some of it.
struct Options {
    std::string format = "table";
    std::vector<std::string> aliases;
    std::string sha256;
    std::string distribution;
    std::string release;
    std::string variant;
    std::string architecture;
    std::string description;
    bool all = false;
    bool unused = false;
    bool dry_run = false;
    std::optional<std::uint32_t> older_than_days;
    bool no_validate = false;
    std::string server;
    bool keep_identity = false;
    std::vector<std::string> excludes;
    std::string sign;
    std::size_t keep = 3;
    std::string root_format = "tar"; // of export and server-tree
    std::string compression;
    std::string block_size;
};

struct Verb {
    std::string_view name;
    std::string_view synopsis; // after the name
    std::string_view help;
    void (*add_options)(Cli& cli, Options& options);
    // words: without the verb. Returns the exit code.
    int (*run)(const Cli& cli, const Options& options, std::span<const std::string> words);
};

// One file each.
extern const Verb kList;
extern const Verb kInfo;
extern const Verb kImport;
extern const Verb kPull;
extern const Verb kRefresh;
extern const Verb kDelete;
extern const Verb kPrune;
extern const Verb kVerify;
extern const Verb kAlias;
extern const Verb kPublish;
extern const Verb kExport;
extern const Verb kServerTree;

} // namespace lxcpp::tools::images
