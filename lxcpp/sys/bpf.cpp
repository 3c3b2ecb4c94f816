// SPDX-License-Identifier: Apache-2.0
#include "sys/bpf.h"

#include <lxcpp/error.h>

#include <array>
#include <cstdint>
#include <sys/syscall.h>
#include <unistd.h>

namespace lxcpp::sys {
namespace {

long bpf(bpf_cmd command, bpf_attr& attributes) noexcept {
    return ::syscall(SYS_bpf, command, &attributes, sizeof attributes);
}

std::uint64_t address(const void* pointer) noexcept { return reinterpret_cast<std::uintptr_t>(pointer); }

bpf_attr attachment(FdRef cgroup, FdRef program) noexcept {
    bpf_attr attributes{};
    attributes.target_fd = static_cast<std::uint32_t>(cgroup.raw());
    attributes.attach_bpf_fd = static_cast<std::uint32_t>(program.raw());
    attributes.attach_type = BPF_CGROUP_DEVICE;
    return attributes;
}

} // namespace

Fd load_device_program(std::span<const bpf_insn> program) {
    bpf_attr attributes{};
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.insns = address(program.data());
    attributes.insn_cnt = static_cast<std::uint32_t>(program.size());
    attributes.license = address("Apache-2.0");
    Fd fd(static_cast<int>(bpf(BPF_PROG_LOAD, attributes))); // close-on-exec by itself
    if (!fd.valid()) throw SystemError("load the BPF program for device access");
    return fd;
}

std::vector<Fd> device_programs(FdRef cgroup) {
    std::array<std::uint32_t, 64> ids{}; // the kernel's own limit for a group
    bpf_attr query{};
    query.query.target_fd = static_cast<std::uint32_t>(cgroup.raw());
    query.query.attach_type = BPF_CGROUP_DEVICE;
    query.query.prog_ids = address(ids.data());
    query.query.prog_cnt = ids.size();
    if (bpf(BPF_PROG_QUERY, query) != 0) throw SystemError("list the BPF programs of a cgroup");
    std::vector<Fd> programs;
    for (std::uint32_t i = 0; i < query.query.prog_cnt; ++i) {
        bpf_attr attributes{};
        attributes.prog_id = ids[i];
        Fd fd(static_cast<int>(bpf(BPF_PROG_GET_FD_BY_ID, attributes)));
        if (!fd.valid()) throw SystemError("open an attached BPF program");
        programs.push_back(std::move(fd));
    }
    return programs;
}

void attach_device_program(FdRef cgroup, FdRef program) {
    bpf_attr attributes = attachment(cgroup, program);
    attributes.attach_flags = BPF_F_ALLOW_MULTI;
    if (bpf(BPF_PROG_ATTACH, attributes) != 0) throw SystemError("attach the BPF program for device access");
}

void detach_device_program(FdRef cgroup, FdRef program) {
    bpf_attr attributes = attachment(cgroup, program);
    if (bpf(BPF_PROG_DETACH, attributes) != 0) throw SystemError("detach the BPF program for device access");
}

} // namespace lxcpp::sys
