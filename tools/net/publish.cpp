// SPDX-License-Identifier: Apache-2.0
#include "net/commands.h"

#include "base/one_line.h"
#include "base/strings.h"
#include "common/rows.h"
#include "common/say.h"
#include "config/edit.h"
#include "config/global.h"
#include "config/load.h"
#include "config/validate_network.h"
#include "network/bridge_port.h"
#include "network/publish.h"
#include "network/user_state.h"
#include "sys/file.h"
#include "sys/lock.h"

#include <lxcpp/error.h>
#include <lxcpp/manager.h>

#include <algorithm>
#include <chrono>
#include <fmt/core.h>
#include <iterator>

namespace lxcpp::tools::net {
namespace {

constexpr std::string_view kKey = "lxc.publish";
constexpr std::chrono::seconds kLockWait{30};

std::string lxcpath_of(const Cli& cli) {
    return cli.lxcpath().empty() ? load_global_config(default_paths()).lxcpath : cli.lxcpath();
}

// A container whose configuration nobody else changes meanwhile.
class EditedContainer {
public:
    EditedContainer(const Cli& cli, std::string name)
        : name_(std::move(name)), lxcpath_(lxcpath_of(cli)) {
        check_container_name(name_);
        file_ = std::filesystem::path(lxcpath_) / name_ / "config";
        if (!sys::exists(file_))
            throw StateError(StateProblem::NotFound,
                             "no such container: " + file_.string() + " does not exist");
        const Paths paths = default_paths();
        const auto lock = container_lock_file(paths, lxcpath_, name_);
        sys::make_dirs(paths.runtime.parent_path(), 0755);
        sys::make_private_dirs(paths.runtime);
        sys::make_private_dirs(lock.parent_path());
        lock_ = sys::FileLock::acquire(lock, kLockWait, true);
        if (!lock_)
            throw StateError(StateProblem::Busy, name_ + ": another command is working on it");
        text_ = ConfigText(read_config_file(file_));
        const Config config = load_config(file_).config;
        published = config.publish;
        has_device = std::ranges::any_of(config.net, can_publish);
    }
    ~EditedContainer() {
        lock_.reset();
        (void)sys::try_remove_dir(
            container_lock_file(default_paths(), lxcpath_, name_).parent_path());
    }
    EditedContainer(const EditedContainer&) = delete;
    EditedContainer& operator=(const EditedContainer&) = delete;

    [[nodiscard]] const ConfigText& text() const noexcept { return text_; }
    [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
    // What runs first: a port that is taken changes nothing in the file.
    void take_effect(const std::vector<PublishedPort>& ports) const {
        const Paths paths = default_paths();
        if (change_published(paths, lxcpath_, name_, ports)) return;
        const auto how = change_user_published(paths, runtime_dir(paths, lxcpath_, name_), ports);
        if (how == UserPublishing::Later)
            say("{}: pasta takes ports when it starts: this counts from the container's next start "
                "on (lxcpp-stop -r -n {})\n",
                name_, name_);
    }
    std::vector<PublishedPort> published;
    bool has_device = false;

private:
    std::string name_;
    std::string lxcpath_;
    std::filesystem::path file_;
    std::optional<sys::FileLock> lock_;
    ConfigText text_;
};

PublishedPort wanted_port(const std::string& text, const std::string& listen) {
    if (listen.empty()) return parse_published_port(text);
    if (!parse_published_port(text).listen.empty())
        throw Error(fmt::format("{}: it has an address already, and --listen is another", text));
    const bool bare_ipv6 = listen.find(':') != std::string::npos && !listen.starts_with('[');
    return parse_published_port(bare_ipv6 ? fmt::format("[{}]:{}", listen, text)
                                          : fmt::format("{}:{}", listen, text));
}

void check_new(const PublishedPort& port, const std::vector<PublishedPort>& others) {
    for (const PublishedPort& other : others) {
        if (conflict(port, other))
            throw Error(fmt::format("{}: the container has {} already", published_port_text(port),
                                    published_port_text(other)));
    }
}

struct Published {
    std::string container;
    PublishedPort port;
};

// What the configurations of the other containers of the same lxcpath have.
std::vector<Published> published_by_others(const Manager& manager, const std::string& own) {
    std::vector<Published> all;
    for (const std::string& name : manager.names()) {
        if (name == own) continue;
        try {
            const Config config = load_config(manager.lxcpath() / name / "config").config;
            for (const PublishedPort& port : config.publish) all.push_back({name, port});
        } catch (const Error&) { // what cannot be read does not start either
        }
    }
    return all;
}

// A line to be said when the port is free now and need not be later; else empty.
std::string check_others(const PublishedPort& port, const std::vector<Published>& others) {
    const auto other = std::ranges::find_if(
        others, [&](const Published& one) { return conflict(port, one.port); });
    const std::string text = published_port_text(port);
    if (const auto listener = listener_in_the_way(port)) { // a user's container has a program that does
        if (other == others.end())
            throw Error(fmt::format("{}: a program of the host listens on {}", text, *listener));
        throw Error(fmt::format("{}: the container {} has it, or a program of the host: {} is taken",
                                text, printable(other->container), *listener));
    }
    if (other == others.end()) return "";
    return fmt::format("{}: the container {} publishes it, too: only one of both runs at a time",
                       text, printable(other->container));
}

// "8080", "8080/udp", or as it was published.
bool is_meant(const PublishedPort& port, const std::string& text) {
    if (text.find(':') != std::string::npos) return port == parse_published_port(text);
    return text == std::to_string(port.host_port) ||
           text == fmt::format("{}/{}", port.host_port, port.udp ? "udp" : "tcp");
}

} // namespace

int publish(const Cli& cli, const Options& options) {
    clean_up_after_dead(cli);
    EditedContainer container(cli, cli.words().at(1));
    ConfigText text = container.text();
    std::vector<PublishedPort> fresh;
    std::vector<std::string> lines;
    const auto others = published_by_others(Manager(lxcpath_of(cli)), cli.words()[1]);
    for (std::size_t i = 2; i < cli.words().size(); ++i) {
        const PublishedPort port = wanted_port(cli.words()[i], options.listen);
        check_new(port, container.published);
        std::string line = check_others(port, others);
        if (!line.empty()) lines.push_back(std::move(line));
        container.published.push_back(port);
        fresh.push_back(port);
        text = with_added(text, container.file(), kKey, published_port_text(port));
    }
    container.take_effect(container.published);
    save_config(text, container.file());
    if (cli.quiet()) return 0;
    std::ranges::move(foreign_listen_addresses(fresh), std::back_inserter(lines));
    for (const std::string& line : lines) say("{}: {}\n", cli.program(), line);
    if (!container.has_device)
        say("{}: {} has no device that ports are published to, and does not start until it has: "
            "lxc.net.N.type = veth with lxc.net.N.link = the managed bridge\n",
            cli.program(), cli.words().at(1));
    return 0;
}

int unpublish(const Cli& cli) {
    EditedContainer container(cli, cli.words().at(1));
    ConfigText text = container.text();
    for (std::size_t i = 2; i < cli.words().size(); ++i) {
        const std::string& wanted = cli.words()[i];
        const auto found = std::ranges::find_if(
            container.published, [&](const PublishedPort& port) { return is_meant(port, wanted); });
        if (found == container.published.end())
            throw Error(fmt::format("{}: {} is not published", cli.words()[1], printable(wanted)));
        bool removed = false;
        for (const std::string& value : text.values(kKey)) { // as it was written
            if (removed || value.empty() || parse_published_port(value) != *found) continue;
            text = without(text, container.file(), kKey, value);
            removed = true;
        }
        if (!removed)
            throw Error(fmt::format("{} is published by a file that {} includes", printable(wanted),
                                    container.file().string()));
        container.published.erase(found);
    }
    container.take_effect(container.published);
    save_config(text, container.file());
    return 0;
}

int published(const Cli& cli, const Options& options) {
    const Format format = parse_format(options.format);
    const Manager manager(lxcpath_of(cli));
    Rows rows{.columns = {{"NAME"}, {"LISTEN"}, {"HOST_PORT"}, {"PORT"}, {"PROTOCOL"}}, .rows = {}};
    const std::string only = cli.words().size() > 1 ? cli.words()[1] : "";
    const std::vector<std::string> names = manager.names();
    if (!only.empty() && std::ranges::count(names, only) == 0)
        throw StateError(StateProblem::NotFound,
                         fmt::format("no such container: {} is not in {}", printable(only),
                                     manager.lxcpath().string()));
    for (const std::string& name : names) {
        if (!only.empty() && only != name) continue;
        Config config;
        try {
            config = load_config(manager.lxcpath() / name / "config").config;
        } catch (const Error& error) { // of one container, and no reason to hide the others
            if (!cli.quiet())
                say("{}: {}: {}\n", cli.program(), printable(name), one_line(error.what()));
        }
        for (const PublishedPort& port : config.publish)
            rows.rows.push_back({name, port.listen.empty() ? Cell() : Cell(port.listen),
                                 std::int64_t{port.host_port}, std::int64_t{port.port},
                                 std::string(port.udp ? "udp" : "tcp")});
    }
    fmt::print("{}", print_rows(rows, format));
    return 0;
}

} // namespace lxcpp::tools::net
