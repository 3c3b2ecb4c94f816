// SPDX-License-Identifier: Apache-2.0
#include "network/bridge_names.h"

#include "base/ascii.h"
#include "base/strings.h"
#include "network/dnsmasq_text.h"
#include "network/reservations.h"
#include "sys/file.h"

#include <fmt/format.h>

namespace lxcpp {
namespace {

std::string host_name() {
    const std::string name(trim(sys::read_file_if_exists("/proc/sys/kernel/hostname").value_or("")));
    return name.substr(0, name.find('.'));
}

// DNS knows no capitals.
std::filesystem::path name_file(const BridgeFiles& files, std::string_view container) {
    return files.names() / ascii_lower(container);
}

std::string directory_of(const std::string& lxcpath, const std::string& container) {
    return (std::filesystem::path(lxcpath).lexically_normal() / container).string();
}

std::string mark_of(const std::string& lxcpath, const std::string& container) {
    return fmt::format("# {}\n", ansi_quote(directory_of(lxcpath, container)));
}

// The directory of the container whose name it is; "" when nobody's.
std::string holder(const BridgeFiles& files, std::string_view container) {
    const auto text = sys::read_file_if_exists(name_file(files, container));
    if (!text || !text->starts_with("# ")) return "";
    const std::string_view line = std::string_view(*text).substr(2, text->find('\n') - 2);
    return ansi_unquote(line).value_or("");
}

std::string text_for(const BridgeSettings& settings, const PortOwner& owner,
                     const ContainerNames& names, const std::string& ipv4,
                     const std::string& ipv6) {
    return mark_of(owner.lxcpath, owner.container) +
           name_lines(owner.container, settings.domain, names.alone, ipv4, ipv6);
}

// One of several devices has the name.
std::string user_mark(const PortOwner& owner) {
    return mark_of(owner.lxcpath, fmt::format("{}/{}", owner.container, owner.nic));
}

// Root's container, or another device of the same one.
bool is_anothers(const BridgeFiles& files, const PortOwner& owner, const std::string& holder) {
    if (!is_of_user({holder, "", 0})) return sys::exists(holder);
    const auto slash = holder.rfind('/');
    PortOwner other = owner;
    other.nic = static_cast<unsigned>(parse_u64(std::string_view(holder).substr(slash + 1)).value_or(0));
    return other.nic != owner.nic && !reserved_address(files, other).empty();
}

} // namespace

ContainerNames names_for(std::string_view container, std::string_view host_name) {
    if (!is_host_name(container)) return {false, false, "is no name that DNS could have"};
    const std::string name = ascii_lower(container);
    if (name == "localhost" || name.ends_with(".localhost"))
        return {false, false, "is each machine's own name for itself"};
    // Somebody else's on the internet, as example.org.
    if (name.find('.') != name.npos) return {true, false, "has a dot"};
    if (same_letters(name, host_name)) return {true, false, "is the host's own"};
    return {true, true, ""};
}

std::string write_name(const BridgeSettings& settings, const BridgeFiles& files,
                       const PortOwner& owner, const std::string& ipv4, const std::string& ipv6) {
    const ContainerNames names = names_for(owner.container, host_name());
    if (!names.whole)
        return fmt::format("the container has no name on {}: {} {}", settings.bridge,
                           owner.container, names.why);
    const std::string other = holder(files, owner.container);
    // A user's goes: root's containers come first.
    if (!other.empty() && other != directory_of(owner.lxcpath, owner.container) &&
        !is_of_user({other, "", 0}) && sys::exists(other))
        return fmt::format("the container has no name on {}: {}.{} is the container {}",
                           settings.bridge, ascii_lower(owner.container), settings.domain,
                           printable(other));
    const std::string text = text_for(settings, owner, names, ipv4, ipv6);
    const std::filesystem::path file = name_file(files, owner.container);
    if (sys::read_file_if_exists(file) != text) sys::write_file_atomic(file, text, 0644);
    return "";
}

bool rewrite_name(const BridgeSettings& settings, const BridgeFiles& files, const PortOwner& owner,
                  const std::string& ipv4, const std::string& ipv6) {
    if (holder(files, owner.container) != directory_of(owner.lxcpath, owner.container))
        return false;
    const auto before = sys::read_file_if_exists(name_file(files, owner.container));
    (void)write_name(settings, files, owner, ipv4, ipv6);
    return sys::read_file_if_exists(name_file(files, owner.container)) != before;
}

std::string user_label(std::string_view user, uid_t uid) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
    constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyz0123456789-";
    constexpr std::size_t kLongest = 32;
    const bool fine = !user.empty() && user.size() <= kLongest && user.front() != '-' &&
                      user.back() != '-' && user.find_first_of(kLetters) != user.npos &&
                      user.find_first_not_of(kPlain) == user.npos;
    return fine ? std::string(user) : std::to_string(uid);
}

void write_user_name(const BridgeSettings& settings, const BridgeFiles& files,
                     const PortOwner& owner, std::string_view user, const std::string& ipv4,
                     const std::string& ipv6) {
    const auto uid = parse_u64(std::string_view(owner.lxcpath).substr(path_of_user(0).size() - 1));
    const std::string name = owner.container + '.' + user_label(user, static_cast<uid_t>(uid.value_or(0)));
    if (!is_host_name(owner.container) || !is_host_name(name)) return;
    const std::string other = holder(files, name);
    const std::string text =
        user_mark(owner) + name_lines(name, settings.domain, false, ipv4, ipv6);
    if (!other.empty() && is_anothers(files, owner, other)) return;
    if (sys::read_file_if_exists(name_file(files, name)) != text)
        sys::write_file_atomic(name_file(files, name), text, 0644);
}

void remove_user_names(const BridgeFiles& files, const PortOwner& owner) {
    if (!sys::exists(files.names())) return;
    for (const std::string& name : sys::list_dir(files.names())) {
        const auto text = sys::read_file_if_exists(files.names() / name);
        if (text && text->starts_with(user_mark(owner))) sys::remove_file(files.names() / name);
    }
}

bool remove_name(const BridgeFiles& files, const std::string& lxcpath,
                 const std::string& container) {
    if (holder(files, container) != directory_of(lxcpath, container)) return false;
    sys::remove_file(name_file(files, container));
    return true;
}

} // namespace lxcpp
