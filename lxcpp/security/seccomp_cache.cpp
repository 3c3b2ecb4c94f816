// SPDX-License-Identifier: Apache-2.0
#include "security/seccomp_cache.h"

#include "base/log.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <fmt/format.h>

#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp {
namespace {

namespace fs = std::filesystem;

// Also the format of the files, and changes when compile_bpf() does.
constexpr std::string_view kFormat = "lxcpp-seccomp-3";
constexpr std::size_t kLargestFile = 4u << 20;

void add(std::string& text, std::uint64_t number) {
    const fmt::format_int digits(number);
    text.append(digits.data(), digits.size());
    text += ' ';
}

void add(std::string& text, const SeccompVerdict& verdict) {
    add(text, static_cast<std::uint64_t>(verdict.action));
    add(text, static_cast<std::uint64_t>(verdict.error));
}

// Everything that the program depends on; fields are separated by what cannot be in them. Each start and attach
// comes by here with hundreds of rules: no fmt::format.
std::string fingerprint(const SeccompPolicy& policy, std::span<const SeccompArch> archs) {
    std::string text = fmt::format("{}\n{}\n", kFormat, seccomp_library_version());
    for (const SeccompArch arch : archs) (text += seccomp_arch_name(arch)) += ' ';
    add(text += '\n', policy.otherwise);
    add(text, policy.native_only);
    add(text, policy.first_match);
    for (const SeccompRule& rule : policy.rules) {
        (text += '\n') += rule.syscall;
        (text += ' ') += seccomp_arch_name(rule.arch);
        add(text += ' ', rule.verdict);
        for (const SeccompCompare& compare : rule.compares) {
            add(text, compare.argument);
            add(text, static_cast<std::uint64_t>(compare.op));
            add(text, compare.value);
            add(text, compare.mask);
        }
    }
    return sha256_hex(text);
}

// "FORMAT\nDIGEST of what follows\n" "unknown names\n" BPF
std::string encode(const SeccompProgram& program) {
    std::string content = join(program.unknown, " ") + '\n';
    content.append(program.bpf.begin(), program.bpf.end());
    return fmt::format("{}\n{}\n{}", kFormat, sha256_hex(content), content);
}

std::optional<std::string_view> take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::optional<SeccompProgram> decode(std::string_view text) {
    if (take_line(text) != kFormat) return std::nullopt;
    const auto digest = take_line(text);
    if (!digest || *digest != sha256_hex(text)) return std::nullopt;
    const auto names = take_line(text);
    if (!names || text.empty()) return std::nullopt;
    SeccompProgram program;
    for (const std::string_view name : split_words(*names)) program.unknown.emplace_back(name);
    program.bpf.assign(text.begin(), text.end());
    return program;
}

bool only_ours(FdRef file) {
    const struct stat info = sys::stat_fd(file);
    return S_ISREG(info.st_mode) && info.st_uid == ::geteuid() && (info.st_mode & 0022u) == 0 &&
           info.st_nlink == 1;
}

std::optional<SeccompProgram> load(const fs::path& path) {
    const auto file = sys::try_open_file(path, {.follow = false, .nonblock = true});
    if (!file) return std::nullopt;
    if (!only_ours(*file)) throw Error(path.native() + " is not a file of ours alone");
    return decode(sys::read_all(*file, path.native(), kLargestFile));
}

} // namespace

SeccompProgram compile_bpf_cached(const SeccompPolicy& policy, std::span<const SeccompArch> archs,
                                  const fs::path& cache_dir) {
    const fs::path directory = cache_dir / "seccomp";
    fs::path path;
    try {
        // Before anything in it is believed: whoever may write here writes the containers' filters.
        sys::make_private_dirs(directory);
        path = directory / (fingerprint(policy, archs) + ".bpf");
        if (auto program = load(path)) return std::move(*program);
    } catch (const Error& error) {
        log::debug("seccomp cache: {}", error.what());
        if (path.empty()) return compile_bpf(policy, archs);
    }
    SeccompProgram program = compile_bpf(policy, archs);
    try {
        sys::write_file_atomic(path, encode(program), 0600);
    } catch (const Error& error) {
        log::debug("seccomp cache: {}", error.what());
    }
    return program;
}

} // namespace lxcpp
