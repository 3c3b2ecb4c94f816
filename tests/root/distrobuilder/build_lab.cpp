// SPDX-License-Identifier: Apache-2.0
#include "build_lab.h"

#include "base/paths.h"
#include "distrobuilder/sandbox.h"
#include "sys/cred.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/namespace.h"
#include "sys/pipe.h"

#include <cstdlib>
#include <fmt/core.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace lxcpp::test {
namespace {

constexpr const char* kApplets[] = {"awk", "basename", "cat", "chmod", "chown", "cp", "cut", "dd", "echo", "env", "false", "find", "grep", "head",
                                    "hostname", "id", "kill", "ln", "ls", "mkdir", "mkfifo", "mknod", "mount", "mv", "nc", "ps", "readlink", "rm",
                                    "rmdir", "sed", "seq", "setsid", "sh", "sleep", "sort", "stat", "su", "sync", "tail", "touch", "tr", "true", "umount", "unshare",
                                    "uname", "wc"};

void make_root(const std::filesystem::path& root) {
    for (const char* name : {"bin", "dev", "etc", "mnt", "proc", "run", "sys", "tmp", "usr/sbin"}) std::filesystem::create_directories(root / name);
    std::filesystem::copy_file("/bin/busybox", root / "bin/busybox");
    for (const char* applet : kApplets) std::filesystem::create_symlink("busybox", root / "bin" / applet);
}

// Only this mount namespace sees the user.
void add_account(const std::filesystem::path& directory, const std::filesystem::path& home) {
    sys::unshare_namespaces(CLONE_NEWNS);
    sys::make_mounts_private();
    const std::string ids = fmt::format("anna:{}:65536\n", kFirstOfUser);
    const std::string line = fmt::format("anna:x:{}:{}::{}:/bin/sh\n", kUser, kUser, home.string());
    for (const auto& [file, text] : {std::pair("passwd", sys::read_file("/etc/passwd") + line),
                                     std::pair("group", sys::read_file("/etc/group") + fmt::format("anna:x:{}:\n", kUser)),
                                     std::pair("subuid", ids), std::pair("subgid", ids)}) {
        sys::write_file_atomic(directory / file, text);
        sys::MountTree::clone(directory / file).attach(std::filesystem::path("/etc") / file);
    }
}

std::string answer_of(const std::function<std::string()>& work) {
    try {
        return work();
    } catch (const std::exception& error) {
        return std::string("error: ") + error.what();
    }
}

} // namespace

void BuilderLab::SetUp() {
    if (!std::filesystem::exists("/bin/busybox")) GTEST_SKIP() << "there is no static /bin/busybox (busybox-static)";
    if (!sys::exists(default_paths().libexec / "lxcpp-init")) GTEST_SKIP() << "lxcpp-init is not built";
    if (builder_ == Builder::User && !sys::exists("/usr/bin/newuidmap")) GTEST_SKIP() << "there is no newuidmap (uidmap)";
    std::filesystem::permissions(directory_.path(), std::filesystem::perms(0755));
    for (const char* name : {"home", "home/target", "home/recipe", "home/state", "host"}) {
        std::filesystem::create_directory(directory_ / name);
        sys::chown(directory_ / name, caller(), caller());
    }
    sys::chmod(home(), 0700);
    sys::write_file_atomic(host() / "secret", "secret", 0600);
}

void BuilderLab::become_caller() const {
    ::setenv("HOME", home().c_str(), 1);
    ::setenv("LXCPP_STATE_DIR", (home() / "state").c_str(), 1);
    ::setenv("LXCPP_CACHE_DIR", (home() / "lxcpp").c_str(), 1);
    if (builder_ == Builder::Root) return;
    add_account(directory_.path(), home());
    sys::set_groups({});
    sys::set_ids(kUser, kUser);
    (void)::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); // as who logged in
}

pid_t BuilderLab::start_build(const std::function<void()>& work) const {
    const pid_t child = ::fork();
    if (child == 0) build_here(work);
    return child;
}

void BuilderLab::build_here(const std::function<void()>& work) const {
    (void)answer_of([&] {
        become_caller();
        (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)distro::enter_build_namespace(places());
        make_root(root());
        work();
        return std::string();
    });
    ::_exit(0);
}

std::string BuilderLab::run(const std::string& script) const {
    const distro::Sandbox sandbox({root(), {"PATH=/sbin:/bin", "ONLY=this"}, log()});
    const int code = sandbox.run_script("#!/bin/sh\n" + script);
    return fmt::format("{}{}", sys::read_file(log()), code == 0 ? "" : fmt::format("exit {}\n", code));
}

std::string BuilderLab::build(const distro::BuildPlaces& places,
                            const std::function<std::string(const distro::BuildIdentity&)>& work) const {
    sys::Pipe pipe = sys::make_pipe();
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string answer = answer_of([&] {
            become_caller();
            const distro::BuildIdentity identity = distro::enter_build_namespace(places);
            return work(identity);
        });
        sys::write_all(pipe.write, answer, "the answer");
        ::_exit(0);
    }
    pipe.write.reset();
    std::string answer = sys::drain_pipe(pipe.read, 16u << 20);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0) << answer;
    return answer;
}

std::string BuilderLab::build_with_root(const std::function<std::string()>& work) const {
    return build([&](const distro::BuildIdentity&) {
        make_root(root());
        return work();
    });
}

} // namespace lxcpp::test
