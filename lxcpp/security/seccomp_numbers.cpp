// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_numbers.h"

#include "base/strings.h"
#include "security/seccomp_bpf.h"
#include "security/seccomp_tree.h"

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <seccomp.h>
#include <string_view>
#include <sys/syscall.h>

namespace lxcpp {
namespace {

// Calls that 32-bit ABIs had only inside socketcall(2) and ipc(2): libseccomp does not tell their
// own numbers there. The first is the number of i386, the second that of the ABI we are built for.
struct OwnNumber {
    std::string_view name;
    int i386;
    long native;
};
#if defined(__NR_socket) && defined(__NR_semget)
#define LXCPP_CALL(name, i386) OwnNumber{#name, i386, __NR_##name}
#else
#define LXCPP_CALL(name, i386) OwnNumber{#name, i386, -1}
#endif
constexpr OwnNumber kOwnNumbers[] = {
    LXCPP_CALL(socket, 359),      LXCPP_CALL(socketpair, 360),  LXCPP_CALL(bind, 361),
    LXCPP_CALL(connect, 362),     LXCPP_CALL(listen, 363),      LXCPP_CALL(accept4, 364),
    LXCPP_CALL(getsockopt, 365),  LXCPP_CALL(setsockopt, 366),  LXCPP_CALL(getsockname, 367),
    LXCPP_CALL(getpeername, 368), LXCPP_CALL(sendto, 369),      LXCPP_CALL(sendmsg, 370),
    LXCPP_CALL(recvfrom, 371),    LXCPP_CALL(recvmsg, 372),     LXCPP_CALL(shutdown, 373),
    LXCPP_CALL(recvmmsg, 337),    LXCPP_CALL(sendmmsg, 345),    LXCPP_CALL(semget, 393),
    LXCPP_CALL(semctl, 394),      LXCPP_CALL(shmget, 395),      LXCPP_CALL(shmctl, 396),
    LXCPP_CALL(shmat, 397),       LXCPP_CALL(shmdt, 398),       LXCPP_CALL(msgget, 399),
    LXCPP_CALL(msgsnd, 400),      LXCPP_CALL(msgrcv, 401),      LXCPP_CALL(msgctl, 402),
};
#undef LXCPP_CALL

constexpr std::uint32_t kFirstCommonNumber = 424; // from here on a call has one number everywhere

bool has_native_numbers(SeccompArch arch, std::uint32_t token) {
    return token == seccomp_arch_native() || arch == SeccompArch::S390 || arch == SeccompArch::Ppc;
}

std::optional<std::uint32_t> own_number(const std::string& name, SeccompArch arch, std::uint32_t token) {
    const auto row = std::ranges::find(kOwnNumbers, name, &OwnNumber::name);
    if (row == std::end(kOwnNumbers)) return std::nullopt;
    if (arch == SeccompArch::X86) return static_cast<std::uint32_t>(row->i386);
    if (!has_native_numbers(arch, token) || row->native < 0) return std::nullopt;
    return static_cast<std::uint32_t>(row->native);
}

// libseccomp's numbers for calls that an ABI lacks are negative: -100 - N is socketcall's N, -200 - N ipc's.
std::optional<SeccompMultiplexer> multiplexer(int number, std::uint32_t token) {
    const bool socket = number < -100 && number >= -120;
    const bool ipc = number < -200 && number >= -224;
    if (!socket && !ipc) return std::nullopt;
    const int all = seccomp_syscall_resolve_name_arch(token, socket ? "socketcall" : "ipc");
    if (all < 0) return std::nullopt;
    // ipc(2) has a version above its 16 bits.
    return SeccompMultiplexer{static_cast<std::uint32_t>(all), socket ? 0xffffffff : 0xffff,
                              static_cast<std::uint32_t>(-number % 100)};
}

std::optional<SeccompNumbers> numbers_of_name(const std::string& name, SeccompArch arch) {
    const std::uint32_t token = seccomp_arch_token(arch);
    const int number = seccomp_syscall_resolve_name_arch(token, name.c_str());
    if (number == __NR_SCMP_ERROR) return std::nullopt;
    if (number >= 0) return SeccompNumbers{static_cast<std::uint32_t>(number), std::nullopt};
    return SeccompNumbers{own_number(name, arch, token), multiplexer(number, token)};
}

std::optional<SeccompNumbers> numbers_of_number(std::uint64_t number, SeccompArch arch) {
    if (number >= kFirstX32) return std::nullopt;
    const auto same = static_cast<std::uint32_t>(number);
    if (seccomp_arch_token(arch) == seccomp_arch_native()) return SeccompNumbers{same, std::nullopt};
    const std::unique_ptr<char, decltype(&std::free)> name(
        seccomp_syscall_resolve_num_arch(seccomp_arch_native(), static_cast<int>(number)), &std::free);
    if (name) return numbers_of_name(name.get(), arch);
    if (same < kFirstCommonNumber) return SeccompNumbers{};
    return SeccompNumbers{arch == SeccompArch::X32 ? same | kFirstX32 : same, std::nullopt};
}

} // namespace

std::optional<SeccompNumbers> seccomp_numbers(const std::string& name, SeccompArch arch) {
    const auto number = parse_u64(name);
    return number ? numbers_of_number(*number, arch) : numbers_of_name(name, arch);
}

} // namespace lxcpp
