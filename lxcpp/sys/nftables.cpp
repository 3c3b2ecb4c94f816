// SPDX-License-Identifier: Apache-2.0
#include "sys/nftables.h"

#include "base/fd.h"
#include "sys/eintr.h"
#include "sys/netlink.h"

#include <lxcpp/error.h>

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <optional>
#include <sys/socket.h>
#include <sys/time.h>

namespace lxcpp::sys {
namespace {

constexpr timeval kPatience{5, 0};
constexpr std::uint16_t kAdd = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_NEWSETELEM;
constexpr std::uint16_t kRemove = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_DELSETELEM;

// The kernel carries out what stands between the two marks, or nothing of it.
std::string batch_mark(std::uint16_t type, std::uint32_t sequence) {
    const nfgenmsg fixed{AF_UNSPEC, NFNETLINK_V0, htons(NFNL_SUBSYS_NFTABLES)};
    return NetlinkRequest(type, 0, as_bytes(fixed)).finish(sequence);
}

void add_value(NetlinkRequest& request, std::uint16_t type, const std::string& value) {
    request.nested(type, [&](NetlinkRequest& data) { data.bytes(NFTA_DATA_VALUE, value); });
}

NetlinkRequest element_request(std::uint16_t type, const SetElement& element) {
    const nfgenmsg fixed{static_cast<std::uint8_t>(element.family), NFNETLINK_V0, 0};
    const std::uint16_t flags = type == kAdd ? NLM_F_CREATE | NLM_F_ACK : NLM_F_ACK;
    NetlinkRequest request(type, flags, as_bytes(fixed));
    request.text(NFTA_SET_ELEM_LIST_TABLE, element.table);
    request.text(NFTA_SET_ELEM_LIST_SET, element.set);
    request.nested(NFTA_SET_ELEM_LIST_ELEMENTS, [&](NetlinkRequest& list) {
        list.nested(NFTA_LIST_ELEM, [&](NetlinkRequest& one) {
            add_value(one, NFTA_SET_ELEM_KEY, element.key);
            if (!element.data.empty()) add_value(one, NFTA_SET_ELEM_DATA, element.data);
        });
    });
    return request;
}

// The errno of each element, 0 for none.
std::vector<int> receive_verdicts(FdRef fd, std::size_t count, const std::string& what) {
    std::vector<int> verdicts(count, 0);
    std::array<char, 32768> buffer;
    for (std::size_t seen = 0; seen < count;) {
        const ssize_t size =
            retry_eintr([&] { return ::recv(fd.raw(), buffer.data(), buffer.size(), 0); });
        if (size <= 0) throw SystemError(what, size == 0 ? EIO : errno);
        std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
        while (const auto answer = take_answer(bytes)) {
            if (answer->type != NLMSG_ERROR) continue;
            const NetlinkVerdict verdict = parse_verdict(*answer);
            // 0 is the mark at the beginning: the whole batch was refused.
            if (answer->sequence == 0 || answer->sequence > count) {
                if (verdict.error != 0) throw SystemError(what, verdict.error);
                continue;
            }
            verdicts[answer->sequence - 1] = verdict.error;
            ++seen;
        }
    }
    return verdicts;
}

Fd netfilter_socket() {
    Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER));
    if (!fd.valid()) throw SystemError("open a netfilter socket");
    ::setsockopt(fd.raw(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    return fd;
}

std::vector<int> change(FdRef fd, std::uint16_t type, std::span<const SetElement> elements,
                        const std::string& what) {
    std::string batch = batch_mark(NFNL_MSG_BATCH_BEGIN, 0);
    std::uint32_t sequence = 0;
    for (const SetElement& element : elements) batch += element_request(type, element).finish(++sequence);
    batch += batch_mark(NFNL_MSG_BATCH_END, ++sequence);
    const ssize_t sent =
        retry_eintr([&] { return ::send(fd.raw(), batch.data(), batch.size(), MSG_NOSIGNAL); });
    if (sent != static_cast<ssize_t>(batch.size())) throw SystemError(what);
    return receive_verdicts(fd, elements.size(), what);
}

// What the kernel has of it; nullopt: nothing.
std::optional<std::string> ask(const NetlinkRequest& question, const std::string& what) {
    std::string found;
    try {
        Netlink(netfilter_socket()).request(question, what, [&](std::uint16_t, std::string_view payload) {
            found = payload;
        });
    } catch (const SystemError& error) {
        if (error.code() != ENOENT) throw;
        return std::nullopt;
    }
    return found;
}

std::string what_of(const char* verb, const SetElement& element) {
    return fmt::format("{} set {} of the nftables table {}", verb, element.set, element.table);
}

} // namespace

void add_set_elements(std::span<const SetElement> elements) {
    if (elements.empty()) return;
    const auto verdicts =
        change(netfilter_socket(), kAdd, elements, what_of("add to", elements.front()));
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        if (verdicts[i] != 0) throw SystemError(what_of("add to", elements[i]), verdicts[i]);
    }
}

Fd remove_set_elements(std::span<const SetElement> elements) {
    if (elements.empty()) return {};
    Fd socket = netfilter_socket();
    const std::string what = what_of("remove from", elements.front());
    bool refused = false;
    for (const int error : change(socket, kRemove, elements, what)) refused = refused || error != 0;
    if (!refused) return socket;
    // One that is missing spoils it for all.
    for (const SetElement& element : elements) {
        const int error = change(socket, kRemove, std::span(&element, 1), what).front();
        if (error != 0 && error != ENOENT)
            throw SystemError(what_of("remove from", element), error);
    }
    return socket;
}

bool has_table(NftFamily family, const std::string& table) {
    constexpr std::uint16_t kGet = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE;
    const nfgenmsg fixed{static_cast<std::uint8_t>(family), NFNETLINK_V0, 0};
    NetlinkRequest request(kGet, 0, as_bytes(fixed));
    request.text(NFTA_TABLE_NAME, table);
    return ask(request, fmt::format("look for the nftables table {}", table)).has_value();
}

bool has_set_element(const SetElement& element) {
    constexpr std::uint16_t kGet = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM;
    SetElement key = element;
    key.data.clear();
    const auto found = ask(element_request(kGet, key), what_of("look into", element));
    // The kernel says what is with the key; its value is the last thing that it says.
    return found && (element.data.empty() || found->find(element.data) != found->npos);
}

} // namespace lxcpp::sys
