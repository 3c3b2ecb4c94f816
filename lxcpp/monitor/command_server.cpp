// SPDX-License-Identifier: Apache-2.0
#include "monitor/command_server.h"

#include <lxcpp/error.h>

#include "sys/own_namespace.h"
#include "sys/socket.h"

#include <algorithm>
#include <cerrno>
#include <ranges>
#include <span>
#include <sys/epoll.h>
#include <utility>

namespace lxcpp {
namespace {

using protocol::Failure;

constexpr std::chrono::seconds kAcceptPause{1};

int code_of(const protocol::ProtocolError& error) {
    switch (error.problem()) {
    case protocol::Problem::Version: return EPROTONOSUPPORT;
    case protocol::Problem::Type: return EOPNOTSUPP;
    default: return EINVAL;
    }
}

void refuse(FdRef socket, int code, std::string text) {
    (void)sys::try_send_packet(socket, protocol::encode(0, Failure{code, std::move(text)}));
}

} // namespace

CommandServer::CommandServer(Fd listener, std::optional<std::uint32_t> allowed_uid,
                             sys::Epoll& epoll, std::uint64_t tag_base, Callbacks callbacks)
    : listener_(std::move(listener)), allowed_uid_(allowed_uid), epoll_(epoll),
      tag_base_(tag_base), callbacks_(std::move(callbacks)) {
    epoll_.add(listener_, EPOLLIN, tag_base_);
}

void CommandServer::adopt_subscriber(Fd socket) { add(std::move(socket)).subscribed = true; }

void CommandServer::handle(std::uint32_t tag_offset) {
    if (tag_offset == 0) accept_one();
    else serve(tag_offset);
}

void CommandServer::accept_one() {
    try {
        std::optional<Fd> socket = sys::accept_from(listener_);
        if (socket) admit(std::move(*socket));
    } catch (const std::exception&) {
        // The connection stays in the backlog: without a pause this would be a busy loop.
        epoll_.modify(listener_, 0, tag_base_);
        resume_ = Clock::now() + kAcceptPause;
    }
}

void CommandServer::tick(Clock::time_point now) {
    if (!resume_ || *resume_ > now) return;
    resume_.reset();
    epoll_.modify(listener_, EPOLLIN, tag_base_);
}

void CommandServer::admit(Fd socket) {
    const unsigned uid = sys::peer_credentials(socket).uid;
    if (uid != allowed_uid_ && (uid != 0 || sys::in_own_namespace())) {
        return refuse(socket, EPERM, "user " + std::to_string(uid) + " may not command this container");
    }
    if (clients_.size() >= kMaxClients && !make_room()) {
        return refuse(socket, EUSERS, "too many connections to the monitor of this container");
    }
    add(std::move(socket));
}

CommandServer::Client& CommandServer::add(Fd socket) {
    Client client;
    client.id = ++last_id_;
    client.socket = std::move(socket);
    client.last_turn = ++turn_;
    epoll_.add(client.socket, EPOLLIN, tag_base_ + client.id);
    clients_.push_back(std::move(client));
    return clients_.back();
}

bool CommandServer::make_room() {
    const Client* quietest = nullptr;
    for (const Client& client : clients_) {
        if (client.subscribed || client.holds) continue;
        if (quietest == nullptr || client.last_turn < quietest->last_turn) quietest = &client;
    }
    if (quietest == nullptr) return false;
    remove(quietest->id);
    return true;
}

void CommandServer::serve(ClientId id) {
    const auto client = std::ranges::find(clients_, id, &Client::id);
    if (client == clients_.end()) return; // dropped earlier in this turn
    bool keep = false;
    Answer reply;
    try {
        const auto packet = sys::receive_packet(client->socket, protocol::kMaxRequest,
                                                std::chrono::milliseconds(0));
        if (!packet) return;
        keep = !packet->closed && serve_packet(*client, packet->data, reply);
    } catch (const std::exception& error) { // reset by the peer, oversized, out of memory
        refuse(client->socket, EINVAL, error.what());
    }
    if (!keep) remove(id);
    for (const protocol::Event& event : reply.events) broadcast(event);
}

bool CommandServer::serve_packet(Client& client, const std::string& data, Answer& reply) {
    client.last_turn = ++turn_;
    std::uint32_t id = 0;
    bool keep = true;
    try {
        const protocol::Frame frame = protocol::decode(data);
        id = frame.id;
        reply = answer(client, frame.message);
    } catch (const protocol::ProtocolError& error) {
        id = error.id();
        reply.message = Failure{code_of(error), error.what()};
        // A newer client may try what we do not know and then do without it.
        keep = error.problem() == protocol::Problem::Type;
    }
    client.subscribed |= reply.subscribe;
    client.holds |= reply.holds;
    return send(client, id, reply) && keep;
}

Answer CommandServer::answer(const Client& client, const protocol::Message& request) const {
    const bool subscribes = std::holds_alternative<protocol::Subscribe>(request);
    const bool opens = std::holds_alternative<protocol::OpenConsole>(request);
    if (subscribes && !client.subscribed && count(&Client::subscribed) >= kMaxSubscribers) {
        return {.message = Failure{EUSERS, "too many subscribers to this container"}};
    }
    if (opens && !client.holds && count(&Client::holds) >= kMaxHolders) {
        return {.message = Failure{EUSERS, "too many open terminals of this container"}};
    }
    try {
        return callbacks_.answer(client.id, request);
    } catch (const protocol::ProtocolError&) {
        throw;
    } catch (const SystemError& error) {
        return {.message = Failure{error.code(), error.what()}};
    } catch (const Error& error) {
        return {.message = Failure{EINVAL, error.what()}};
    }
}

bool CommandServer::send(const Client& client, std::uint32_t id, const Answer& answer) const {
    const FdRef fd = answer.owned.valid() ? FdRef(answer.owned) : answer.lent;
    const std::size_t fds = fd.valid() ? 1 : 0;
    return sys::try_send_packet(client.socket, protocol::encode(id, answer.message),
                                std::span(&fd, fds)) == 0;
}

void CommandServer::broadcast(const protocol::Event& event) {
    const std::string packet = protocol::encode(0, event);
    std::vector<ClientId> drop;
    for (const Client& client : clients_) {
        if (!client.subscribed) continue;
        if (sys::try_send_packet(client.socket, packet) != 0) drop.push_back(client.id);
    }
    for (const ClientId id : drop) remove(id);
}

void CommandServer::remove(ClientId id) {
    const auto client = std::ranges::find(clients_, id, &Client::id);
    if (client == clients_.end()) return;
    epoll_.remove(client->socket);
    clients_.erase(client);
    callbacks_.gone(id);
}

std::size_t CommandServer::count(bool Client::*flag) const {
    return static_cast<std::size_t>(std::ranges::count(clients_, true, flag));
}

std::vector<FdRef> CommandServer::subscribers() const {
    std::vector<FdRef> fds;
    for (const Client& client : clients_) {
        if (client.subscribed) fds.emplace_back(client.socket);
    }
    return fds;
}

} // namespace lxcpp
