// SPDX-License-Identifier: Apache-2.0
// One packet on the monitor's socket, as the monitor and as its clients read it.
#include "fuzz/fuzz.h"

#include "monitor/protocol.h"

namespace lxcpp::fuzz {
namespace {

using namespace lxcpp::protocol;

std::vector<Message> all_messages() {
    const std::optional<sys::ExitStatus> killed = sys::ExitStatus{true, 9};
    return {GetVersion{}, GetStatus{}, Subscribe{}, Kill{9}, SetState{State::Frozen}, OpenConsole{-1},
            Resize{24, 80}, ReadConsoleLog{7, true}, ClearConsoleLog{}, Upgrade{}, Ok{}, Version{1, 1, "0.1.0"},
            Failure{22, "no"}, Status{State::Running, 42, 4711, {}}, Status{State::Stopping, 42, 4711, killed},
            Event{"c1", State::Stopped, -1, sys::ExitStatus{false, 3}}, Opened{1}, ConsoleLog{8, true, "login: "}};
}

// Any text, however long, becomes a packet that can be read.
void check_long_texts(std::string_view bytes) {
    std::string text(bytes);
    while (!text.empty() && text.size() < kConsoleChunk) text += text;
    for (const Message& message : {Message(Failure{1, text}), Message(Version{1, 1, text}),
                                   Message(Event{text, State::Running, 1, {}}), Message(ConsoleLog{0, false, text})}) {
        const std::string packet = encode(7, message);
        FUZZ_CHECK(packet.size() <= kMaxPacket);
        FUZZ_CHECK(decode(packet).id == 7);
    }
}

} // namespace

void one_input(std::string_view bytes) {
    if (!bytes.empty() && bytes.front() == '!') return check_long_texts(bytes.substr(1));
    try {
        const Frame frame = decode(bytes);
        FUZZ_CHECK(bytes.size() >= kHeaderSize);
        const std::string packet = encode(frame.id, frame.message);
        FUZZ_CHECK(packet.size() <= kMaxPacket);
        FUZZ_CHECK(decode(packet) == frame);
        // Our own version has one form of each message; a newer one may have more fields.
        const bool same_version = static_cast<std::uint8_t>(bytes[5]) <= kMinor;
        const bool has_exit = std::holds_alternative<Status>(frame.message) || std::holds_alternative<Event>(frame.message);
        if (same_version) FUZZ_CHECK(packet.size() == bytes.size());
        if (same_version && !has_exit) FUZZ_CHECK(packet.substr(6) == bytes.substr(6));
        // Nothing shorter is a message, and of our version nothing longer.
        for (std::size_t size = 0; size < packet.size(); ++size) {
            FUZZ_CHECK(!succeeds([&] { (void)decode(std::string_view(packet).substr(0, size)); }));
        }
        FUZZ_CHECK(!succeeds([&] { (void)decode(packet + '\0'); }));
    } catch (const ProtocolError& error) {
        // The id of the request is known as soon as it was there to be read.
        if (error.problem() == Problem::Type || error.problem() == Problem::Value) FUZZ_CHECK(bytes.size() >= kHeaderSize);
    }
}

std::vector<std::string> made_seeds() {
    std::vector<std::string> seeds;
    for (const Message& message : all_messages()) {
        seeds.push_back(encode(1, message));
        std::string newer = encode(0xffff'ffff, message) + "more";
        newer[5] = static_cast<char>(kMinor + 1);
        newer[12] = static_cast<char>(newer.size() - kHeaderSize);
        seeds.push_back(newer);
    }
    seeds.push_back("!long");
    return seeds;
}

} // namespace lxcpp::fuzz
