// SPDX-License-Identifier: Apache-2.0
#include "image/image_import.h"

#include "base/error.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "image/image_metadata.h"
#include "image/os_release.h"
#include "image/tree_check.h"
#include "image/tree_sums.h"
#include "image/unpack.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/lock.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <chrono>
#include <ctime>
#include <fmt/core.h>
#include <utility>
#include <vector>

namespace lxcpp::image {
namespace {

using namespace std::chrono_literals;

constexpr auto kWaitForOthers = 30min; // who is unpacking the same image
constexpr std::string_view kRoot = "rootfs"; // of a combined image

// The whole of a metadata archive: what is hashed is then what is read, whoever writes to the file meanwhile.
std::string read_whole(FdRef file, const std::string& name) {
    if (static_cast<std::uint64_t>(sys::stat_fd(file).st_size) > kMetadataArchive) {
        throw Error(fmt::format("{}: larger than {} bytes: it is not the metadata of an image", name, kMetadataArchive));
    }
    return sys::read_all(file, name, kMetadataArchive);
}

// Of before and then all bytes of the file, which is at its beginning afterwards.
std::string hash_file(FdRef file, const std::string& name, Sha256 before, ProgressSink& progress) {
    ProgressPhase phase(progress, "Hashing " + name, static_cast<std::uint64_t>(sys::stat_fd(file).st_size), ProgressUnit::Bytes);
    std::vector<std::uint8_t> buffer(256u << 10);
    while (const std::size_t got = sys::read_some(file, buffer, name)) {
        before.update(std::span(buffer).first(got));
        phase.advance(got);
    }
    sys::seek_to(file, 0, name);
    phase.end();
    return before.finish_hex();
}

void fill(std::string& field, const std::string& value) {
    if (field.empty()) field = value;
}

// Known beforehand wins: that is what a signed index says.
void fill_record(ImageRecord& record, const ImageRecord& found) {
    fill(record.distribution, found.distribution);
    fill(record.release, found.release);
    fill(record.variant, found.variant);
    fill(record.architecture, found.architecture);
    fill(record.serial, found.serial);
    fill(record.description, found.description);
    if (record.created == 0) record.created = found.created;
    if (record.expires == 0) record.expires = found.expires;
    record.properties.insert(found.properties.begin(), found.properties.end());
}

// Whether what we know now of an image that we have is worth more.
bool is_better(const ImageRecord& fresh, const ImageRecord& old) {
    if (fresh.verified != old.verified) return fresh.verified;
    return old.refresh.empty() && !fresh.refresh.empty();
}

class Import {
public:
    Import(const ImageStore& store, const ImageCache& trees, ImageParts parts, const ImportOptions& options, ProgressSink& progress)
        : store_(store), trees_(trees), parts_(std::move(parts)), options_(options), progress_(progress) {
        if (!parts_.metadata && !parts_.root) throw Error("import: there is nothing to import");
    }

    ImageRecord run() {
        read_metadata();
        if (options_.record.fingerprint.empty() && !S_ISREG(sys::stat_fd(root()).st_mode)) return run_stream();
        const std::string fingerprint = identify();
        if (auto record = known(fingerprint)) return *record;
        const auto lock = lock_image(fingerprint);
        if (auto record = known(fingerprint)) return *record; // somebody was faster
        PendingTree tree = trees_.begin_tree(fingerprint, kWaitForOthers);
        (void)unpack_in_store(tree, fingerprint);
        return finish(tree, fingerprint);
    }

private:
    // What can be read once is known only when it is unpacked.
    ImageRecord run_stream() {
        const sys::TempDir name(trees_.scratch(), "stream-"); // that nobody else has
        PendingTree unnamed = trees_.begin_tree(name.path().filename().string(), kWaitForOthers);
        const std::string fingerprint = unpack_in_store(unnamed, "");
        if (auto record = known(fingerprint)) return *record;
        const auto lock = lock_image(fingerprint);
        if (auto record = known(fingerprint)) return *record;
        PendingTree tree = trees_.begin_tree(fingerprint, kWaitForOthers);
        tree.take(std::move(unnamed));
        return finish(tree, fingerprint);
    }

    ImageRecord finish(PendingTree& tree, const std::string& fingerprint) {
        const sys::RootedDir root = sys::RootedDir::open(tree.path());
        const std::uint64_t size = tree_size(root);
        describe_by_root(root);
        publish(tree, fingerprint);
        return add_or_remove(fingerprint, size);
    }

    // LXC's metadata does not say what the image is, and neither does everybody's of Incus.
    void describe_by_root(const sys::RootedDir& root) {
        ImageRecord& record = description_.record;
        if (!(options_.record.distribution.empty() && record.distribution.empty())) return;
        const OsRelease os = read_os_release(root);
        record.distribution = os.id;
        fill(record.description, os.name);
        if (!(options_.record.release.empty() && record.release.empty())) return;
        record.release = os.release;
        if (os.version != os.release && !os.version.empty()) record.properties.emplace("version", os.version);
    }

    // Of parts that are small; a combined image is read as it is unpacked.
    void read_metadata() {
        if (parts_.metadata && parts_.root) {
            const std::string bytes = read_whole(*parts_.metadata, parts_.metadata_name);
            before_root_.update(bytes);
            description_ = describe_image(read_metadata_archive(bytes, parts_.metadata_name), parts_.metadata_name);
        }
        if (parts_.lxc_metadata) {
            const std::string bytes = read_whole(*parts_.lxc_metadata, parts_.lxc_metadata_name);
            read_lxc_metadata(read_metadata_archive(bytes, parts_.lxc_metadata_name), parts_.lxc_metadata_name, description_);
        }
    }

    [[nodiscard]] bool combined() const { return !parts_.root; }
    [[nodiscard]] FdRef root() const { return combined() ? *parts_.metadata : *parts_.root; }
    [[nodiscard]] const std::string& root_name() const { return combined() ? parts_.metadata_name : parts_.root_name; }

    // What is known beforehand is compared with what was unpacked; anything else has to be looked at first.
    [[nodiscard]] std::string identify() const {
        const std::string& known = options_.record.fingerprint;
        if (known.empty()) return hash_file(root(), root_name(), before_root_, progress_);
        if (!is_fingerprint(known)) throw Error("\"" + printable(known) + "\" is no fingerprint of an image");
        return known;
    }

    // Until its record is there: who waits for it finds all of it.
    [[nodiscard]] sys::FileLock lock_image(const std::string& fingerprint) const {
        auto lock = sys::FileLock::acquire(store_.directory() / "locks" / (fingerprint + ".import"), kWaitForOthers, true);
        if (!lock) throw StateError(StateProblem::Busy, "another command is still importing this image, " + fingerprint);
        return *std::move(lock);
    }

    // The image when it is there already with its trees.
    [[nodiscard]] std::optional<ImageRecord> known(const std::string& fingerprint) const {
        auto record = store_.find_whole(fingerprint);
        if (!record || !trees_.has_tree(fingerprint)) return std::nullopt;
        if (!is_better(options_.record, *record)) return record;
        return better(*std::move(record));
    }

    // The same bytes, of which more is known now.
    [[nodiscard]] ImageRecord better(ImageRecord record) const {
        const ImageRecord& fresh = options_.record;
        record.verified = fresh.verified;
        record.verification = fresh.verification;
        record.signer = fresh.signer;
        record.protocol = fresh.protocol;
        record.source = fresh.source;
        record.refresh = fresh.refresh;
        store_.add(record, store_.content(record.fingerprint));
        return record;
    }

    std::string unpack_in_store(const PendingTree& tree, const std::string& expected) {
        try {
            return unpack(tree, expected);
        } catch (SystemError& error) { // a full disk, say: which one
            error.add_context("unpack into " + trees_.directory().string());
            throw;
        }
    }

    // Returns what it hashes to; expected: empty when that is not known.
    std::string unpack(const PendingTree& tree, const std::string& expected) {
        const sys::RootedDir to = sys::RootedDir::open(tree.path());
        MetadataFiles files;
        UnpackOptions options{.tree = {.sums = &sums_}, .below = {}, .excludes = description_.excludes, .other = {}, .hash = before_root_};
        options.phase = options_.phase;
        if (combined()) {
            options.below = kRoot;
            options.other = [&](const std::string& path, std::string content) { files.add(path, std::move(content)); };
        }
        const Unpacked done = unpack_archive(root(), root_name(), to, options, progress_);
        if (!expected.empty() && done.sha256 != expected) {
            throw Error(fmt::format("{}: the image hashes to {}, expected {}", root_name(), done.sha256, expected));
        }
        if (options_.read_all) options_.read_all();
        if (done.entries == 0) throw Error(root_name() + ": there is no root file system in it");
        if (combined()) add_description(describe_image(files, root_name()));
        return done.sha256;
    }

    // LXC's own metadata, when it came beside the image, counts.
    void add_description(ImageDescription found) {
        if (parts_.lxc_metadata) {
            found.content.config = description_.content.config;
            found.content.config_user = description_.content.config_user;
            found.content.create_message = description_.content.create_message;
            found.content.substitute = description_.content.substitute;
            fill_record(found.record, description_.record);
        }
        description_ = std::move(found);
    }

    // A tree whose record was lost may have containers on it: it is not replaced by the same.
    void publish(PendingTree& tree, const std::string& fingerprint) const {
        const std::string sums = sums_.text();
        if (!stands(fingerprint, sums)) (void)tree.publish(sums);
    }

    [[nodiscard]] bool stands(const std::string& fingerprint, const std::string& sums) const {
        const auto tree = trees_.use_tree(fingerprint);
        return tree && tree->sums() == sums;
    }

    // A tree without a record would be there for nothing.
    ImageRecord add_or_remove(const std::string& fingerprint, std::uint64_t size) {
        try {
            return add(fingerprint, size);
        } catch (...) {
            if (!store_.find_whole(fingerprint)) trees_.remove_tree(fingerprint);
            throw;
        }
    }

    ImageRecord add(const std::string& fingerprint, std::uint64_t size) {
        for (const std::string& note : description_.notes) progress_.message(note);
        ImageRecord record = options_.record;
        fill_record(record, description_.record);
        record.fingerprint = fingerprint;
        record.trees = {fingerprint};
        record.added = std::time(nullptr);
        const auto before = store_.find_whole(fingerprint); // the tree was lost, or not what it was
        if (before && !is_better(options_.record, *before)) record = *before;
        record.size = size;
        store_.add(record, description_.content);
        return record;
    }

    const ImageStore& store_;
    const ImageCache& trees_;
    ImageParts parts_;
    const ImportOptions& options_;
    ProgressSink& progress_;
    Sha256 before_root_; // the metadata's bytes
    ImageDescription description_;
    TreeSums sums_;
};

} // namespace

ImageRecord import_image(const ImageStore& store, const ImageCache& trees, ImageParts parts, const ImportOptions& options,
                         ProgressSink& progress) {
    return Import(store, trees, std::move(parts), options, progress).run();
}

} // namespace lxcpp::image
