// SPDX-License-Identifier: Apache-2.0
#include "start/user_network.h"

#include "base/log.h"
#include "base/strings.h"
#include "network/user_ports.h"
#include "network/user_state.h"
#include "plan/user_nic.h"
#include "start/detach.h"
#include "start/made.h"
#include "start/user_net_task.h"
#include "sys/clone.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/namespace.h"
#include "sys/own_file.h"
#include "sys/own_namespace.h"
#include "sys/program.h"
#include "sys/socket.h"

#include <lxcpp/error.h>

#include <array>
#include <chrono>
#include <csignal>
#include <fmt/format.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using std::chrono::seconds;

constexpr seconds kTapPatience{20};
constexpr seconds kCarryPatience{40}; // longer than the program itself is waited for
constexpr seconds kEndPatience{10};
constexpr std::size_t kMostNote = 4096;

// Everybody may write to it, and only ours reach it: the program changes its user.
Fd make_directory(const std::filesystem::path& runtime) {
    const std::filesystem::path path = runtime / kUserNetDirectory;
    sys::make_dirs(path, 0700);
    sys::chmod(path, 0777);
    for (const char* name : {kApiSocket, kUserNetEnded}) // of before a reboot
        sys::remove_file(path / name);
    return sys::open_file(path, {.directory = true});
}

[[noreturn]] void become_user_net(const std::filesystem::path& program, FdRef channel) noexcept {
    try {
        sys::set_inheritable(channel, true);
        sys::keep_rights_over_exec();
        const std::array<std::string, 2> argv{program.filename().string(),
                                              std::to_string(channel.raw())};
        (void)sys::try_exec(program, argv);
    } catch (const std::exception&) { // the closed channel tells
    }
    ::_exit(1);
}

// Not our child, who becomes the monitor: nobody would reap it. It waits for its task.
pid_t launch(const std::filesystem::path& program, FdRef channel) {
    auto [ours, theirs] = sys::socket_pair();
    fork_detached([&] {
        const std::array<FdRef, 2> keep{channel, theirs};
        keep_only(keep);
        (void)ours.release(); // closed by keep_only
        leave_caller();
        const sys::Cloned child = sys::clone_process({.flags = CLONE_NEWPID, .into_cgroup = {}});
        if (child.pid == 0) become_user_net(program, channel);
        sys::send_packet(theirs, std::to_string(child.pid));
    });
    theirs.reset();
    const auto packet = sys::receive_packet(ours, 64, kTapPatience);
    const auto pid = packet ? parse_u64(packet->data) : std::nullopt;
    if (!pid || *pid < 2) throw Error("lxcpp-user-net could not be run");
    return static_cast<pid_t>(*pid);
}

class UserNic {
public:
    UserNic(const NicPlan& nic, const NicWork& work, const UserNetwork& wish, const UserHost& host,
            const UserProgram& program)
        : nic_(nic), work_(work), wish_(wish), host_(host), program_(program) {}

    MadeNic make() {
        const UserCommand command = user_command(program_, nic_, wish_.config.publish, host_,
                                                 wish_.runtime / kUserNetDirectory);
        check_user_ports(wish_.config.publish,
                         questions_of_host(wish_.paths.runtime, wish_.runtime));
        start(command);
        await(kTapMade, kTapPatience);
        const sys::NetLink link = link_inside(nic_, work_.inside);
        sys::LinkChange change{.mtu = nic_.mtu};
        if (!nic_.hwaddr.empty()) change.mac = hardware_address(nic_);
        sys::change_link(work_.inside, link, change);
        await(kCarries, kCarryPatience);
        return {.nic = nic_.index, .inside = link_inside(nic_, work_.inside)};
    }

private:
    void start(const UserCommand& command) {
        auto [ours, theirs] = sys::socket_pair();
        const pid_t pid = launch(wish_.paths.libexec / "lxcpp-user-net", theirs);
        theirs.reset();
        channel_ = std::move(ours);
        const auto begin = sys::start_time(pid);
        if (!begin) throw Error("lxcpp-user-net has ended at once");
        work_.note({nic_.index, UserProcess{{pid, *begin, sys::boot_id()},
                                            std::string(name_of(program_.kind))}});
        const auto init = sys::open_pidfd(wish_.init);
        if (!init) throw Error("the container has ended");
        const Fd directory = make_directory(wish_.runtime);
        const std::array<FdRef, 3> fds{*init, work_.network_namespace, directory};
        sys::send_packet(channel_, print_task(task(command)), fds);
    }

    [[nodiscard]] UserNetTask task(const UserCommand& command) const {
        UserNetTask task{.interface = nic_.name, .argv = command.argv, .ready = command.ready};
        task.as_root_inside = command.as_root_inside;
        task.directory = (wish_.runtime / kUserNetDirectory).string();
        task.resolv_conf = command.resolv_conf;
        task.forwards = command.forwards;
        if (const NicAddress* const ipv4 = user_address(nic_, AF_INET)) task.guest = ipv4->address;
        for (const auto& group : wish_.cgroups) task.cgroups.push_back(group.string());
        task.log_file = wish_.config.log.file;
        task.log_level = log_level_name(wish_.config.log.level.value_or(LogLevel::Error));
        return task;
    }

    void await(std::string_view wanted, seconds patience) {
        const auto packet = sys::receive_packet(channel_, 65536, patience);
        if (packet && packet->data == wanted) return;
        if (packet && packet->data.starts_with(kFailed))
            throw Error(packet->data.substr(kFailed.size()));
        throw Error(packet ? "lxcpp-user-net was ended" : "lxcpp-user-net does not answer");
    }

    const NicPlan& nic_;
    const NicWork& work_;
    const UserNetwork& wish_;
    const UserHost& host_;
    const UserProgram& program_;
    Fd channel_;
};

} // namespace

std::string why_no_user_network(const UserHost& host) {
    if (!sys::in_own_namespace())
        return "it would run as root, on behalf of the container: a container of root has the "
               "managed bridge (link = lxcppbr0, see lxcpp-net), whose ports are filtered";
    const auto choice = choose_user_program(host);
    const auto* const why = std::get_if<std::string>(&choice);
    return why == nullptr ? "" : *why;
}

NicPlan plan_user_nic(const NicPlan& nic, const UserHost& host) {
    NicPlan result = nic;
    if (result.ipv6_as_host && host.ipv6) add_user_ipv6(result);
    // pasta carries what the host itself has a way out for.
    const auto choice = choose_user_program(host);
    const auto* const program = std::get_if<UserProgram>(&choice);
    if (program == nullptr || program->kind != UserProgramKind::Pasta) return result;
    for (const auto& [family, there] :
         {std::pair(AF_INET, host.ipv4), std::pair(AF_INET6, host.ipv6)}) {
        if (there) continue;
        std::erase_if(result.addresses,
                      [f = family](const NicAddress& one) { return one.family == f; });
        std::erase_if(result.gateways,
                      [f = family](const NicGateway& one) { return one.family == f; });
    }
    return result;
}

MadeNic make_user_nic(const NicPlan& nic, const NicWork& work, const UserNetwork& wish,
                      const UserHost& host) {
    if (const std::string why = why_no_user_network(host); !why.empty()) refuse(nic, "type", why);
    const UserProgram program = std::get<UserProgram>(choose_user_program(host));
    try {
        return UserNic(nic, work, wish, host, program).make();
    } catch (const ConfigError&) {
        throw;
    } catch (const Error& error) {
        refuse(nic, "type", fmt::format("user-mode networking: {}", error.what()));
    }
}

std::optional<std::string> why_user_network_ended(const std::filesystem::path& runtime) {
    const auto text =
        sys::read_own_file_if_exists(runtime / kUserNetDirectory / kUserNetEnded, kMostNote);
    if (text) return printable(trim(*text));
    for (const NicRecord& record : load_made(runtime).nics) {
        const auto* const carrier = std::get_if<UserProcess>(&record.what);
        if (carrier == nullptr || sys::open_pidfd(carrier->process)) continue;
        return fmt::format("{} was ended together with what watches over it; the container is without "
                           "network until it is started again",
                           carrier->program);
    }
    return std::nullopt;
}

void end_user_process(const UserProcess& process) {
    const auto pidfd = sys::open_pidfd(process.process);
    if (!pidfd) return;
    (void)sys::try_send_signal(*pidfd, SIGKILL);
    if (!sys::wait_exited(*pidfd, kEndPatience))
        throw Error(fmt::format("{} does not end", process.program));
}

} // namespace lxcpp
