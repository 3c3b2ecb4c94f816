// SPDX-License-Identifier: Apache-2.0
#include "cgroup/devices_bpf.h"

#include "sys/bpf.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cstddef>

namespace lxcpp {
namespace {

// Registers of the program.
constexpr std::uint8_t kResult = BPF_REG_0;
constexpr std::uint8_t kContext = BPF_REG_1; // struct bpf_cgroup_dev_ctx, later free
constexpr std::uint8_t kType = BPF_REG_2;
constexpr std::uint8_t kAccess = BPF_REG_3;
constexpr std::uint8_t kMajor = BPF_REG_4;
constexpr std::uint8_t kMinor = BPF_REG_5;
constexpr std::uint8_t kScratch = BPF_REG_1;

bpf_insn instruction(int code, std::uint8_t to, std::uint8_t from, std::int16_t offset, std::int32_t value) {
    bpf_insn result{};
    result.code = static_cast<std::uint8_t>(code);
    result.dst_reg = to & 0xf;
    result.src_reg = from & 0xf;
    result.off = offset;
    result.imm = value;
    return result;
}

bpf_insn load_field(std::uint8_t to, std::size_t offset) {
    return instruction(BPF_LDX | BPF_W | BPF_MEM, to, kContext, static_cast<std::int16_t>(offset), 0);
}

bpf_insn compute(int operation, std::uint8_t to, std::uint32_t value) {
    return instruction(BPF_ALU | operation | BPF_K, to, 0, 0, static_cast<std::int32_t>(value));
}

bpf_insn copy(std::uint8_t to, std::uint8_t from) {
    return instruction(BPF_ALU | BPF_MOV | BPF_X, to, from, 0, 0);
}

class Generator {
public:
    explicit Generator(const DevicePolicy& policy) : policy_(policy) {}

    std::vector<bpf_insn> run() {
        load_request();
        for (const DeviceRule& rule : policy_.exceptions) add_exception(rule);
        decide(policy_.allow_by_default);
        return std::move(program_);
    }

private:
    void load_request() {
        // The type is in the lower, the access in the upper half.
        program_.push_back(load_field(kType, offsetof(bpf_cgroup_dev_ctx, access_type)));
        program_.push_back(copy(kAccess, kType));
        program_.push_back(compute(BPF_AND, kType, 0xffff));
        program_.push_back(compute(BPF_RSH, kAccess, 16));
        program_.push_back(load_field(kMajor, offsetof(bpf_cgroup_dev_ctx, major)));
        program_.push_back(load_field(kMinor, offsetof(bpf_cgroup_dev_ctx, minor)));
    }

    // Conditional jumps past the rule; their distance is filled in when its end is known.
    void skip_if(int comparison, std::uint8_t value, std::uint32_t with) {
        skips_.push_back(program_.size());
        program_.push_back(
            instruction(BPF_JMP | comparison | BPF_K, value, 0, 0, static_cast<std::int32_t>(with)));
    }

    void add_exception(const DeviceRule& rule) {
        skip_if(BPF_JNE, kType, rule.type == DeviceType::Block ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR);
        if (rule.major) skip_if(BPF_JNE, kMajor, *rule.major);
        if (rule.minor) skip_if(BPF_JNE, kMinor, *rule.minor);
        check_access(rule.access);
        decide(!policy_.allow_by_default);
        for (const std::size_t skip : skips_) {
            program_[skip].off = static_cast<std::int16_t>(program_.size() - skip - 1);
        }
        skips_.clear();
    }

    void check_access(unsigned access) {
        program_.push_back(copy(kScratch, kAccess));
        if (policy_.allow_by_default) {
            program_.push_back(compute(BPF_AND, kScratch, kernel_access(access)));
            skip_if(BPF_JEQ, kScratch, 0);
        } else {
            program_.push_back(compute(BPF_AND, kScratch, ~kernel_access(access)));
            skip_if(BPF_JNE, kScratch, 0);
        }
    }

    static std::uint32_t kernel_access(unsigned access) {
        std::uint32_t bits = 0;
        if ((access & kDeviceRead) != 0) bits |= BPF_DEVCG_ACC_READ;
        if ((access & kDeviceWrite) != 0) bits |= BPF_DEVCG_ACC_WRITE;
        if ((access & kDeviceMknod) != 0) bits |= BPF_DEVCG_ACC_MKNOD;
        return bits;
    }

    void decide(bool allow) {
        program_.push_back(instruction(BPF_ALU64 | BPF_MOV | BPF_K, kResult, 0, 0, allow ? 1 : 0));
        program_.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
    }

    const DevicePolicy& policy_;
    std::vector<bpf_insn> program_;
    std::vector<std::size_t> skips_;
};

const std::filesystem::path& unified_group(std::span<const std::filesystem::path> dirs) {
    const auto group =
        std::ranges::find_if(dirs, [](const auto& dir) { return sys::exists(dir / "cgroup.controllers"); });
    if (group == dirs.end()) throw Error("device rules: the container has no cgroup v2 group");
    return *group;
}

} // namespace

std::vector<bpf_insn> compile_device_program(const DevicePolicy& policy) { return Generator(policy).run(); }

void apply_device_rules_v2(std::span<const std::filesystem::path> payload_dirs,
                           std::span<const DeviceRule> rules) {
    if (rules.empty()) return;
    const std::filesystem::path& dir = unified_group(payload_dirs);
    const Fd group = sys::open_file(dir, {.directory = true});
    const Fd program = sys::load_device_program(compile_device_program(reduce_device_rules(rules)));
    const std::vector<Fd> before = sys::device_programs(group);
    // Both hold for a moment, which only narrows what is allowed.
    sys::attach_device_program(group, program);
    for (const Fd& old : before) sys::detach_device_program(group, old);
}

} // namespace lxcpp
