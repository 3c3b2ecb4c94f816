// SPDX-License-Identifier: Apache-2.0
#include "image/image_publish.h"

#include "base/strings.h"
#include "image/image_import.h"
#include "image/metadata_writer.h"
#include "image/offer.h"
#include "image/os_release.h"
#include "image/pack.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/signal.h"
#include "sys/socket.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <array>
#include <cerrno>
#include <ctime>
#include <exception>
#include <fmt/core.h>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

namespace lxcpp::image {
namespace {

// What belongs to one machine, or to one run of it. Files below a directory go, the directory stays.
constexpr std::array<std::string_view, 19> kOfOneMachine{
    "etc/ssh/ssh_host_*_key*",
    "var/lib/dbus/machine-id",
    "var/lib/systemd/random-seed",
    "var/lib/systemd/credential.secret",
    "var/lib/dhcp/*",
    "var/lib/dhclient/*",
    "var/lib/dhcpcd/*",
    "var/lib/NetworkManager/*",
    "var/lib/cloud/instance*",
    "var/lib/cloud/data/*",
    "var/lib/cloud/sem/*",
    "var/log/journal/*",
    "var/cache/ldconfig/*",
    "root/.bash_history",
    "run/*",
    "tmp/*",
    "var/tmp/*",
    "proc/*",
    "sys/*",
};
constexpr std::string_view kName = "LXC_NAME";                 // of LXC's files
constexpr std::string_view kNameTemplate = "{{ container.name }}"; // of Incus' templates

std::string read_text(const sys::RootedDir& tree, std::string_view path) {
    return tree.read_file(path, 1u << 20, sys::Links::InRoot).value_or("");
}

void describe(const sys::RootedDir& tree, ImageRecord& record) {
    const OsRelease os = read_os_release(tree);
    if (record.distribution.empty()) record.distribution = os.id;
    if (record.release.empty()) {
        record.release = os.release;
        if (os.version != os.release && !os.version.empty()) record.properties.emplace("version", os.version);
    }
    if (record.variant.empty()) record.variant = kDefaultVariant;
    if (record.created == 0) record.created = std::time(nullptr);
    std::tm parts = {};
    std::array<char, 32> serial;
    if (record.serial.empty() && gmtime_r(&record.created, &parts) != nullptr)
        record.serial.assign(serial.data(), std::strftime(serial.data(), serial.size(), "%Y%m%d_%H:%M", &parts));
    if (record.description.empty())
        for (const std::string& word : {record.distribution, record.release, record.architecture, fmt::format("({})", record.serial)})
            if (!word.empty()) record.description += (record.description.empty() ? "" : " ") + word;
}

// With each word that is the old name replaced.
std::string with_name(std::string_view text, std::string_view old, std::string_view name) {
    std::string result;
    const auto is_end = [](char c) { return c == ' ' || c == '\t' || c == '\n'; };
    for (std::size_t at = 0; at < text.size();) {
        std::size_t end = at;
        while (end < text.size() && !is_end(text[end])) ++end;
        const auto word = text.substr(at, end - at);
        result += word == old ? name : word;
        if (end < text.size()) result += text[end];
        at = end + 1;
    }
    return result;
}

// Packs a tree into a socket, beside what reads it there.
class PackingThread {
public:
    PackingThread(const sys::RootedDir& tree, Fd to, const PackOptions& options)
        : thread_([this, &tree, &options, to = std::move(to)]() mutable { run(tree, std::move(to), options); }) {}
    PackingThread(const PackingThread&) = delete;
    PackingThread& operator=(const PackingThread&) = delete;
    ~PackingThread() { join(); }

    // Waits for the end. Throws what the packing threw.
    Packed finish() {
        join();
        if (error_) std::rethrow_exception(error_);
        return packed_;
    }
    // The same, where the reader is gone: that it cannot write any more is no error then.
    void rethrow() {
        join();
        try {
            if (error_) std::rethrow_exception(error_);
        } catch (const SystemError& error) {
            if (error.code() != EPIPE) throw;
        }
    }

private:
    void run(const sys::RootedDir& tree, Fd to, const PackOptions& options) noexcept {
        try {
            const sys::SignalFd no_signal{SIGPIPE}; // nor in the thread that writes
            SilentProgress silent; // one of the two is shown
            packed_ = pack_tree(tree, to, options, silent);
        } catch (...) {
            error_ = std::current_exception();
        }
    }
    void join() {
        if (thread_.joinable()) thread_.join();
    }

    Packed packed_;
    std::exception_ptr error_;
    std::thread thread_; // last: it uses the others
};

class Publishing {
public:
    Publishing(const sys::RootedDir& tree, const ImageStore& store, const ImageCache& cache, const PublishOptions& options)
        : tree_(tree), store_(store), cache_(cache), options_(options), record_(options.record) {
        describe(tree, record_);
        content_.config = options.config;
        if (!options.keep_identity) forget_name();
        pack_.compression = Compression::None; // it is unpacked at once
        pack_.first_id = sys::stat_fd(tree.fd()).st_uid;
        pack_.excludes = options.excludes;
        if (options.keep_identity) return;
        pack_.excludes.insert(pack_.excludes.end(), kOfOneMachine.begin(), kOfOneMachine.end());
        pack_.content = [this](const std::string& path) { return content_of(path); };
    }

    ImageRecord run(ProgressSink& progress) {
        const sys::TempDir scratch(cache_.scratch(), "publish-");
        auto [reader, writer] = sys::stream_pair();
        ImageParts parts;
        parts.metadata = metadata(scratch.path() / "incus.tar", incus_metadata_files(record_, content_));
        parts.metadata_name = "incus.tar";
        parts.lxc_metadata = metadata(scratch.path() / "meta.tar", lxc_metadata_files(record_, content_));
        parts.lxc_metadata_name = "meta.tar";
        parts.root = std::move(reader);
        parts.root_name = record_.source.empty() ? "rootfs" : record_.source;
        PackingThread packing(tree_, std::move(writer), pack_);
        const auto read_all = [&] {
            const Packed packed = packing.finish();
            if (packed.changed != 0)
                progress.message(fmt::format("{} files became shorter while they were read: they end in zeros", packed.changed));
        };
        try {
            return import_image(store_, cache_, std::move(parts), {.record = record_, .phase = "Copying", .read_all = read_all}, progress);
        } catch (...) {
            packing.rethrow(); // an archive that broke off is not why
            throw;
        }
    }

private:
    template <typename Pack>
    static Fd write(const std::filesystem::path& path, const Pack& pack) {
        Fd file = sys::open_file(path, {.access = sys::Access::ReadWrite, .create = true, .exclusive = true, .mode = 0600});
        pack(file);
        sys::seek_to(file, 0, path.string());
        return file;
    }

    Fd metadata(const std::filesystem::path& path, NamedFiles files) const {
        return write(path, [&](FdRef to) {
            (void)pack_files(to, {.compression = Compression::None, .newest = record_.created, .files = std::move(files)});
        });
    }

    // Both ways that there are of naming a new container: LXC's words in files, Incus' templates.
    void forget_name() {
        add_named("/etc/hostname", fmt::format("{}\n", kName), fmt::format("{}\n", kNameTemplate));
        const std::string hosts = read_text(tree_, "etc/hosts");
        if (options_.hostname.empty() || with_name(hosts, options_.hostname, kName) == hosts) return;
        add_named("/etc/hosts", with_name(hosts, options_.hostname, kName), with_name(hosts, options_.hostname, kNameTemplate));
    }

    void add_named(const std::string& path, std::string text, std::string template_text) {
        const auto info = tree_.stat(path);
        if (!info || !S_ISREG(info->st_mode)) return;
        named_.emplace_back(path.substr(1), std::move(text));
        content_.substitute.push_back(path);
        content_.templates.push_back({.target = path, .text = std::move(template_text), .when = {"create", "copy"}});
    }

    [[nodiscard]] std::optional<std::string> content_of(const std::string& path) const {
        if (path == "etc/machine-id") return ""; // empty, not absent: systemd then makes one
        for (const auto& [name, text] : named_) {
            if (name == path) return text;
        }
        return std::nullopt;
    }

    const sys::RootedDir& tree_;
    const ImageStore& store_;
    const ImageCache& cache_;
    const PublishOptions& options_;
    ImageRecord record_;
    ImageContent content_;
    NamedFiles named_;
    PackOptions pack_;
};

} // namespace

ImageRecord publish_tree(const sys::RootedDir& tree, const ImageStore& store, const ImageCache& cache,
                         const PublishOptions& options, ProgressSink& progress) {
    return Publishing(tree, store, cache, options).run(progress);
}

} // namespace lxcpp::image
