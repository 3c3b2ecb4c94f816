// SPDX-License-Identifier: Apache-2.0
#include "debian/install.h"

#include "base/strings.h"
#include "debian/dependency_graph.h"
#include "sys/file.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <fmt/core.h>
#include <unordered_set>

namespace lxcpp::debian {
namespace {

constexpr std::string_view kPolicy = "usr/sbin/policy-rc.d";
constexpr std::string_view kPolicyText = "#!/bin/sh\nexit 101\n"; // invoke-rc.d(8): start nothing
constexpr std::string_view kDebs = "var/cache/apt/archives";
constexpr std::string_view kControl = "var/lib/dpkg/tmp.ci"; // where dpkg puts it
constexpr std::size_t kLogLines = 15;

// Configured before all others: without users, the C library's and the shell's set-up, and awk, the
// scripts of essential packages cannot work, and need not say so.
constexpr std::array<std::string_view, 6> kFirst{"base-passwd", "base-files", "libc-bin",
                                                 "dash",        "mawk",       "dpkg"};

std::string last_lines(const std::filesystem::path& log) {
    const auto text = sys::read_file_if_exists(log).value_or("");
    const auto lines = split_lines(text);
    std::string result;
    const auto count = std::min(lines.size(), kLogLines);
    for (const auto line : std::span(lines).last(count)) result += "\n  " + printable(line);
    return result;
}

// dpkg's own version without Debian's revision, as dpkg tells scripts.
std::string dpkg_version(std::span<const Package* const> packages) {
    for (const Package* package : packages) {
        if (package->name == "dpkg") return std::string(package->version.substr(0, package->version.rfind('-')));
    }
    throw Error("the package dpkg is missing");
}

class Installer {
public:
    Installer(const InstallRequest& request, const OpenDeb& open_deb, const RunContained& run,
              image::ProgressSink& progress)
        : request_(request), open_deb_(open_deb), run_(run), progress_(progress),
          root_(sys::RootedDir::open(request.rootfs)), version_(dpkg_version(request.packages)),
          graph_(make_graph(request.packages)) {}

    void install() {
        if (request_.merged_usr) make_merged_usr(root_, request_.architecture);
        unpacked_ = unpack_packages(root_, request_.packages, open_deb_, progress_);
        if (!request_.merged_usr) keep_usr_split();
        create_database(root_);
        forbid_services();
        image::ProgressPhase phase(progress_, "Configuring packages", request_.packages.size());
        install_core();
        phase.update(request_.core_count);
        install_rest();
        phase.update(request_.packages.size());
        check_all_installed(root_);
        root_.remove(kPolicy);
        phase.end(fmt::format("{} packages", request_.packages.size()));
    }

private:
    // The package usr-is-merged asks for this file where it is not so.
    void keep_usr_split() const {
        root_.make_dirs("etc");
        root_.write_file("etc/unsupported-skip-usrmerge-conversion", "this system will not be supported in the future\n");
    }

    void forbid_services() {
        root_.make_dirs("usr/sbin");
        const Fd file = root_.open_at(kPolicy, O_WRONLY | O_CREAT | O_EXCL, 0755);
        sys::write_all(file, kPolicyText, kPolicy);
    }

    [[nodiscard]] static std::vector<std::string> environment() {
        return {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME=/root",
                "LC_ALL=C",
                "TERM=dumb",
                "DEBIAN_FRONTEND=noninteractive",
                "DEBCONF_NONINTERACTIVE_SEEN=true",
                "SYSTEMD_OFFLINE=1"};
    }

    void run_or_fail(std::vector<std::string> argv, std::vector<std::string> extra, std::string_view what) {
        auto env = environment();
        env.insert(env.end(), extra.begin(), extra.end());
        const int status = run_({request_.rootfs, std::move(argv), std::move(env), request_.log});
        if (status != 0) {
            throw Error(fmt::format("{} failed with exit status {}:{}", what, status, last_lines(request_.log)));
        }
    }

    void dpkg(std::vector<std::string> arguments) {
        // The whole tree is synced once, when it is complete.
        std::vector<std::string> argv{"/usr/bin/dpkg", "--force-unsafe-io"};
        const std::string what = "dpkg " + arguments.front();
        argv.insert(argv.end(), arguments.begin(), arguments.end());
        run_or_fail(std::move(argv), {}, what);
    }

    // deb-preinst(5) and dpkg(1), "ENVIRONMENT": what a script may rely on. Whose questions are asked, debconf looks up in the
    // control file that dpkg has just taken out: those of "unknown" would never be removed.
    void run_preinst(const PackageFiles& files) {
        root_.make_dirs(kControl);
        root_.write_file(fmt::format("{}/control", kControl), files.control);
        run_or_fail({fmt::format("/var/lib/dpkg/info/{}.preinst", files.info_name), "install"},
                    {fmt::format("DPKG_MAINTSCRIPT_PACKAGE={}", files.package->name),
                     "DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT=1",
                     fmt::format("DPKG_MAINTSCRIPT_ARCH={}", files.package->architecture),
                     "DPKG_MAINTSCRIPT_NAME=preinst",
                     "DPKG_MAINTSCRIPT_DEBUG=0",
                     fmt::format("DPKG_RUNNING_VERSION={}", version_),
                     "DPKG_ADMINDIR=/var/lib/dpkg", "DPKG_ROOT=", "DPKG_FORCE=unsafe-io", "PERL_DL_NONLAZY=1"},
                    fmt::format("the preinst script of {}", files.package->name));
        root_.remove_tree(kControl);
    }

    [[nodiscard]] const PackageFiles& files(std::size_t number) const { return unpacked_.files[number]; }

    [[nodiscard]] bool has_preinst(std::size_t number) const {
        return unpacked_.left_to_dpkg[number] || files(number).has("preinst");
    }

    // From "its files lie there" to dpkg's "unpacked".
    void unpack_formally(const Numbers& numbers) {
        std::vector<const PackageFiles*> ours;
        std::vector<std::string> debs;
        for (const std::size_t number : numbers) {
            if (unpacked_.left_to_dpkg[number]) {
                debs.push_back(offer_deb(*request_.packages[number]));
                continue;
            }
            write_info(root_, files(number));
            if (files(number).has("preinst")) run_preinst(files(number));
            ours.push_back(&files(number));
        }
        register_unpacked(root_, ours);
        activate_file_triggers(root_, configured_, ours);
        if (!debs.empty()) unpack_by_dpkg(debs);
        unpacked_formally_.insert(numbers.begin(), numbers.end());
    }

    // Copies a .deb to where dpkg inside sees it.
    std::string offer_deb(const Package& package) {
        root_.make_dirs(kDebs, 0755, sys::Links::InRoot);
        const std::string path = fmt::format("{}/{}.deb", kDebs, package.name);
        open_deb_(package).copy_to(root_.open_at(path, O_WRONLY | O_CREAT | O_EXCL, 0644, sys::Links::InRoot));
        return path;
    }

    void unpack_by_dpkg(const std::vector<std::string>& debs) {
        std::vector<std::string> arguments{"--force-depends", "--unpack"};
        for (const std::string& path : debs) arguments.push_back("/" + path);
        dpkg(std::move(arguments));
        for (const std::string& path : debs) root_.remove(path, sys::Links::InRoot);
    }

    void configure(const Numbers& numbers) {
        if (numbers.empty()) return;
        std::vector<std::string> arguments{"--configure"};
        for (const std::size_t number : numbers) arguments.push_back(files(number).info_name);
        dpkg(std::move(arguments));
        for (const std::size_t number : numbers) configured_.push_back(&files(number));
    }

    void install_core() {
        Numbers order;
        const auto add = [&](std::size_t number) {
            if (std::find(order.begin(), order.end(), number) == order.end()) order.push_back(number);
        };
        for (const std::string_view name : kFirst) {
            for (std::size_t number = 0; number < request_.core_count; ++number) {
                if (request_.packages[number]->name == name) add(number);
            }
        }
        for (std::size_t number = 0; number < request_.core_count; ++number) add(number);
        unpack_formally(order);
        configure(order);
    }

    [[nodiscard]] bool is_configured(std::size_t number) const {
        return std::find(configured_.begin(), configured_.end(), &files(number)) != configured_.end();
    }

    [[nodiscard]] bool is_ready(std::size_t number) const {
        if (!has_preinst(number)) return true;
        const Numbers& needed = graph_.pre_depends[number];
        return std::all_of(needed.begin(), needed.end(), [&](std::size_t other) { return is_configured(other); });
    }

    void install_rest() {
        Numbers waiting(request_.packages.size() - request_.core_count);
        for (std::size_t i = 0; i < waiting.size(); ++i) waiting[i] = request_.core_count + i;
        while (!waiting.empty()) {
            Numbers ready;
            std::copy_if(waiting.begin(), waiting.end(), std::back_inserter(ready),
                         [&](std::size_t number) { return is_ready(number); });
            // A circle of pre-dependencies: the first one in order has to go ahead.
            if (ready.empty()) ready.push_back(waiting.front());
            std::erase_if(waiting, [&](std::size_t number) {
                return std::find(ready.begin(), ready.end(), number) != ready.end();
            });
            unpack_formally(ready);
            if (!waiting.empty()) configure(needed_by(waiting));
        }
        dpkg({"--configure", "--pending"});
    }

    // What the next preinst scripts wait for and is unpacked, with all it depends on.
    [[nodiscard]] Numbers needed_by(const Numbers& waiting) const {
        Numbers start;
        for (const std::size_t number : waiting) {
            const Numbers& needed = graph_.pre_depends[number];
            start.insert(start.end(), needed.begin(), needed.end());
        }
        Numbers result = closure(graph_, start);
        std::erase_if(result, [&](std::size_t number) {
            return !unpacked_formally_.contains(number) || is_configured(number);
        });
        drop_blocked(result);
        return result;
    }

    // dpkg refuses a package that depends on one which is not even unpacked: such packages wait for a
    // later round, and so do those that depend on them.
    void drop_blocked(Numbers& numbers) const {
        const auto available = [&](std::size_t number) {
            return is_configured(number) || std::find(numbers.begin(), numbers.end(), number) != numbers.end();
        };
        const auto blocked = [&](std::size_t number) {
            return !std::all_of(graph_.depends[number].begin(), graph_.depends[number].end(), available) ||
                   !std::all_of(graph_.pre_depends[number].begin(), graph_.pre_depends[number].end(), available);
        };
        for (auto found = std::find_if(numbers.begin(), numbers.end(), blocked); found != numbers.end();
             found = std::find_if(numbers.begin(), numbers.end(), blocked)) {
            numbers.erase(found);
        }
    }

    const InstallRequest& request_;
    const OpenDeb& open_deb_;
    const RunContained& run_;
    image::ProgressSink& progress_;
    sys::RootedDir root_;
    std::string version_;
    DependencyGraph graph_;
    Unpacked unpacked_;
    std::vector<const PackageFiles*> configured_;
    std::unordered_set<std::size_t> unpacked_formally_;
};

} // namespace

void install_packages(const InstallRequest& request, const OpenDeb& open_deb, const RunContained& run,
                      image::ProgressSink& progress) {
    Installer(request, open_deb, run, progress).install();
}

} // namespace lxcpp::debian
