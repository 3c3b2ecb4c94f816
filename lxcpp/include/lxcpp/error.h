// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/export.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace lxcpp {

// Base of everything this library throws. what() is one line for the administrator: the context
// that outer layers added, outermost first, then the cause ("start c1: read config: ...").
class LXCPP_API Error : public std::runtime_error {
public:
    explicit Error(std::string message);

    // Prepends "context: " to the message; called at module borders while unwinding.
    void add_context(std::string_view context);
    [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

private:
    std::string text_;
};

// A system call or library call that failed with an errno value. The operation reads like
// "open /etc/lxcpp/default.conf"; what() appends the strerror(3) text.
class LXCPP_API SystemError : public Error {
public:
    SystemError(std::string_view operation, int error);
    // Takes the current errno.
    explicit SystemError(std::string_view operation);
    [[nodiscard]] int code() const noexcept { return code_; }

private:
    int code_;
};

// Configuration that cannot be accepted. line is 1-based, 0 when no line applies.
class LXCPP_API ConfigError : public Error {
public:
    ConfigError(std::string file, int line, std::string key, std::string_view message);
    [[nodiscard]] const std::string& file() const noexcept { return file_; }
    [[nodiscard]] int line() const noexcept { return line_; }
    [[nodiscard]] const std::string& key() const noexcept { return key_; }

private:
    std::string file_;
    int line_;
    std::string key_;
};

enum class StateProblem { NotFound, Exists, NotRunning, Running, Busy, Denied, TimedOut };

// The container is in a state in which the request makes no sense.
class LXCPP_API StateError : public Error {
public:
    StateError(StateProblem problem, std::string message);
    [[nodiscard]] StateProblem problem() const noexcept { return problem_; }

private:
    StateProblem problem_;
};

// A program inside could not be run. exit_code follows shells: 127 not found, 126 not executable.
class LXCPP_API ProgramError : public Error {
public:
    ProgramError(std::string message, int exit_code);
    [[nodiscard]] int exit_code() const noexcept { return exit_code_; }

private:
    int exit_code_;
};

} // namespace lxcpp
