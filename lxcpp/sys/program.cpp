// SPDX-License-Identifier: Apache-2.0
#include "sys/program.h"

#include "base/error.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <sys/prctl.h>
#include <unistd.h>
#include <vector>

namespace lxcpp::sys {
namespace {

// The strings of argv and environ lie one behind the other on the stack; the end of the last one.
char* end_of_area(int argc, char** argv) {
    char* end = argv[0];
    const auto extend = [&end](char* text) {
        if (text == end) end = text + std::strlen(text) + 1;
    };
    for (int i = 0; i < argc; ++i) extend(argv[i]);
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) extend(*entry);
    return end;
}

void copy_environment() {
    std::vector<std::string> entries;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        entries.emplace_back(*entry);
    }
    ::clearenv();
    for (const std::string& entry : entries) {
        const std::size_t equals = entry.find('=');
        if (equals == std::string::npos) continue;
        if (::setenv(entry.substr(0, equals).c_str(), entry.c_str() + equals + 1, 1) != 0) {
            throw SystemError("copy the environment");
        }
    }
}

} // namespace

int try_exec(const std::filesystem::path& program, std::span<const std::string> argv) noexcept {
    try {
        std::vector<char*> pointers;
        for (const std::string& word : argv) pointers.push_back(const_cast<char*>(word.c_str()));
        pointers.push_back(nullptr);
        ::execve(program.c_str(), pointers.data(), environ);
        return -errno;
    } catch (...) {
        return -ENOMEM;
    }
}

void set_title(int argc, char** argv, std::string_view title) {
    if (argc < 1 || argv[0] == nullptr) return;
    char* const end = end_of_area(argc, argv);
    copy_environment();
    const auto room = static_cast<std::size_t>(end - argv[0]);
    const std::size_t length = std::min(title.size(), room - 1);
    std::memset(argv[0], 0, room);
    std::memcpy(argv[0], title.data(), length);
    ::prctl(PR_SET_NAME, std::string(title.substr(0, 15)).c_str());
}

void leave_terminal() {
    if (::setsid() < 0 && errno != EPERM) throw SystemError("setsid"); // EPERM: leads a group already
    if (::chdir("/") != 0) throw SystemError("chdir /");
}

} // namespace lxcpp::sys
