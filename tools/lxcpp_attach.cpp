// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/namespace_words.h"
#include "common/user_scope.h"

#include "base/strings.h"

#include <lxcpp/container.h>

#include <sys/personality.h>

using namespace lxcpp;

namespace {

Elevation parse_elevation(const std::string& text) {
    Elevation elevation;
    if (text.empty()) return elevation;
    if (text == "ALL") return Elevation::all();
    for (const std::string_view word : split(text, '|')) {
        if (word == "CGROUP") elevation.cgroup = true;
        else if (word == "CAP") elevation.capabilities = true;
        else if (word == "LSM") elevation.lsm = true;
        else throw Error("-e " + text + ": expected CGROUP, CAP or LSM, joined by |");
    }
    return elevation;
}

std::optional<unsigned long> parse_arch(const std::string& text) {
    if (text.empty()) return std::nullopt;
    for (const char* name : {"x86", "i386", "i486", "i586", "i686", "linux32", "arm", "armhf", "armel", "ppc", "mips"}) {
        if (text == name) return PER_LINUX32;
    }
    for (const char* name : {"x86_64", "amd64", "linux64", "arm64", "aarch64", "ppc64", "ppc64le", "ppc64el", "s390x", "riscv64"}) {
        if (text == name) return PER_LINUX;
    }
    throw Error("-a " + text + ": unknown architecture");
}

struct Words {
    std::string elevation;
    std::optional<std::string> namespaces;
    std::string arch;
    std::string pty_log;
    std::string rcfile;
};

void complete(AttachOptions& options, const Words& words, const tools::Cli& cli) {
    options.command = cli.words();
    options.elevation = parse_elevation(words.elevation);
    options.namespaces = words.namespaces ? tools::parse_namespaces(*words.namespaces) : 0;
    options.personality = parse_arch(words.arch);
    options.pty_log = words.pty_log;
    options.config = words.rcfile;
    constexpr std::uint64_t mount = 0x00020000; // CLONE_NEWNS
    if (options.namespaces != 0) options.elevation = Elevation::all();
    // With the container's mounts /proc and /sys are its own already.
    if (options.namespaces == 0 || (options.namespaces & mount) != 0) options.remount_proc_sys = false;
}

} // namespace

int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-attach", "run a program in a running container", "--name=NAME [OPTION...] [-- COMMAND]");
    AttachOptions options;
    Words words;
    cli.optional_value("-e,--elevated-privileges", words.elevation, "ALL",
                       "keep rights that the container does not have: CGROUP|CAP|LSM (default all of them)");
    cli.option("-a,--arch", words.arch, "machine type that uname reports");
    cli.option("-s,--namespaces", words.namespaces,
               "enter only these: MOUNT|PID|UTSNAME|IPC|USER|NETWORK|CGROUP|TIME; implies -e");
    cli.flag("-R,--remount-sys-proc", options.remount_proc_sys, "fresh /proc and /sys, with -s without MOUNT");
    cli.flag("--clear-env", options.clear_environment, "start with an empty environment");
    cli.flag("--keep-env", options.keep_environment, "keep the environment (default, but not where lxc.execute.cmd runs)");
    cli.option("--keep-var", options.keep_variables, "where the environment is not kept: keep this variable");
    cli.option("-v,--set-var", options.set_variables, "set NAME=VALUE");
    cli.option("-L,--pty-log", words.pty_log, "append what the terminal shows to this file");
    cli.option("-f,--rcfile", words.rcfile, "load this configuration instead of the container's");
    cli.option("-u,--uid", options.uid, "user id inside");
    cli.option("-g,--gid", options.gid, "group id inside");
    cli.option("-c,--context", options.selinux_context, "SELinux context");
    return tools::run_tool(cli, argc, argv, [&](tools::Cli& parsed) {
        if (options.keep_environment && options.clear_environment) throw Error("--keep-env and --clear-env exclude each other");
        complete(options, words, parsed);
        if (!options.elevation.cgroup) tools::move_to_user_scope(parsed.name()); // from a login no way leads into a user's groups
        const Exit exit = Container(parsed.name(), parsed.lxcpath()).attach(options);
        return exit.signaled ? 128 + exit.value : exit.value;
    });
}
