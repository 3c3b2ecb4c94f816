// SPDX-License-Identifier: Apache-2.0
#include "image/oci_content.h"

#include "base/error.h"
#include "base/strings.h"
#include "image/architecture.h"
#include "image/oci_user.h"
#include "image/os_release.h"
#include "sys/file.h"
#include "sys/signal.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fcntl.h>
#include <fmt/core.h>
#include <fmt/ranges.h>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::string_view kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr std::size_t kMostProperties = 500;
constexpr std::size_t kLongestProperty = 4096;

// Last components of programs that are an init.
constexpr std::array<std::string_view, 9> kInits{"init", "systemd", "s6-init", "s6-svscan", "openrc-init",
                                                 "runit", "runit-init", "dinit", "finit"};
constexpr std::array<std::string_view, 6> kShells{"sh", "bash", "ash", "dash", "zsh", "busybox"};
constexpr std::array<std::string_view, 2> kInitPlaces{"sbin/init", "usr/sbin/init"};

template <std::size_t size>
bool named(const std::array<std::string_view, size>& names, std::string_view program) {
    return std::ranges::find(names, program.substr(program.rfind('/') + 1)) != names.end();
}

bool has_init(const sys::RootedDir& root) {
    return std::ranges::any_of(kInitPlaces, [&](std::string_view place) {
        try {
            return root.exists(place, sys::Links::InRoot);
        } catch (const Error&) {
            return false; // a loop of links
        }
    });
}

bool is_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '='; });
}

class Translator {
public:
    Translator(const OciImage& image, const sys::RootedDir& root) : image_(image), config_(image.config), root_(root) {}

    OciContent translate() {
        choose_kind();
        put_platform();
        put_command();
        put_environment();
        put_signal();
        finish_record();
        out_.content.config = lines_;
        out_.content.documents = {{"manifest.json", image_.manifest_text}, {"config.json", image_.config_text}};
        return std::move(out_);
    }

private:
    void line(std::string_view key, std::string_view value) { lines_ += fmt::format("{} = {}\n", key, value); }
    void note(std::string text) { out_.notes.push_back(std::move(text)); }
    [[nodiscard]] bool boots() const { return out_.record.kind == ImageKind::System; }

    void choose_kind() {
        argv_ = config_.entrypoint;
        argv_.insert(argv_.end(), config_.command.begin(), config_.command.end());
        const bool idle = argv_.empty() || (config_.entrypoint.empty() && argv_.size() == 1 && named(kShells, argv_.front()));
        const bool starts_init = !argv_.empty() && named(kInits, argv_.front());
        if (idle && !starts_init && has_init(root_)) argv_ = {"/sbin/init"};
        const bool system = !argv_.empty() && named(kInits, argv_.front());
        out_.record.kind = system ? ImageKind::System : ImageKind::Application;
        if (argv_.empty()) note("the image has no command: give one to lxcpp-execute");
    }

    void put_platform() {
        const auto known = find_oci_architecture(config_.platform.architecture, config_.platform.variant);
        out_.record.architecture = known ? std::string(known->machine) : config_.platform.architecture;
        if (known) line("lxc.arch", known->machine);
    }

    void put_command() {
        if (!argv_.empty()) line(boots() ? "lxc.init.cmd" : "lxc.execute.cmd", quote_command(argv_));
        user_ = find_oci_user(boots() ? "" : config_.user, root_);
        if (boots()) {
            if (!config_.user.empty() && config_.user != "root" && config_.user != "0")
                note(fmt::format("user {} of the image is left out: its init runs as root", printable(config_.user)));
            return;
        }
        if (user_.uid != 0 || user_.gid != 0) {
            line("lxc.init.uid", std::to_string(user_.uid));
            line("lxc.init.gid", std::to_string(user_.gid));
        }
        if (!user_.groups.empty()) line("lxc.init.groups", fmt::format("{}", fmt::join(user_.groups, ",")));
        put_directory();
    }

    void put_directory() {
        const std::string& directory = config_.working_directory;
        if (directory.empty() || directory == "/") return;
        if (printable(directory) != directory || trim(directory) != directory)
            return note("the working directory of the image is left out: it cannot be written on one line");
        const auto info = stat_in_root(directory);
        if (!info || !S_ISDIR(info->st_mode)) return note(fmt::format("the working directory {} is left out: the image does not have it", directory));
        line("lxc.init.cwd", directory);
    }

    [[nodiscard]] std::optional<struct stat> stat_in_root(const std::string& path) const {
        const auto opened = root_.try_open_at(path, O_PATH, 0, sys::Links::InRoot);
        if (!opened) return std::nullopt;
        return sys::stat_fd(*opened);
    }

    // For what runs in the container, never for hooks on the host.
    void put_environment() {
        bool path = false;
        bool home = false;
        for (const auto& [name, value] : config_.environment) {
            if (!is_word(name)) {
                note(fmt::format("the variable {} of the image is left out: no plain name", printable(name)));
                continue;
            }
            path = path || name == "PATH";
            home = home || name == "HOME";
            line("lxc.environment.runtime", quote_environment(name + "=" + value));
        }
        if (!path) line("lxc.environment.runtime", kPath);
        // As runc does it, where nobody says: the user's of the image, or else the root.
        if (!home) line("lxc.environment.runtime", quote_environment("HOME=" + (user_.home.empty() ? "/" : user_.home)));
    }

    void put_signal() {
        if (!config_.stop_signal.empty() && sys::parse_signal(config_.stop_signal))
            return line("lxc.signal.halt", config_.stop_signal);
        if (!config_.stop_signal.empty()) note(fmt::format("the stop signal {} of the image is not known", printable(config_.stop_signal)));
        if (!boots()) line("lxc.signal.halt", "SIGTERM");
    }

    void property(const std::string& name, const std::string& value) {
        auto& properties = out_.record.properties;
        const bool fits = name.size() < kLongestProperty && value.size() < kLongestProperty && name.find(": ") == name.npos;
        if (fits && !value.empty() && properties.size() < kMostProperties) properties.emplace(name, value);
    }

    [[nodiscard]] std::string annotation(const std::string& name) const {
        for (const auto* from : {&config_.labels, &image_.manifest.annotations})
            if (const auto found = from->find(name); found != from->end()) return found->second;
        return {};
    }

    void finish_record() {
        ImageRecord& record = out_.record;
        record.fingerprint = image_.fingerprint;
        record.created = parse_rfc3339(config_.created);
        record.volumes = config_.volumes;
        record.description = annotation("org.opencontainers.image.title");
        record.serial = annotation("org.opencontainers.image.version");
        const OsRelease os = read_os_release(root_);
        record.distribution = os.id;
        record.release = os.release;
        for (const auto& [name, value] : config_.labels) property("label." + name, value);
        for (const auto& [name, value] : image_.manifest.annotations) property("label." + name, value); // labels win
        for (const ExposedPort& port : config_.ports) {
            const std::string last = port.last == port.first ? "" : fmt::format("-{}", port.last);
            property(fmt::format("port.{}{}/{}", port.first, last, port.protocol), "exposed");
        }
        property("author", config_.author);
    }

    const OciImage& image_;
    const OciImageConfig& config_;
    const sys::RootedDir& root_;
    OciContent out_;
    std::vector<std::string> argv_;
    OciUser user_;
    std::string lines_;
};

} // namespace

OciContent translate_oci_image(const OciImage& image, const sys::RootedDir& root) { return Translator(image, root).translate(); }

std::time_t parse_rfc3339(std::string_view text) {
    std::tm time{};
    const std::string copy(text);
    const char* rest = ::strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
    if (rest == nullptr) return 0;
    if (*rest == '.')
        for (++rest; *rest >= '0' && *rest <= '9'; ++rest) {}
    const std::string_view zone(rest);
    std::time_t offset = 0;
    if (zone.size() == 6 && (zone[0] == '+' || zone[0] == '-')) {
        const auto hours = parse_u64(zone.substr(1, 2));
        const auto minutes = parse_u64(zone.substr(4, 2));
        if (!hours || !minutes) return 0;
        offset = static_cast<std::time_t>(*hours * 3600 + *minutes * 60) * (zone[0] == '+' ? 1 : -1);
    } else if (zone != "Z") {
        return 0;
    }
    const std::time_t result = ::timegm(&time) - offset;
    return result < 0 ? 0 : result;
}

} // namespace lxcpp::image
