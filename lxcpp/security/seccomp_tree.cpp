// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_tree.h"

#include <lxcpp/error.h>

#include <bit>
#include <cstddef>
#include <linux/seccomp.h>

namespace lxcpp {
namespace {

using Code = std::vector<sock_filter>;

constexpr std::uint32_t kSkipped = 0xffffffff; // what a tracer writes over a call that it cancels
constexpr std::uint32_t kWholeHalf = 0xffffffff;
constexpr std::size_t kLongestBranch = 255;

sock_filter statement(int code, std::uint32_t value) { return BPF_STMT(static_cast<std::uint16_t>(code), value); }

sock_filter branch(int comparison, std::uint32_t value, std::size_t yes, std::size_t no) {
    return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), value, static_cast<std::uint8_t>(yes),
                    static_cast<std::uint8_t>(no));
}

sock_filter load(std::size_t offset) {
    return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}

sock_filter give(std::uint32_t result) { return statement(BPF_RET | BPF_K, result); }

void append(Code& code, const Code& more) { code.insert(code.end(), more.begin(), more.end()); }

std::size_t offset_of(unsigned argument, bool upper) {
    const bool second = upper == (std::endian::native == std::endian::little);
    return offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t) + (second ? sizeof(std::uint32_t) : 0);
}

// when is entered if the comparison holds, else the code after it runs.
void enter_if(Code& code, int comparison, std::uint32_t value, const Code& when) {
    if (when.size() <= kLongestBranch) {
        code.push_back(branch(comparison, value, 0, when.size()));
    } else {
        code.push_back(branch(comparison, value, 1, 0));
        code.push_back(statement(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(when.size())));
    }
    append(code, when);
}

// Where a branch of a test goes, before it is known how far that is.
constexpr std::uint8_t kHolds = 254;
constexpr std::uint8_t kFails = 255;
constexpr std::size_t kMostTests = 16; // they stay within a branch

void aim(Code& code, std::size_t first, std::uint8_t mark) { // at what comes next
    for (std::size_t at = first; at < code.size(); ++at) {
        sock_filter& one = code[at];
        if (BPF_CLASS(one.code) != BPF_JMP) continue;
        const auto distance = static_cast<std::uint8_t>(code.size() - at - 1);
        if (one.jt == mark) one.jt = distance;
        if (one.jf == mark) one.jf = distance;
    }
}

struct Comparison { // as BPF has it
    int branch;
    bool negated;
};

Comparison comparison_of(SeccompOp op) {
    switch (op) {
    case SeccompOp::Equal:
    case SeccompOp::MaskedEqual: return {BPF_JEQ, false};
    case SeccompOp::NotEqual: return {BPF_JEQ, true};
    case SeccompOp::Greater: return {BPF_JGT, false};
    case SeccompOp::LessEqual: return {BPF_JGT, true};
    case SeccompOp::GreaterEqual: return {BPF_JGE, false};
    case SeccompOp::Less: return {BPF_JGE, true};
    }
    return {BPF_JEQ, false};
}

void load_half(Code& code, const SeccompTest& test, bool upper) {
    code.push_back(load(offset_of(test.argument, upper)));
    const auto mask = static_cast<std::uint32_t>(upper ? test.mask >> 32 : test.mask);
    if (mask != kWholeHalf) code.push_back(statement(BPF_ALU | BPF_AND | BPF_K, mask));
}

void add_test(Code& code, const SeccompTest& test) {
    const auto [comparison, negated] = comparison_of(test.op);
    const std::uint8_t yes = negated ? kFails : kHolds;
    const std::uint8_t no = negated ? kHolds : kFails;
    if (test.wide && test.mask >> 32 != 0) {
        const auto upper = static_cast<std::uint32_t>(test.value >> 32);
        load_half(code, test, true);
        if (comparison != BPF_JEQ) code.push_back(branch(BPF_JGT, upper, yes, 0));
        code.push_back(branch(BPF_JEQ, upper, 0, no)); // the lower half decides
    }
    load_half(code, test, false);
    code.push_back(branch(comparison, static_cast<std::uint32_t>(test.value), yes, no));
}

void add_case(Code& code, const SeccompCase& wanted) {
    if (wanted.tests.size() > kMostTests) throw Error("seccomp: a rule has too many comparisons");
    const std::size_t start = code.size();
    for (const SeccompTest& test : wanted.tests) {
        const std::size_t first = code.size();
        add_test(code, test);
        aim(code, first, kHolds);
    }
    code.push_back(give(wanted.result));
    aim(code, start, kFails);
}

Code code_of(const SeccompCases& cases, std::uint32_t otherwise) {
    Code code;
    for (const SeccompCase& one : cases) {
        add_case(code, one);
        if (one.tests.empty()) return code;
    }
    code.push_back(give(otherwise));
    return code;
}

struct Range { // up to the next one's first
    std::uint32_t first;
    SeccompCases cases;
};

class Ranges {
public:
    void add(std::uint32_t first, const SeccompCases& cases) {
        if (list_.empty() || list_.back().cases != cases) list_.push_back({first, cases});
    }
    [[nodiscard]] std::span<const Range> list() const { return list_; }

private:
    std::vector<Range> list_;
};

Ranges ranges_of(const SeccompAbi& abi, std::uint32_t otherwise) {
    const SeccompCases rest{{{}, otherwise}};
    Ranges ranges;
    std::uint32_t next = 0;
    for (const auto& [number, cases] : abi.calls) {
        if (number != next) ranges.add(next, rest);
        ranges.add(number, cases);
        next = number + 1;
    }
    ranges.add(next, rest);
    if (abi.kills_x32) ranges.add(kFirstX32, {{{}, SECCOMP_RET_KILL_PROCESS}});
    ranges.add(kSkipped, {{{}, SECCOMP_RET_ALLOW}});
    return ranges;
}

Code search(std::span<const Range> ranges, std::uint32_t otherwise) {
    if (ranges.size() == 1) return code_of(ranges.front().cases, otherwise);
    const std::size_t middle = ranges.size() / 2;
    Code code;
    enter_if(code, BPF_JGE, ranges[middle].first, search(ranges.subspan(middle), otherwise));
    append(code, search(ranges.first(middle), otherwise));
    return code;
}

} // namespace

std::vector<sock_filter> compile_tree(std::span<const SeccompAbi> abis, std::uint32_t otherwise) {
    Code code{load(offsetof(seccomp_data, arch))};
    for (const SeccompAbi& abi : abis) {
        Code calls{load(offsetof(seccomp_data, nr))};
        append(calls, search(ranges_of(abi, otherwise).list(), otherwise));
        enter_if(code, BPF_JEQ, abi.token, calls);
    }
    code.push_back(give(SECCOMP_RET_KILL_PROCESS));
    return code;
}

} // namespace lxcpp
