// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/error.h>
#include <lxcpp/state.h>

#include "sys/pidfd.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

// What a container's monitor and its clients say to each other: one message a packet on the
// SOCK_SEQPACKET socket "socket" in the runtime directory. A packet is a 16-byte header (magic,
// major and minor version, type, id, length of the body) and a body; numbers are little-endian, a
// string is its 32-bit length and its bytes. A reply has the id of its request, an Event has id 0.
// Another major version is refused. A newer minor one may add message types (answered with
// Failure{EOPNOTSUPP}) and fields at the end of a body (ignored).
namespace lxcpp::protocol {

inline constexpr std::uint32_t kMagic = 0x6d43584c; // "LXCm"
inline constexpr std::uint8_t kMajor = 1;
inline constexpr std::uint8_t kMinor = 1;
inline constexpr std::size_t kHeaderSize = 16;
inline constexpr std::size_t kMaxRequest = 4096;          // bytes a request packet may have
inline constexpr std::size_t kMaxPacket = 48 * 1024;      // bytes any packet may have
inline constexpr std::size_t kMaxText = 4096;             // name, error text
inline constexpr std::size_t kConsoleChunk = 32 * 1024;   // bytes of console log in one reply

// Requests.
struct GetVersion { // -> Version
    bool operator==(const GetVersion&) const = default;
};
struct GetStatus { // -> Status
    bool operator==(const GetStatus&) const = default;
};
struct Subscribe { // -> Status at once, then an Event for each change
    bool operator==(const Subscribe&) const = default;
};
struct Kill { // sends the signal to the container's init -> Ok
    std::int32_t signal = 0;
    bool operator==(const Kill&) const = default;
};
struct SetState { // a tool tells what it does: freezing, frozen, thawed, stopping, running again -> Ok
    State state = State::Running;
    bool operator==(const SetState&) const = default;
};
struct OpenConsole { // 0 = console, n = that tty, -1 = first free tty -> Opened with a descriptor
    std::int32_t tty = -1;
    bool operator==(const OpenConsole&) const = default;
};
struct Resize { // window size of the console (tty 0) -> Ok
    std::uint16_t rows = 0;
    std::uint16_t columns = 0;
    bool operator==(const Resize&) const = default;
};
// The ring buffer from that position of the console's byte stream on, or from the oldest byte kept
// -> ConsoleLog. clear empties the buffer once its end was sent.
struct ReadConsoleLog {
    std::uint64_t position = 0;
    bool clear = false;
    bool operator==(const ReadConsoleLog&) const = default;
};
struct ClearConsoleLog { // -> Ok
    bool operator==(const ClearConsoleLog&) const = default;
};

struct Upgrade { // go on with the installed monitor program -> Ok, then this connection ends (since 1.1)
    bool operator==(const Upgrade&) const = default;
};

// Replies and events.
struct Ok {
    bool operator==(const Ok&) const = default;
};
struct Version { // of the monitor that runs
    std::uint8_t major = kMajor;
    std::uint8_t minor = kMinor;
    std::string program; // "0.1.0"
    bool operator==(const Version&) const = default;
};
struct Failure {
    std::int32_t error = 0; // errno value
    std::string text;       // one line for the administrator
    bool operator==(const Failure&) const = default;
};
struct Status {
    State state = State::Running;
    std::int32_t pid = -1;        // of init, in the monitor's pid namespace
    std::uint64_t start_time = 0; // of init, see sys::start_time
    std::optional<sys::ExitStatus> exit;
    bool operator==(const Status&) const = default;
};
struct Event {
    std::string name;
    State state = State::Running;
    std::int32_t pid = -1;
    std::optional<sys::ExitStatus> exit; // with STOPPING and STOPPED, when it is known
    bool operator==(const Event&) const = default;
};
struct Opened {
    std::int32_t tty = 0;
    bool operator==(const Opened&) const = default;
};
struct ConsoleLog {
    std::uint64_t next = 0; // position to continue with
    bool more = false;      // there was more at that moment
    std::string data;
    bool operator==(const ConsoleLog&) const = default;
};

using Message = std::variant<GetVersion, GetStatus, Subscribe, Kill, SetState, OpenConsole, Resize,
                             ReadConsoleLog, ClearConsoleLog, Upgrade, Ok, Version, Failure, Status, Event,
                             Opened, ConsoleLog>;

struct Frame {
    std::uint32_t id = 0;
    Message message;
    bool operator==(const Frame&) const = default;
};

enum class Problem { Size, Magic, Version, Type, Value };

// A packet that is not a message. id is the one in its header, 0 when that was not readable.
class ProtocolError : public Error {
public:
    ProtocolError(Problem problem, std::uint32_t id, std::string message)
        : Error(std::move(message)), problem_(problem), id_(id) {}
    [[nodiscard]] Problem problem() const noexcept { return problem_; }
    [[nodiscard]] std::uint32_t id() const noexcept { return id_; }

private:
    Problem problem_;
    std::uint32_t id_;
};

// Texts longer than the limits above are cut.
[[nodiscard]] std::string encode(std::uint32_t id, const Message& message);
// Any bytes are fine as input; what is not exactly one message throws ProtocolError.
[[nodiscard]] Frame decode(std::string_view packet);

} // namespace lxcpp::protocol
