// SPDX-License-Identifier: Apache-2.0
#include "image/server_tree.h"

#include "base/strings.h"
#include "image/architecture.h"
#include "image/image_export.h"
#include "image/offer.h"
#include "image/server_path.h"
#include "image/streams_writer.h"
#include "sys/cred.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "sys/rooted_dir.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <fmt/core.h>
#include <set>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr auto kStreams = "streams/v1";
constexpr auto kClassic = "meta/1.0";
constexpr mode_t kPublic = 0755;

// "20260101_05:24", as image servers name builds.
std::string serial_of(const ImageRecord& record) {
    if (is_serial(record.serial)) return record.serial;
    const std::time_t time = record.created != 0 ? record.created : record.added;
    std::tm parts = {};
    std::array<char, 32> text;
    if (gmtime_r(&time, &parts) == nullptr) throw Error("an image with an impossible date");
    return {text.data(), std::strftime(text.data(), text.size(), "%Y%m%d_%H:%M", &parts)};
}

// One component of a path and one field of the classic index.
const std::string& component(const std::string& text, std::string_view what, const ImageRecord& record) {
    const auto plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-' || c == '+';
    };
    const bool sound = !text.empty() && text.size() <= 64 && text.front() != '.' && std::ranges::all_of(text, plain);
    if (!sound) {
        throw Error(fmt::format("the image {} says '{}' for its {}: publish it with options that name it "
                                "(-d, -r, -a, --variant)", short_fingerprint(record.fingerprint), printable(text), what));
    }
    return text;
}

// "bookworm" and "12".
std::vector<std::string> release_words(const ImageRecord& record) {
    std::vector<std::string> words{record.release};
    const auto version = record.properties.find("version");
    if (version != record.properties.end() && is_server_word(version->second)) words.push_back(version->second);
    return words;
}

StreamsProduct product_of(const StoredImage& image) {
    const ImageRecord& record = image.record;
    StreamsProduct product;
    product.distribution = component(record.distribution, "distribution", record);
    product.release = component(record.release, "release", record);
    const std::string architecture = debian_architecture(record.architecture);
    product.architecture = component(architecture, "architecture", record);
    product.variant = record.variant.empty() ? std::string(kDefaultVariant) : component(record.variant, "variant", record);
    std::set<std::string> aliases;
    for (const auto& release : release_words(record)) {
        const std::string name = fmt::format("{}/{}", product.distribution, release);
        aliases.insert(fmt::format("{}/{}", name, product.variant));
        if (product.variant == kDefaultVariant) aliases.insert(name);
    }
    aliases.insert(image.aliases.begin(), image.aliases.end());
    product.aliases.assign(aliases.begin(), aliases.end());
    for (const auto& [key, value] : record.properties) {
        if (key.starts_with("requirements.")) product.requirements.emplace(key.substr(13), value);
    }
    return product;
}

class TreeUpdate {
public:
    TreeUpdate(const std::filesystem::path& directory, const ImageStore& store, const ServerTreeOptions& options,
               ProgressSink& progress)
        : directory_(directory), store_(store), options_(options), progress_(progress) {
        sys::make_dirs(directory_ / kStreams, kPublic);
        sys::make_dirs(directory_ / kClassic, kPublic);
        sys::make_dirs(directory_ / "images", kPublic);
        if (const auto text = sys::read_file_if_exists(directory_ / kStreams / "images.json", 64u << 20))
            document_ = StreamsDocument::parse(*text);
        document_.forget_if([&](const std::string& path) { return !sys::exists(directory_ / path); });
    }

    // One that cannot be served leaves everything as it was.
    void add_or_skip(const StoredImage& image) {
        try {
            add(image);
        } catch (const SystemError&) { // the tree's trouble, not the image's
            throw;
        } catch (const Error& error) {
            if (!options_.skipped) throw;
            options_.skipped(error.what());
        }
    }

    ServerTreeChange finish() {
        change_.removed = document_.prune(options_.keep);
        write_indexes();
        const auto root = sys::RootedDir::open(directory_);
        for (const std::string& build : change_.removed) root.remove_tree(build);
        return std::move(change_);
    }

private:
    void add(const StoredImage& image) {
        const StreamsProduct product = product_of(image);
        const std::string serial = serial_of(image.record);
        const std::string build = fmt::format("{}/{}", product.path(), serial);
        const auto place = directory_ / build;
        if (document_.fingerprint(product, serial) == image.record.fingerprint) {
            document_.describe(product);
            return;
        }
        if (document_.fingerprint(product, serial)) // before the packing, which takes long
            throw Error(fmt::format("{} has another image of that date already: give this one another serial", build));
        sys::make_dirs(place.parent_path(), kPublic);
        sys::TempDir scratch(place.parent_path(), ".new-");
        const auto fresh = scratch.path() / "build";
        sys::make_dir(fresh, kPublic);
        const ExportedImage exported = export_image(store_, image.record, fresh, {.tar = true, .squashfs = options_.squashfs}, progress_);
        if (options_.signer != nullptr)
            sys::write_file_atomic(fresh / "SHA256SUMS.asc", options_.signer->detached(sys::read_file(fresh / "SHA256SUMS")));
        sys::chmod(fresh, kPublic);
        if (sys::exists(place)) sys::RootedDir::open(directory_).remove_tree(build); // of an update that did not come to its end
        sys::rename_noreplace(fresh, place);
        sys::fsync_dir(place.parent_path());
        document_.add(product, serial, image.record, build, exported);
        change_.added.push_back(build);
    }

    void write_indexes() {
        const std::string classic = document_.classic_index();
        for (const char* name : {"index-system", "index-user"}) write(directory_ / kClassic / name, classic, ".asc", "");
        write(directory_ / kStreams / "images.json", document_.text(), ".gpg", "images.sjson");
        write(directory_ / kStreams / "index.json", document_.index_text(), ".gpg", "index.sjson");
    }

    // A signature without its text is refused by who checks, and asked for again; so is the reverse.
    void write(const std::filesystem::path& path, const std::string& text, const char* suffix, const std::string& clear) {
        auto signature = path;
        signature += suffix;
        const auto inline_path = path.parent_path() / clear;
        if (options_.signer == nullptr) { // one of before would speak of another text
            sys::remove_file(signature);
            if (!clear.empty()) sys::remove_file(inline_path);
        } else {
            if (!clear.empty()) sys::write_file_atomic(inline_path, options_.signer->clear(text));
            sys::write_file_atomic(signature, options_.signer->detached(text));
        }
        sys::write_file_atomic(path, text);
    }

    const std::filesystem::path& directory_;
    const ImageStore& store_;
    const ServerTreeOptions& options_;
    ProgressSink& progress_;
    StreamsDocument document_;
    ServerTreeChange change_;
};

} // namespace

ServerTreeChange update_server_tree(const std::filesystem::path& directory, const ImageStore& store,
                                    const std::vector<StoredImage>& images, const ServerTreeOptions& options,
                                    ProgressSink& progress) {
    if (!options.skipped)
        for (const StoredImage& image : images) static_cast<void>(product_of(image)); // before anything is written
    const sys::ScopedUmask umask(022); // a web server, which is somebody else, reads it
    sys::make_dirs(directory, kPublic);
    const auto lock = sys::FileLock::acquire(directory / ".lock", std::chrono::seconds(60), true);
    if (!lock) throw Error(fmt::format("{}: somebody else is updating it", directory.string()));
    TreeUpdate update(directory, store, options, progress);
    for (const StoredImage& image : images) update.add_or_skip(image);
    return update.finish();
}

} // namespace lxcpp::image
