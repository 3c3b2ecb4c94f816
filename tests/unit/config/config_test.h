// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/item.h"
#include "config/load.h"

#include <lxcpp/error.h>

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "sys/file.h"
#include "sys/temp_dir.h"

namespace lxcpp::test {

// A directory of configuration files that goes away with the test.
class ConfigDir {
public:
    ConfigDir() : dir_(std::filesystem::temp_directory_path(), "lxcpp-config-") {}

    std::filesystem::path write(const std::string& name, std::string_view text) const {
        const auto path = dir_.path() / name;
        std::filesystem::create_directories(path.parent_path());
        sys::write_file_atomic(path, text);
        return path;
    }
    [[nodiscard]] std::filesystem::path path() const { return dir_.path(); }
    // The start of every message about a file here.
    [[nodiscard]] std::string at(const std::string& name) const {
        return (dir_.path() / name).string();
    }

private:
    sys::TempDir dir_;
};

inline Config parse(std::string_view text) {
    return load_config_text(text, "test.conf").config;
}

// The message of the Error that body throws; "" when it throws none.
template <typename Body>
std::string error_of(Body&& body) {
    try {
        body();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

inline std::string parse_error(std::string_view text) {
    return error_of([&] { (void)parse(text); });
}

} // namespace lxcpp::test
