// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "security/seccomp_policy.h"

#include <array>
#include <string_view>

// The words of a profile file.
namespace lxcpp {

struct SeccompArchName {
    std::string_view name; // lower case; the file may also have it in upper case
    SeccompArch arch;
};

// The first name of an architecture is the one that is printed.
inline constexpr std::array kSeccompArchNames = {
    SeccompArchName{"all", SeccompArch::All},
    SeccompArchName{"x86_64", SeccompArch::X86_64},
    SeccompArchName{"x86", SeccompArch::X86},
    SeccompArchName{"x32", SeccompArch::X32},
    SeccompArchName{"arm64", SeccompArch::Arm64},
    SeccompArchName{"aarch64", SeccompArch::Arm64},
    SeccompArchName{"arm", SeccompArch::Arm},
    SeccompArchName{"ppc64le", SeccompArch::Ppc64le},
    SeccompArchName{"ppc64", SeccompArch::Ppc64},
    SeccompArchName{"ppc", SeccompArch::Ppc},
    SeccompArchName{"mips64", SeccompArch::Mips64},
    SeccompArchName{"mips64n32", SeccompArch::Mips64n32},
    SeccompArchName{"mips", SeccompArch::Mips},
    SeccompArchName{"mipsel64", SeccompArch::Mipsel64},
    SeccompArchName{"mipsel64n32", SeccompArch::Mipsel64n32},
    SeccompArchName{"mipsel", SeccompArch::Mipsel},
    SeccompArchName{"s390x", SeccompArch::S390x},
    SeccompArchName{"s390", SeccompArch::S390},
    SeccompArchName{"riscv64", SeccompArch::Riscv64},
    SeccompArchName{"loongarch64", SeccompArch::Loongarch64},
};

struct SeccompOpName {
    std::string_view name;
    std::string_view symbol;
    SeccompOp op;
};

inline constexpr std::array kSeccompOpNames = {
    SeccompOpName{"SCMP_CMP_NE", "!=", SeccompOp::NotEqual},
    SeccompOpName{"SCMP_CMP_LT", "<", SeccompOp::Less},
    SeccompOpName{"SCMP_CMP_LE", "<=", SeccompOp::LessEqual},
    SeccompOpName{"SCMP_CMP_EQ", "==", SeccompOp::Equal},
    SeccompOpName{"SCMP_CMP_GE", ">=", SeccompOp::GreaterEqual},
    SeccompOpName{"SCMP_CMP_GT", ">", SeccompOp::Greater},
    SeccompOpName{"SCMP_CMP_MASKED_EQ", "&=", SeccompOp::MaskedEqual},
};

} // namespace lxcpp
