// SPDX-License-Identifier: Apache-2.0
// The real supervisor with several clients at its socket, of which some mean harm: packets of any
// form, descriptors with them, connections that are opened, filled and left. Whatever they do, a
// client that means well is answered, and no descriptor stays behind.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "monitor/supervisor.h"
#include "sys/fd_table.h"
#include "sys/file.h"
#include "sys/pty.h"
#include "sys/socket.h"

#include <array>
#include <filesystem>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace lxcpp::fuzz {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

constexpr std::size_t kMostClients = 70; // more than the supervisor takes
constexpr int kMostTurns = 24;
constexpr std::size_t kMostWaiting = 40; // below the listener's backlog

const fs::path& directory() {
    static const struct Directory {
        fs::path path = fs::path("/dev/shm") / ("lxcpp-fuzz-monitor-" + std::to_string(::getpid()));
        Directory() { fs::create_directory(path); }
        ~Directory() { fs::remove_all(path); }
    } made;
    return made.path;
}

int lowest_free_descriptor() { return Fd(::dup(0)).raw(); }

class Scene {
public:
    Scene() : pty_(sys::open_pty()), supervisor_(state(), arguments()) {}
    ~Scene() { fs::remove(directory() / "s"); }

    void play(Bytes& input) {
        for (int turns = 0; !input.empty() && turns < kMostTurns;) {
            act(input);
            if (waiting_ < kMostWaiting && input.byte() % 8 != 0) continue;
            serve();
            ++turns;
        }
        serve();
        for (const Fd& client : clients_) read_all(client);
    }

private:
    SupervisorState state() {
        SupervisorState state;
        state.name = "c1";
        state.init = {::getpid(), 1, "x"};
        state.socket = sys::listen_at(directory() / "s").release();
        // No process: signals to it are refused, and it never ends.
        state.pidfd = ::eventfd(0, EFD_CLOEXEC);
        state.console = std::exchange(pty_.master, Fd()).release();
        state.console_buffer = 4096;
        Fd tty(::eventfd(0, EFD_CLOEXEC));
        state.ttys = {{1, tty.release()}, {2, ::eventfd(0, EFD_CLOEXEC)}};
        return state;
    }
    static SupervisorArguments arguments() { return {}; }

    void act(Bytes& input) {
        const unsigned code = input.byte();
        if (code % 8 == 0 || clients_.empty()) return connect();
        Fd& client = clients_[input.byte() % clients_.size()];
        switch (code % 8) {
        case 1: return send(client, input.take(input.byte()), input.byte() % 18);
        case 2: return send(client, request(input), code >= 248 ? 3 : 0);
        case 3: return send(client, std::string(input.number() % 9000, 'x'), 0);
        case 4: return read_all(client);
        case 5: ::shutdown(client.raw(), input.byte() % 3); return;
        case 6: std::swap(client, clients_.back()); clients_.pop_back(); return;
        default: print(input.take(input.byte())); return;
        }
    }

    void connect() {
        if (clients_.size() >= kMostClients) return;
        auto socket = sys::connect_to(directory() / "s");
        FUZZ_CHECK(socket.has_value());
        sys::set_nonblocking(*socket, true);
        clients_.push_back(std::move(*socket));
        ++waiting_;
    }

    static void send(FdRef client, std::string_view bytes, std::size_t count) {
        const std::vector<FdRef> fds(std::min<std::size_t>(count, 16), client);
        (void)sys::try_send_packet(client, bytes, fds);
    }

    // A message in good form, any value in it.
    static std::string request(Bytes& input) {
        using namespace protocol;
        const auto state = static_cast<State>(input.byte() % 8);
        const auto value = static_cast<std::int32_t>(input.byte()) - 2;
        const Message all[] = {GetVersion{}, GetStatus{}, Subscribe{}, Kill{value}, SetState{state}, OpenConsole{value},
                               Resize{24, 80}, ReadConsoleLog{input.number(), (value & 1) != 0}, ClearConsoleLog{},
                               Ok{}, Event{"x", state, value, {}}};
        return encode(input.byte(), all[input.byte() % std::size(all)]);
    }

    void print(std::string_view text) {
        sys::set_nonblocking(pty_.slave, true);
        (void)!::write(pty_.slave.raw(), text.data(), text.size());
    }

    static void read_all(FdRef client) {
        for (;;) {
            std::optional<sys::Packet> packet;
            if (!succeeds([&] { packet = sys::receive_packet(client, protocol::kMaxPacket, milliseconds(0)); })) return;
            if (!packet || packet->closed) return;
            const protocol::Frame frame = protocol::decode(packet->data);
            FUZZ_CHECK(packet->fds.size() == (std::holds_alternative<protocol::Opened>(frame.message) ? 1 : 0));
        }
    }

    // Lets the supervisor work until a client that means well has its answers: an upgrade ends its loop.
    void serve() {
        const auto good = sys::connect_to(directory() / "s");
        FUZZ_CHECK(good.has_value());
        sys::send_packet(*good, protocol::encode(11, protocol::GetStatus{}));
        sys::send_packet(*good, protocol::encode(12, protocol::Upgrade{}));
        FUZZ_CHECK(!supervisor_.run());
        supervisor_.upgrade_failed();
        waiting_ = 0;
        const auto status = sys::receive_packet(*good, protocol::kMaxPacket, milliseconds(0));
        FUZZ_CHECK(status && !status->closed);
        const protocol::Frame frame = protocol::decode(status->data);
        FUZZ_CHECK(frame.id == 11 && std::get<protocol::Status>(frame.message).pid == ::getpid());
        const auto done = sys::receive_packet(*good, protocol::kMaxPacket, milliseconds(0));
        FUZZ_CHECK(done && protocol::decode(done->data) == (protocol::Frame{12, protocol::Ok{}}));
    }

    sys::Pty pty_;
    Supervisor supervisor_;
    std::vector<Fd> clients_;
    std::size_t waiting_ = 0;
};

} // namespace

void one_input(std::string_view bytes) {
    (void)directory();
    const int before = lowest_free_descriptor();
    {
        Scene scene;
        Bytes input(bytes);
        scene.play(input);
    }
    FUZZ_CHECK(lowest_free_descriptor() == before);
}

std::vector<std::string> made_seeds() {
    std::vector<std::string> seeds;
    for (char kind = 0; kind < 11; ++kind) { // connect; one request of each kind, thrice, and what comes back
        std::string seed("\0\1", 2);
        for (int i = 0; i < 3; ++i) {
            seed += std::string("\2\0\3\4\0\0\0\0\7", 9) + kind + '\0';
            seed += std::string("\4\0\1", 3);
        }
        seeds.push_back(seed);
    }
    std::string crowd;
    for (int i = 0; i < 70; ++i) crowd += std::string("\0\1", 2);
    seeds.push_back(crowd);
    const std::string packet = protocol::encode(5, protocol::Kill{15});
    seeds.push_back(std::string("\0\1\1\0", 4) + static_cast<char>(packet.size()) + packet + std::string("\3\0", 2));
    return seeds;
}

} // namespace lxcpp::fuzz
