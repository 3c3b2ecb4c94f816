// SPDX-License-Identifier: Apache-2.0
#include "debian/architecture.h"

#include "base/error.h"
#include "base/strings.h"
#include "image/architecture.h"
#include "sys/file.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace lxcpp::debian {
namespace {

using namespace std::chrono_literals;

// Those that Debian has, of image/architecture's table.
constexpr std::array<std::string_view, 8> kArchitectures{"amd64",   "arm64",   "i386",  "armhf",
                                                         "riscv64", "ppc64el", "s390x", "loong64"};

// Programs that do nothing but exit(0), for what 64 bit kernels may run beside their own, and for
// what emulators commonly stand in for.
constexpr std::array<std::uint8_t, 9> kExitI386{0xb8, 1, 0, 0, 0, 0x31, 0xdb, 0xcd, 0x80};
constexpr std::array<std::uint8_t, 12> kExitArm{0x01, 0x70, 0xa0, 0xe3, 0, 0, 0xa0, 0xe3, 0, 0, 0, 0xef};
constexpr std::array<std::uint8_t, 12> kExitArm64{0xa8, 0x0b, 0x80, 0xd2, 0, 0, 0x80, 0xd2, 0x01, 0, 0, 0xd4};

struct Probe {
    std::string_view architecture;
    bool wide; // ELF64
    std::uint8_t machine;
    std::uint32_t flags;
    std::span<const std::uint8_t> code;
};

constexpr std::uint32_t kArmEabi5 = 0x05000000;
constexpr std::array<Probe, 3> kProbes{{
    {"i386", false, 3, 0, kExitI386},
    {"armhf", false, 40, kArmEabi5, kExitArm},
    {"arm64", true, 183, 0, kExitArm64},
}};

class ElfText {
public:
    void add(std::uint64_t value, unsigned bytes) {
        for (unsigned i = 0; i < bytes; ++i) text_ += static_cast<char>(i < sizeof value ? value >> (8 * i) : 0);
    }
    void add(std::span<const std::uint8_t> bytes) {
        for (const std::uint8_t byte : bytes) text_ += static_cast<char>(byte);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

// elf(5): a header and one segment that is the whole file.
std::string make_program(const Probe& probe) {
    constexpr std::uint64_t kBase = 0x10000;
    const unsigned word = probe.wide ? 8 : 4;
    const unsigned header = probe.wide ? 64 : 52;
    const unsigned entry_size = probe.wide ? 56 : 32;
    const std::uint64_t size = header + entry_size + probe.code.size();
    constexpr std::array<std::uint8_t, 4> kMagic{0x7f, 'E', 'L', 'F'};
    ElfText elf;
    elf.add(kMagic);
    elf.add(probe.wide ? 2 : 1, 1);
    elf.add(1, 1); // little endian
    elf.add(1, 1);
    elf.add(0, 9);
    elf.add(2, 2); // ET_EXEC
    elf.add(probe.machine, 2);
    elf.add(1, 4);
    elf.add(kBase + header + entry_size, word);
    elf.add(header, word); // program headers
    elf.add(0, word);
    elf.add(probe.flags, 4);
    elf.add(header, 2);
    elf.add(entry_size, 2);
    elf.add(1, 2);
    elf.add(0, 6);
    elf.add(1, 4); // PT_LOAD
    if (probe.wide) elf.add(5, 4); // read, execute
    elf.add(0, word);
    elf.add(kBase, word);
    elf.add(kBase, word);
    elf.add(size, word);
    elf.add(size, word);
    if (!probe.wide) elf.add(5, 4);
    elf.add(0x1000, word);
    elf.add(probe.code);
    return elf.take();
}

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
    for (const Probe& probe : kProbes) {
        if (probe.architecture != architecture) continue;
        const auto program = scratch / "probe";
        sys::write_file_atomic(program, make_program(probe), 0700);
        return runs(program);
    }
    return false;
}

} // namespace lxcpp::debian
