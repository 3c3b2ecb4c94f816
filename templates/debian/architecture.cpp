// SPDX-License-Identifier: Apache-2.0
#include "debian/architecture.h"

#include "base/strings.h"
#include "debian/probe_program.h"
#include "image/architecture.h"
#include "sys/file.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <vector>

namespace lxcpp::debian {
namespace {

using namespace std::chrono_literals;

// Those that Debian has, of image/architecture's table.
constexpr std::array<std::string_view, 8> kArchitectures{"amd64",   "arm64",   "i386",  "armhf",
                                                         "riscv64", "ppc64el", "s390x", "loong64"};

bool runs(const std::filesystem::path& program) {
    try {
        return sys::run_and_capture({.argv = {program.string()}}, 10s).status == sys::ExitStatus{};
    } catch (const SystemError&) {
        return false; // "Exec format error" says what we wanted to know
    }
}

} // namespace

std::string_view native_architecture() noexcept {
#if defined(__x86_64__)
    return "amd64";
#elif defined(__aarch64__)
    return "arm64";
#elif defined(__i386__)
    return "i386";
#elif defined(__arm__)
    return "armhf";
#elif defined(__riscv) && __riscv_xlen == 64
    return "riscv64";
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
    return "ppc64el";
#elif defined(__s390x__)
    return "s390x";
#elif defined(__loongarch64)
    return "loong64";
#else
#error "Debian's name for this architecture is not known"
#endif
}

std::string_view machine_name(std::string_view architecture) noexcept {
    const auto known = image::find_architecture(architecture);
    return known ? known->machine : architecture;
}

std::optional<std::string_view> parse_architecture(std::string_view name) noexcept {
    const auto known = image::find_architecture(name);
    if (!known) return std::nullopt;
    const auto* row = std::find(kArchitectures.begin(), kArchitectures.end(), known->debian);
    if (row == kArchitectures.end()) return std::nullopt;
    return *row;
}

std::string known_architectures() {
    return join(std::vector<std::string>(kArchitectures.begin(), kArchitectures.end()), ", ");
}

bool can_run(std::string_view architecture, const std::filesystem::path& scratch) {
    if (architecture == native_architecture()) return true;
    const auto program = probe_program(architecture);
    if (!program) return false;
    const auto path = scratch / "probe";
    sys::write_file_atomic(path, *program, 0700);
    return runs(path);
}

} // namespace lxcpp::debian
