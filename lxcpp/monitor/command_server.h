// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/fd.h"
#include "monitor/protocol.h"
#include "sys/epoll.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace lxcpp {

using ClientId = std::uint32_t; // 1.., never used twice

// What a request is answered with. A descriptor travels either as our own (owned) or as a copy of
// one that we keep (lent).
struct Answer {
    protocol::Message message;
    Fd owned{};
    FdRef lent{};
    bool subscribe = false; // the client gets every event from now on
    bool holds = false;     // the client holds a terminal as long as it is connected
    std::vector<protocol::Event> events{}; // broadcast once the reply is out
};

// The clients of a monitor: who may connect, framing, and one packet per client and turn, so that
// no client can keep another waiting. Nothing blocks: a client that does not take a reply or an
// event at once is dropped, what is not a request is answered with Failure and dropped.
class CommandServer {
public:
    using Clock = std::chrono::steady_clock;
    // 64 connections; at most 32 of them subscribe and 24 hold terminals, and when all are taken the
    // one of the rest that was silent for the longest time makes room: a request always gets in.
    static constexpr std::size_t kMaxClients = 64;
    static constexpr std::size_t kMaxSubscribers = 32;
    static constexpr std::size_t kMaxHolders = 24;

    struct Callbacks {
        std::function<Answer(ClientId, const protocol::Message&)> answer; // an Error becomes Failure
        std::function<void(ClientId)> gone;
    };

    // tag_base: epoll tags from here on are the server's: + 0 the listener, + n client n. Peers other
    // than root and allowed_uid are refused.
    CommandServer(Fd listener, std::optional<std::uint32_t> allowed_uid, sys::Epoll& epoll,
                  std::uint64_t tag_base, Callbacks callbacks);

    void adopt_subscriber(Fd socket);
    void handle(std::uint32_t tag_offset);
    void broadcast(const protocol::Event& event);
    // Accepting pauses for a second when it fails for want of descriptors or memory.
    [[nodiscard]] std::optional<Clock::time_point> deadline() const noexcept { return resume_; }
    void tick(Clock::time_point now);

    [[nodiscard]] FdRef listener() const noexcept { return listener_; }
    [[nodiscard]] std::vector<FdRef> subscribers() const;

private:
    struct Client {
        ClientId id = 0;
        Fd socket;
        bool subscribed = false;
        bool holds = false;
        std::uint64_t last_turn = 0;
    };
    void accept_one();
    void admit(Fd socket);
    bool make_room(); // false: all connections are in use
    void serve(ClientId id);
    // False: drop the client.
    bool serve_packet(Client& client, const std::string& data, Answer& reply);
    Answer answer(const Client& client, const protocol::Message& request) const;
    [[nodiscard]] bool send(const Client& client, std::uint32_t id, const Answer& answer) const;
    Client& add(Fd socket);
    void remove(ClientId id);
    [[nodiscard]] std::size_t count(bool Client::*flag) const;

    Fd listener_;
    std::optional<std::uint32_t> allowed_uid_;
    sys::Epoll& epoll_;
    std::uint64_t tag_base_;
    Callbacks callbacks_;
    std::vector<Client> clients_;
    ClientId last_id_ = 0;
    std::uint64_t turn_ = 0;
    std::optional<Clock::time_point> resume_;
};

} // namespace lxcpp
