// SPDX-License-Identifier: Apache-2.0
#include "monitor/protocol.h"

#include "support/error_of.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace lxcpp::protocol {
namespace {

using test::error_of;

std::vector<Message> one_of_each() {
    const sys::ExitStatus killed{true, 9};
    return {GetVersion{},
            GetStatus{},
            Subscribe{},
            Kill{15},
            SetState{State::Frozen},
            OpenConsole{-1},
            Resize{24, 80},
            ReadConsoleLog{1ull << 40, true},
            ClearConsoleLog{},
            Upgrade{},
            Ok{},
            Version{1, 2, "0.1.0"},
            Failure{16, "tty 1 is in use"},
            Status{State::Running, 4711, 123456789012ull, std::nullopt},
            Status{State::Stopping, 4711, 1, sys::ExitStatus{false, 255}},
            Event{"c1", State::Stopped, 4711, killed},
            Opened{4},
            ConsoleLog{77, true, std::string("\0\xff\n", 3)}};
}

// What a decoder may do with arbitrary bytes: a message, or ProtocolError.
bool survives(std::string_view packet) {
    try {
        (void)decode(packet);
    } catch (const ProtocolError&) {
    }
    return true;
}

Problem problem_of(std::string_view packet) {
    try {
        (void)decode(packet);
    } catch (const ProtocolError& error) {
        return error.problem();
    }
    ADD_FAILURE() << "was accepted";
    return Problem::Value;
}

TEST(Protocol, EveryMessageComesBackAsItWas) {
    const std::vector<Message> all = one_of_each();
    std::vector<bool> seen(std::variant_size_v<Message>);
    for (const Message& message : all) {
        seen[message.index()] = true;
        EXPECT_EQ(decode(encode(42, message)), (Frame{42, message}));
    }
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_TRUE(seen[i]) << "no sample of " << i;
}

TEST(Protocol, WireFormatIsFixed) {
    // Magic, major and minor version, type, id, length, body. A new minor version changes one byte here.
    const std::string expected("LXCm\x01\x01\x04\x00\x2a\x00\x00\x00\x04\x00\x00\x00\x0f\x00\x00\x00", 20);
    EXPECT_EQ(encode(42, Kill{15}), expected);
}

TEST(Protocol, EveryTruncationIsRefused) {
    for (const Message& message : one_of_each()) {
        const std::string packet = encode(1, message);
        for (std::size_t length = 0; length < packet.size(); ++length) {
            EXPECT_THROW((void)decode(packet.substr(0, length)), ProtocolError);
        }
    }
}

TEST(Protocol, EveryFlippedBitIsAMessageOrAnError) {
    for (const Message& message : one_of_each()) {
        const std::string packet = encode(1, message);
        for (std::size_t bit = 0; bit < packet.size() * 8; ++bit) {
            std::string changed = packet;
            changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
            EXPECT_TRUE(survives(changed));
        }
    }
}

TEST(Protocol, RandomBodiesAreMessagesOrErrors) {
    std::mt19937 random(1); // NOLINT(cert-msc51-cpp): the same bytes every time
    for (int i = 0; i < 20000; ++i) {
        std::string packet = encode(1, GetStatus{});
        packet[6] = static_cast<char>(random() % 16);
        packet[7] = static_cast<char>(random() % 2 ? 0x80 : 0);
        const std::size_t length = random() % 64;
        packet[12] = static_cast<char>(length);
        for (std::size_t n = 0; n < length; ++n) packet += static_cast<char>(random());
        EXPECT_TRUE(survives(packet));
    }
}

TEST(Protocol, LengthsThatLieAreRefused) {
    std::string packet = encode(1, Failure{1, "text"});
    packet[20] = static_cast<char>(0xff); // length of the text
    EXPECT_EQ(problem_of(packet), Problem::Size);
    packet[23] = static_cast<char>(0xff);
    EXPECT_EQ(problem_of(packet), Problem::Size);
    EXPECT_EQ(error_of([&] { (void)decode(packet); }), "malformed message: a text is too long");
    EXPECT_EQ(problem_of(encode(1, Kill{9}) + "x"), Problem::Size); // header disagrees
    EXPECT_EQ(problem_of(""), Problem::Size);
}

TEST(Protocol, TextsAreCutWhenSent) {
    const Frame frame = decode(encode(1, ConsoleLog{0, false, std::string(kConsoleChunk + 1, 'x')}));
    EXPECT_EQ(std::get<ConsoleLog>(frame.message).data.size(), kConsoleChunk);
    EXPECT_LE(encode(1, ConsoleLog{0, false, std::string(1 << 20, 'x')}).size(), kMaxPacket);
}

TEST(Protocol, OtherMagicAndMajorVersionAreRefused) {
    std::string packet = encode(1, GetStatus{});
    packet[4] = 2;
    EXPECT_EQ(problem_of(packet), Problem::Version);
    EXPECT_EQ(error_of([&] { (void)decode(packet); }),
              "malformed message: another major version of the protocol");
    packet[0] = 'l';
    EXPECT_EQ(problem_of(packet), Problem::Magic);
}

TEST(Protocol, NewerMinorVersionMayAppendFieldsAndTypes) {
    std::string longer = encode(7, Kill{9}) + "more";
    longer[12] = 8; // body length
    EXPECT_EQ(problem_of(longer), Problem::Size);
    longer[5] = kMinor + 1;
    EXPECT_EQ(decode(longer), (Frame{7, Kill{9}}));

    std::string unknown = encode(7, GetStatus{});
    unknown[6] = 0x70;
    EXPECT_EQ(problem_of(unknown), Problem::Type);
    try {
        (void)decode(unknown);
    } catch (const ProtocolError& error) {
        EXPECT_EQ(error.id(), 7u); // so that the answer reaches who asked
    }
}

TEST(Protocol, ValuesOutOfRangeAreRefused) {
    std::string packet = encode(1, SetState{State::Running});
    packet[16] = 8;
    EXPECT_EQ(problem_of(packet), Problem::Value);
    std::string truth = encode(1, ReadConsoleLog{0, true});
    truth[24] = 2;
    EXPECT_EQ(problem_of(truth), Problem::Value);
}

} // namespace
} // namespace lxcpp::protocol
