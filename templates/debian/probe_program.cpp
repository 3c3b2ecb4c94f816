// SPDX-License-Identifier: Apache-2.0
#include "debian/probe_program.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

namespace lxcpp::debian {
namespace {

constexpr std::array<std::uint8_t, 9> kExitAmd64{0x31, 0xff, 0xb8, 0x3c, 0, 0, 0, 0x0f, 0x05};
constexpr std::array<std::uint8_t, 9> kExitI386{0xb8, 1, 0, 0, 0, 0x31, 0xdb, 0xcd, 0x80};
constexpr std::array<std::uint8_t, 12> kExitArm{0x01, 0x70, 0xa0, 0xe3, 0, 0,
                                                0xa0, 0xe3, 0,    0,    0, 0xef};
constexpr std::array<std::uint8_t, 12> kExitArm64{0xa8, 0x0b, 0x80, 0xd2, 0, 0,
                                                  0x80, 0xd2, 0x01, 0,    0, 0xd4};
constexpr std::array<std::uint8_t, 12> kExitRiscv{0x93, 0x08, 0xd0, 0x05, 0x13, 0x05,
                                                  0,    0,    0x73, 0,    0,    0};
constexpr std::array<std::uint8_t, 12> kExitPowerLittle{0x01, 0,    0,    0x38, 0, 0,
                                                        0x60, 0x38, 0x02, 0,    0, 0x44};
constexpr std::array<std::uint8_t, 6> kExitS390{0xa7, 0x29, 0, 0, 0x0a, 0x01};
constexpr std::array<std::uint8_t, 12> kExitLoong{0x0b, 0x74, 0x81, 0x03, 0x04, 0,
                                                  0x80, 0x03, 0,    0,    0x2b, 0};

struct Probe {
    std::string_view architecture;
    bool wide; // ELF64
    bool big;  // the most significant byte first
    std::uint16_t machine;
    std::uint32_t flags;
    std::span<const std::uint8_t> code;
};

constexpr std::uint32_t kArmEabi5 = 0x05000000;
constexpr std::uint32_t kPowerAbi2 = 2;
constexpr std::uint32_t kLoongDouble = 0x43;
constexpr std::array<Probe, 9> kProbes{{
    {"amd64", true, false, 62, 0, kExitAmd64},
    {"i386", false, false, 3, 0, kExitI386},
    {"armhf", false, false, 40, kArmEabi5, kExitArm},
    {"armel", false, false, 40, kArmEabi5, kExitArm},
    {"arm64", true, false, 183, 0, kExitArm64},
    {"riscv64", true, false, 243, 0, kExitRiscv},
    {"ppc64el", true, false, 21, kPowerAbi2, kExitPowerLittle},
    {"s390x", true, true, 22, 0, kExitS390},
    {"loong64", true, false, 258, kLoongDouble, kExitLoong},
}};

class ElfText {
public:
    explicit ElfText(bool big) : big_(big) {}
    void add(std::uint64_t value, unsigned bytes) {
        for (unsigned i = 0; i < bytes; ++i) {
            const unsigned place = big_ ? bytes - 1 - i : i;
            text_ += static_cast<char>(place < sizeof value ? value >> (8 * place) : 0);
        }
    }
    void add(std::span<const std::uint8_t> bytes) {
        for (const std::uint8_t byte : bytes) text_ += static_cast<char>(byte);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    bool big_;
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
    ElfText elf(probe.big);
    elf.add(kMagic);
    elf.add(probe.wide ? 2 : 1, 1);
    elf.add(probe.big ? 2 : 1, 1);
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
    elf.add(1, 4);                 // PT_LOAD
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

} // namespace

std::optional<std::string> probe_program(std::string_view architecture) {
    const auto* probe = std::ranges::find(kProbes, architecture, &Probe::architecture);
    if (probe == kProbes.end()) return std::nullopt;
    return make_program(*probe);
}

} // namespace lxcpp::debian
