// SPDX-License-Identifier: Apache-2.0
#include "monitor/protocol.h"

#include <algorithm>
#include <array>
#include <type_traits>
#include <utility>

namespace lxcpp::protocol {
namespace {

// The number of each message on the wire; replies have the top bit. Never reuse one.
template <typename M> constexpr std::uint16_t kType = 0;
template <> constexpr std::uint16_t kType<GetVersion> = 1;
template <> constexpr std::uint16_t kType<GetStatus> = 2;
template <> constexpr std::uint16_t kType<Subscribe> = 3;
template <> constexpr std::uint16_t kType<Kill> = 4;
template <> constexpr std::uint16_t kType<SetState> = 5;
template <> constexpr std::uint16_t kType<OpenConsole> = 6;
template <> constexpr std::uint16_t kType<Resize> = 7;
template <> constexpr std::uint16_t kType<ReadConsoleLog> = 8;
template <> constexpr std::uint16_t kType<ClearConsoleLog> = 9;
template <> constexpr std::uint16_t kType<Upgrade> = 10;
template <> constexpr std::uint16_t kType<Ok> = 0x8001;
template <> constexpr std::uint16_t kType<Version> = 0x8002;
template <> constexpr std::uint16_t kType<Failure> = 0x8003;
template <> constexpr std::uint16_t kType<Status> = 0x8004;
template <> constexpr std::uint16_t kType<Event> = 0x8005;
template <> constexpr std::uint16_t kType<Opened> = 0x8006;
template <> constexpr std::uint16_t kType<ConsoleLog> = 0x8007;

// One list of fields a message, read by the encoder (const M) and the decoder (M).
template <typename Io, typename M> void fields(Io& io, M& m) {
    using Plain = std::remove_const_t<M>;
    if constexpr (std::is_same_v<Plain, Kill>) io(m.signal);
    if constexpr (std::is_same_v<Plain, SetState>) io(m.state);
    if constexpr (std::is_same_v<Plain, OpenConsole> || std::is_same_v<Plain, Opened>) io(m.tty);
    if constexpr (std::is_same_v<Plain, Resize>) io(m.rows), io(m.columns);
    if constexpr (std::is_same_v<Plain, ReadConsoleLog>) io(m.position), io(m.clear);
    if constexpr (std::is_same_v<Plain, Version>) io(m.major), io(m.minor), io(m.program, kMaxText);
    if constexpr (std::is_same_v<Plain, Failure>) io(m.error), io(m.text, kMaxText);
    if constexpr (std::is_same_v<Plain, Status>) io(m.state), io(m.pid), io(m.start_time), io(m.exit);
    if constexpr (std::is_same_v<Plain, Event>) {
        io(m.name, kMaxText), io(m.state), io(m.pid), io(m.exit);
    }
    if constexpr (std::is_same_v<Plain, ConsoleLog>) {
        io(m.next), io(m.more), io(m.data, kConsoleChunk);
    }
}

class Encoder {
public:
    template <typename Integer>
        requires std::is_integral_v<Integer>
    void operator()(Integer value) {
        const auto bits = static_cast<std::uint64_t>(value);
        for (unsigned i = 0; i < sizeof(Integer); ++i) {
            out_.push_back(static_cast<char>(bits >> (8 * i) & 0xff));
        }
    }
    void operator()(State state) { (*this)(static_cast<std::uint8_t>(state)); }
    void operator()(const std::string& text, std::size_t limit) {
        const std::string_view cut = std::string_view(text).substr(0, limit);
        (*this)(static_cast<std::uint32_t>(cut.size()));
        out_ += cut;
    }
    void operator()(const std::optional<sys::ExitStatus>& exit) {
        (*this)(exit.has_value());
        (*this)(exit && exit->signaled);
        (*this)(static_cast<std::int32_t>(exit ? exit->value : 0));
    }
    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    std::string out_;
};

class Decoder {
public:
    Decoder(std::string_view rest, std::uint32_t id) : rest_(rest), id_(id) {}

    template <typename Integer>
        requires(std::is_integral_v<Integer> && !std::is_same_v<Integer, bool>)
    void operator()(Integer& value) {
        std::uint64_t bits = 0;
        const std::string_view bytes = take(sizeof(Integer));
        for (unsigned i = 0; i < sizeof(Integer); ++i) {
            bits |= std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
        }
        value = static_cast<Integer>(bits);
    }
    void operator()(bool& value) {
        std::uint8_t byte = 0;
        (*this)(byte);
        if (byte > 1) fail(Problem::Value, "a truth value is neither 0 nor 1");
        value = byte == 1;
    }
    void operator()(State& state) {
        std::uint8_t byte = 0;
        (*this)(byte);
        if (byte > static_cast<std::uint8_t>(State::Thawed)) fail(Problem::Value, "unknown state");
        state = static_cast<State>(byte);
    }
    void operator()(std::string& text, std::size_t limit) {
        std::uint32_t length = 0;
        (*this)(length);
        if (length > limit) fail(Problem::Size, "a text is too long");
        text = take(length);
    }
    void operator()(std::optional<sys::ExitStatus>& exit) {
        bool known = false;
        sys::ExitStatus status;
        std::int32_t value = 0;
        (*this)(known), (*this)(status.signaled), (*this)(value);
        status.value = value;
        if (known) exit = status;
    }
    [[nodiscard]] bool empty() const noexcept { return rest_.empty(); }
    [[noreturn]] void fail(Problem problem, const char* what) const {
        throw ProtocolError(problem, id_, std::string("malformed message: ") + what);
    }

private:
    std::string_view take(std::size_t count) {
        if (count > rest_.size()) fail(Problem::Size, "the packet is too short");
        const std::string_view taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }
    std::string_view rest_;
    std::uint32_t id_;
};

struct Header {
    std::uint32_t magic = 0;
    std::uint8_t major = 0;
    std::uint8_t minor = 0;
    std::uint16_t type = 0;
    std::uint32_t id = 0;
    std::uint32_t length = 0;
};

Header read_header(std::string_view packet) {
    Header header;
    Decoder io(packet.substr(0, kHeaderSize), 0);
    io(header.magic);
    if (header.magic != kMagic) io.fail(Problem::Magic, "wrong magic number");
    io(header.major), io(header.minor), io(header.type), io(header.id), io(header.length);
    return header;
}

void check_header(const Header& header, std::size_t body) {
    const Decoder io({}, header.id);
    if (header.major != kMajor) io.fail(Problem::Version, "another major version of the protocol");
    if (header.length != body) io.fail(Problem::Size, "the length in the header is not the body's");
}

template <typename M> Message read_body(Decoder& io) {
    M message;
    fields(io, message);
    return message;
}

// Tries the alternatives of Message one after the other.
template <std::size_t Index = 0> Message read_message(std::uint16_t type, Decoder& io) {
    if constexpr (Index == std::variant_size_v<Message>) {
        io.fail(Problem::Type, "unknown type");
    } else {
        using M = std::variant_alternative_t<Index, Message>;
        static_assert(kType<M> != 0);
        if (type == kType<M>) return read_body<M>(io);
        return read_message<Index + 1>(type, io);
    }
}

} // namespace

std::string encode(std::uint32_t id, const Message& message) {
    Encoder body;
    std::uint16_t type = 0;
    std::visit(
        [&](const auto& m) {
            type = kType<std::decay_t<decltype(m)>>;
            fields(body, m);
        },
        message);
    const std::string bytes = body.take();
    Encoder header;
    header(kMagic), header(kMajor), header(kMinor), header(type), header(id);
    header(static_cast<std::uint32_t>(bytes.size()));
    return header.take() + bytes;
}

Frame decode(std::string_view packet) {
    const Header header = read_header(packet);
    check_header(header, packet.size() - kHeaderSize);
    Decoder io(packet.substr(kHeaderSize), header.id);
    Frame frame{header.id, read_message(header.type, io)};
    // A newer peer may send more than we know; our own version has no business to.
    if (!io.empty() && header.minor <= kMinor) io.fail(Problem::Size, "bytes after the last field");
    return frame;
}

} // namespace lxcpp::protocol
