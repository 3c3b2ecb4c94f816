// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/option_table.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::tools {

// Without it memory that is refused before run_tool(), or while an error is told, would end a tool with a core dump.
struct TellsOutOfMemory {
    TellsOutOfMemory() noexcept;
};

// The command line that all tools share, as LXC's tools have it: -n/--name or the name as first word,
// -P/--lxcpath, -o/--logfile, -l/--logpriority, -q/--quiet, --rcfile, --version, --usage, -h/-?/--help.
class Cli {
public:
    enum class Name { Required, None };

    // synopsis follows the program's name in usage lines: "--name=NAME [-- COMMAND]".
    Cli(std::string_view program, std::string_view description, std::string_view synopsis, Name name = Name::Required);

    // names: "-f,--rcfile". One that has the long name of a shared option takes its place.
    void flag(const std::string& names, bool& target, const std::string& help);
    template <typename Value>
    void option(const std::string& names, Value& target, const std::string& help) {
        table_.add(names, OptionTable::Value::Needed, help, [&target](const std::string& text) { convert(text, target); });
    }
    // An option whose value is optional and attached: "-e", "-eCAP", "--elevated-privileges=CAP". Without one the
    // target becomes standing.
    void optional_value(const std::string& names, std::string& target, const std::string& standing,
                        const std::string& help);
    // Called after the help is printed, for what a program knows about other programs' options.
    void more_help(std::function<void()> print) { more_help_ = std::move(print); }

    [[nodiscard]] const std::string& program() const noexcept { return program_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const std::string& lxcpath() const noexcept { return lxcpath_; }
    [[nodiscard]] const std::string& rcfile() const noexcept { return rcfile_; }
    [[nodiscard]] const std::string& log_level() const noexcept { return log_level_; }
    [[nodiscard]] bool quiet() const noexcept { return quiet_; }
    // Words that are no options, without the name.
    [[nodiscard]] const std::vector<std::string>& words() const noexcept { return words_; }

    void print_help() const;

    // What main() returns when the command line alone settles it (help, version, an error).
    [[nodiscard]] std::optional<int> parse(int argc, char** argv);

private:
    [[nodiscard]] std::optional<int> take_name();
    [[nodiscard]] std::optional<int> settled_by_options();
    [[nodiscard]] std::optional<int> open_log() const;
    void print_usage() const;
    void take_lxcpath(const std::string& text);
    void check_rcfile() const;

    TellsOutOfMemory before_all_else_;
    std::string program_;
    std::string description_;
    std::string synopsis_;
    Name wants_name_;
    OptionTable table_;
    std::function<void()> more_help_;
    std::string name_;
    std::string lxcpath_;
    std::string rcfile_;
    std::string log_file_;
    std::string log_level_;
    bool quiet_ = false;
    bool help_ = false;
    bool usage_ = false;
    bool version_ = false;
    std::vector<std::string> words_;
};

// The one place where errors end: "lxcpp-start: c1: message" on standard error and exit code 1, or what
// on_state returns for a StateError. body's result is the exit code.
int run_tool(Cli& cli, int argc, char** argv, const std::function<int(Cli&)>& body);

// "-t 5": whole seconds, -1 = for ever. Throws Error.
[[nodiscard]] std::optional<std::chrono::seconds> parse_timeout(const std::string& text);

// For CreateOptions::note and its like: prints "program: name: line" on standard error, or nothing with -q.
[[nodiscard]] std::function<void(const std::string&)> note_printer(const Cli& cli);

} // namespace lxcpp::tools
