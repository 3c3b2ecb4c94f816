// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/cli.h"

#include <lxcpp/manager.h>

#include <string>
#include <vector>

namespace lxcpp::tools {

// Which containers lxcpp-ls shows.
class ListFilter {
public:
    void add_options(Cli& cli);
    void finish(const Cli& cli); // throws Error for a bad expression
    [[nodiscard]] ListColumns needs() const;
    // One inside another ("outer/inner", after it) is matched by its own name, and goes when the outer one goes.
    void apply(std::vector<ListEntry>& entries) const;

private:
    [[nodiscard]] bool matches(const ListEntry& entry) const;
    void match_names(std::vector<ListEntry>& entries) const;
    [[nodiscard]] bool state_matches(const ListEntry& entry) const;

    bool active_ = false;
    bool running_ = false;
    bool frozen_ = false;
    bool stopped_ = false;
    bool defined_ = false;
    std::string groups_;
    std::string expression_;
};

// "a,b" at commas, without empty parts.
[[nodiscard]] std::vector<std::string> split_list(const std::string& text);

} // namespace lxcpp::tools
