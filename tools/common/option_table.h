// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp::tools {

// The options of one program, read by the rules of getopt_long(3) as LXC's tools read them: options may follow
// words, long names may be shortened, "--" ends the options, short ones may stand together ("-Hs").
class OptionTable {
public:
    using Take = std::function<void(const std::string& value)>; // throws Error for a bad value
    enum class Value { None, Needed, Attached };                // Attached: optional, as in "-eCAP" or "--elevated=CAP"

    // names: "-n,--name", "-f" or "--dir". An option of the same long name is replaced, one
    // with the same letter loses it.
    void add(const std::string& names, Value value, const std::string& help, Take take);

    // Options are taken in the order of the command line; returns the words that are none. nullopt = the line is
    // wrong, and standard error says how.
    [[nodiscard]] std::optional<std::vector<std::string>> parse(const std::string& program, int argc, char** argv) const;

    // "  -n, --name=NAME      help", one line an option.
    [[nodiscard]] std::string help() const;

private:
    struct Option {
        std::string letters; // the first one is shown
        std::string name;    // may be empty
        Value value;
        std::string help;
        Take take;
    };
    [[nodiscard]] std::string short_options() const;
    [[nodiscard]] const Option* chosen(int code) const;

    std::vector<Option> options_;
};

// From the text of a command line; throw Error.
void convert(const std::string& text, std::string& target);
void convert(const std::string& text, int& target);
void convert(const std::string& text, std::size_t& target);
void convert(const std::string& text, std::optional<std::uint32_t>& target);
void convert(const std::string& text, std::optional<std::string>& target);
void convert(const std::string& text, std::vector<std::string>& target); // one more

} // namespace lxcpp::tools
