// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cerrno>
#include <cstring>

namespace lxcpp {
namespace {

std::string system_text(std::string_view operation, int error) {
    std::string text(operation);
    text += ": ";
    text += ::strerror(error);
    return text;
}

std::string config_text(const std::string& file, int line, const std::string& key,
                        std::string_view message) {
    std::string text = file;
    if (line > 0) text += ':' + std::to_string(line);
    if (!text.empty()) text += ": ";
    if (!key.empty()) text += key + ": ";
    text += message;
    return text;
}

} // namespace

Error::Error(std::string message) : std::runtime_error(message), text_(std::move(message)) {}

void Error::add_context(std::string_view context) {
    text_.insert(0, std::string(context) + ": ");
}

SystemError::SystemError(std::string_view operation, int error)
    : Error(system_text(operation, error)), code_(error) {}

SystemError::SystemError(std::string_view operation) : SystemError(operation, errno) {}

ConfigError::ConfigError(std::string file, int line, std::string key, std::string_view message)
    : Error(config_text(file, line, key, message)), file_(std::move(file)), line_(line),
      key_(std::move(key)) {}

StateError::StateError(StateProblem problem, std::string message)
    : Error(std::move(message)), problem_(problem) {}

ProgramError::ProgramError(std::string message, int exit_code)
    : Error(std::move(message)), exit_code_(exit_code) {}

} // namespace lxcpp
