// SPDX-License-Identifier: Apache-2.0
#include "config/man_page.h"

#include "config/bridge_config.h"
#include "config/global.h"
#include "config/item.h"
#include "config/names.h"

#include <fmt/format.h>

namespace lxcpp {
namespace {

// Text as roff prints it: no escape, no hyphen that breaks a copied key, no control line.
std::string roff(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\') {
            out += "\\e";
            continue;
        }
        if ((c == '.' || c == '\'') && out.empty()) out += "\\&";
        if (c == '-') out += '\\';
        out += c;
    }
    return out;
}

constexpr std::string_view kLater = ".I Kept, but not acted on yet.";

constexpr std::string_view kFormat = R"(.SH DESCRIPTION
The configuration of a container is the file
.I config
in its directory. Each line is
.PP
.RS
.I key
=
.I value
.RE
.PP
Blanks around key and value do not count. One pair of equal quotes around the value is taken away.
A line that begins with # is a comment; there are no comments behind a value. Lines whose first word
does not begin with "lxc." are ignored. Nothing is expanded.
.PP
A key marked
.I list
may stand on several lines, which add up; of any other key the last line counts. An empty value takes
the key back to its default, and a list to nothing. Lines are carried out in their order, those of an
included file in the place of its
.B lxc.include
line, so a file that takes something back stands behind the one that set it.
.PP
An unknown key or a value that is not valid makes the whole file unusable; the message names file, line
and, for a misspelt key, the one that was probably meant. "lxcpp\-config lint" reports all problems of
a file at once.
.PP
Sizes are in bytes and may end in KB, MB or GB (powers of 1024). Numbers may be written in hexadecimal
with 0x in front, or in octal with 0. A signal is a number, a name that begins with SIG, SIGRTMIN+N or SIGRTMAX\-N.
.PP
A COMMAND is split at blanks and run without a shell. 'text' and "text" are one word each, a backslash takes
the character behind it as it is (not between single quotes), and $'text' is a word in which \en is a line break, \et a tab,
\e' a quote, \e\e a backslash and \exHH the byte with that number. Nothing is expanded.
)";

constexpr std::string_view kUserMode = R"(.SH USER-MODE NETWORKING
An ordinary user's container whose lxc.net.N.type is user, or veth where root has allowed that user no bridge, has
its packets carried by a program of the user:
.BR pasta (1),
or
.BR slirp4netns (1)
where pasta is missing, too old, or the host has no default route. To others they are the user's own. The
container has the address 10.0.2.15/24 (lxc.net.N.ipv4.address is another one, ipv4.gateway another gateway), the
gateway 10.0.2.2 and the name server 10.0.2.3, which asks the one of the host; where the host has IPv6 also
fd00::15, fd00::2 and, if the host has a name server there, fd00::3. DHCP gives the same, so that any
distribution finds its network; one that asks no DHCP server has to have the name server in its /etc/resolv.conf. The name server answers over UDP; pasta asks the first one that /etc/resolv.conf
of the host named when the container started.
.PP
lxc.net.N.name, hwaddr, mtu (65520), flags and the scripts mean what they do elsewhere; link, l2proxy, gateways "auto"
and "dev" and a second address of a family are refused, and a container has one such device. slirp4netns has its gateway at the
second address of the network, and of IPv6 networks fd00::/64 only. Of a veth in place of which this is made, addresses are not
used: they are the bridge's.
.PP
What listens on the host's loopback (127.0.0.0/8, ::1) cannot be reached from inside, whatever root inside sends; what
listens on the host's other addresses can. lxc.publish needs no rights: ports below the sysctl
net.ipv4.ip_unprivileged_port_start cannot be had. With pasta the container sees who connects, and what comes from the host's
own 127.0.0.1 comes by the container's loopback (UDP with pasta of 2023 only where both ports are the same); slirp4netns publishes on IPv4 only,
all comes from 10.0.2.2, and UDP from the host's own 127.0.0.1 is not answered.
.PP
The program ends with the container. When it ends before, the container goes on without network, lxcpp\-info says why, and so
does lxc.log.file.
)";

constexpr std::string_view kNotes = R"(.SH NOTES
The keys and their meaning are those of LXC, so that its configurations can be used as they are. Where
they differ: included directories are read in the order of their names; an IPv4 address without prefix
takes that of its class in the right byte order; a time offset may be negative in every unit; values
that LXC accepts and silently replaces or cuts off (user ids that are no numbers, interface names that are
too long, flags other than "up") are refused; lxc.keyring.session means what its description says.
.PP
A container of an ordinary user can have lxc.net.N.type = veth on the bridges that root has allowed in
.BR lxcpp\-usernet (5),
or without a link where it allows "none". Addresses, gateways, name, mtu, hardware address and scripts are as for
root; the end on the host has a name that lxcpp\-user\-nic gives it, and the mtu of the bridge. On the managed
bridge hardware address and IPv6 address are given, and one IPv4 address can be asked for. VLANs, routers,
proxies and all other types are root's alone.
.SH FILES
.TP
.I /var/lib/lxcpp/NAME/config
The configuration of the container NAME.
.TP
.I /etc/lxcpp/default.conf
What a new container starts from.
.SH SEE ALSO
.BR lxcpp\-config (1),
.BR lxcpp.conf (5),
.BR lxcpp\-usernet (5)
)";

std::string header(std::string_view name, std::string_view purpose) {
    return fmt::format(".\\\" Printed from the table of keys.\n"
                       ".TH {} 5 \"\" \"lxcpp\" \"File formats\"\n"
                       ".SH NAME\n{} \\- {}\n",
                       name, name, purpose);
}

std::string key_entry(const KeyInfo& key) {
    std::string entry =
        fmt::format(".TP\n.BR \"{}\" \" = \" \"{}\"", roff(key.name), roff(key.syntax));
    entry += key.list ? " \" (list)\"\n" : "\n";
    entry += roff(key.help);
    if (!key.fallback.empty() && key.fallback != "NOTSET")
        entry += fmt::format(" Default: {}.", roff(key.fallback));
    if (key.applied == Applied::Later) entry += "\n" + std::string(kLater);
    return entry + "\n";
}

template <typename E>
std::string words(std::string_view key) {
    return fmt::format(".TP\n.B {}\n{}\n", roff(key), roff(name_list<E>()));
}

std::string all_words() {
    return ".SH WORDS\nThe values of the keys that take a word.\n" + words<Arch>("lxc.arch") +
           words<NetType>("lxc.net.N.type") + words<VethMode>("lxc.net.N.veth.mode") +
           words<MacvlanMode>("lxc.net.N.macvlan.mode") +
           words<IpvlanMode>("lxc.net.N.ipvlan.mode") +
           words<IpvlanIsolation>("lxc.net.N.ipvlan.isolation");
}

} // namespace

std::string container_conf_man_page() {
    std::string page = header("lxcpp.container.conf", "configuration of a container");
    page += kFormat;
    page += ".SH KEYS\n";
    for (const auto& key : all_keys()) page += key_entry(key);
    return page + all_words() + std::string(kUserMode) + std::string(kNotes);
}

std::string system_conf_man_page() {
    std::string page = header("lxcpp.conf", "settings of the host for all containers");
    page += ".SH DESCRIPTION\nThe file\n.I /etc/lxcpp/lxcpp.conf\nholds lines \"key = value\" as "
            "in\n.BR lxcpp.container.conf (5).\nIt need not exist. \"lxcpp\\-config KEY\" prints "
            "the value in force. The keys are those of LXC's lxc.conf.\n.SH KEYS\n";
    for (const auto& key : global_keys())
        page += fmt::format(".TP\n.B {}\n{}{}\n", roff(key.name), roff(key.help),
                            key.applied ? "" : std::string("\n") + std::string(kLater));
    return page + ".SH SEE ALSO\n.BR lxcpp\\-config (1),\n.BR lxcpp.container.conf (5)\n";
}

std::string net_conf_man_page() {
    std::string page = header("lxcpp\\-net.conf", "the bridge that lxcpp\\-net manages");
    page += ".SH DESCRIPTION\nThe file\n.I /etc/lxcpp/net.conf\nholds lines \"key = value\". It need not exist: each key has "
            "a default, and the networks that \"auto\" stands for are chosen once and remembered. A line that begins with # is a "
            "comment. \"lxcpp\\-net edit\" opens it and refuses what is wrong; \"lxcpp\\-net up\" makes changes effective, "
            "without containers noticing. The variables of LXC's /etc/default/lxc\\-net are no keys, but the message about one "
            "says what it is here.\n.SH KEYS\n";
    for (const auto& key : bridge_keys()) {
        page += fmt::format(".TP\n.BR \"{}\" \" = \" \"{}\"\n{}", roff(key.name), roff(key.syntax), roff(key.help));
        if (!key.fallback.empty()) page += fmt::format(" Default: {}.", roff(key.fallback));
        page += "\n";
    }
    return page + ".SH SEE ALSO\n.BR lxcpp\\-net (1),\n.BR lxcpp.container.conf (5),\n.BR dnsmasq (8),\n.BR nft (8)\n";
}

} // namespace lxcpp
