// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/output_files.h"

#include "base/error.h"
#include "base/log.h"
#include "base/sha256.h"
#include "base/strings.h"
#include "distrobuilder/output_compression.h"
#include "distrobuilder/publication.h"
#include "sys/exchange.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/file_meta.h"
#include "sys/signal.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fmt/core.h>
#include <iterator>
#include <utility>

namespace lxcpp::distro {
namespace {

constexpr std::string_view kReplaced = "replaced-";
constexpr std::size_t kMostName = 200;

// What is in the places of new files comes here, and back when one of them cannot go to its place.
class Replacing {
public:
    Replacing(const std::filesystem::path& target, std::string hidden)
        : target_(target), hidden_(std::move(hidden)), top_(sys::open_file(target, {.directory = true})) {}
    Replacing(const Replacing&) = delete;
    Replacing& operator=(const Replacing&) = delete;
    ~Replacing() {
        for (auto name = done_.rbegin(); !finished_ && name != done_.rend(); ++name) undo(*name);
        forget_publication(target_ / hidden_);
    }

    void put(const std::string& name) {
        const bool there = sys::stat_path(target_ / name, false).has_value();
        if (!there) {
            sys::rename_noreplace(target_ / hidden_ / name, target_ / name);
        } else if (!sys::exchange_names(top_, hidden_ + "/" + name, name)) {
            sys::rename(target_ / name, target_ / hidden_ / old(name));
            done_.push_back({name, true, true});
            sys::rename_noreplace(target_ / hidden_ / name, target_ / name);
            return;
        }
        done_.push_back({name, there, false});
    }

    void take_away(const std::string& name) {
        sys::rename(target_ / name, target_ / hidden_ / old(name));
        done_.push_back({name, true, true});
    }

    void finish() {
        sys::fsync_dir(target_);
        finished_ = true;
    }

private:
    struct Done {
        std::string name;
        bool replaced;
        bool moved_aside; // the old one has another name
    };
    static std::string old(const std::string& name) { return std::string(kReplaced) + name; }

    void undo(const Done& done) noexcept {
        try {
            if (done.replaced && !done.moved_aside) {
                static_cast<void>(sys::exchange_names(top_, hidden_ + "/" + done.name, done.name));
                return;
            }
            if (sys::stat_path(target_ / done.name, false)) sys::rename(target_ / done.name, target_ / hidden_ / done.name);
            if (done.replaced) sys::rename(target_ / hidden_ / old(done.name), target_ / done.name);
        } catch (const std::exception& error) {
            log::error("{}", error.what());
        }
    }

    const std::filesystem::path& target_;
    std::string hidden_;
    Fd top_;
    std::vector<Done> done_;
    bool finished_ = false;
};

// Files give way to files only, and a directory to one that is like it.
void check_place(const std::filesystem::path& path, bool directory) {
    const auto there = sys::stat_path(path, false);
    if (!there) return;
    if (S_ISDIR(there->st_mode) != directory)
        throw Error(fmt::format("{}: it is there already, and {}", path.string(), directory ? "no directory" : "a directory"));
    if (directory && !sys::exists(path / "oci-layout")) throw Error(fmt::format("{}: it is there already, and no OCI layout", path.string()));
}

} // namespace

OutputFiles::OutputFiles(const std::filesystem::path& target, uid_t owner, gid_t group)
    : target_(target), owner_(owner), group_(group), hidden_(make_hidden_output(target)) {}

void OutputFiles::give(FdRef file, const std::string& name) const {
    const auto now = sys::stat_fd(file);
    if (now.st_uid != owner_ || now.st_gid != group_) sys::set_owner(file, owner_, group_, name);
}

image::Packed OutputFiles::add(const std::string& name, const std::function<image::Packed(FdRef)>& write) {
    const Fd file = sys::open_file(path_of(name), {.access = sys::Access::ReadWrite, .create = true, .exclusive = true});
    image::Packed packed = with_context((target_ / name).string(), [&] { return write(file); });
    give(file, name);
    sys::fsync_file(file, name);
    files_.push_back({name, packed.size, packed.sha256});
    return packed;
}

void OutputFiles::add_text(const std::string& name, std::string_view text) {
    static_cast<void>(add(name, [&](FdRef file) {
        sys::write_all(file, text, name);
        return image::Packed{.size = text.size(), .sha256 = sha256_hex(text)};
    }));
}

void OutputFiles::add_directory(const std::string& name) {
    sys::make_dirs(path_of(name));
    give(sys::open_file(path_of(name), {.directory = true}), name);
    directories_.push_back(name);
}

void OutputFiles::rename(const std::string& from, const std::string& to) {
    sys::rename(path_of(from), path_of(to));
    for (OutputFile& file : files_)
        if (file.name == from) file.name = to;
}

void OutputFiles::supersede(const OutputWork& work, std::string stem, std::string with) {
    const std::string& source = work.recipe.source.url;
    archives_.push_back({std::move(stem), std::move(with), source.substr(source.rfind('/') + 1)});
    progress_ = &work.progress;
}

std::vector<std::string> OutputFiles::superseded() const {
    std::vector<std::string> names;
    const auto is_new = [&](const std::string& name) {
        return std::ranges::find(files_, name, &OutputFile::name) != files_.end();
    };
    for (const Archive& archive : archives_) {
        if (!sys::exists(target_ / archive.with)) continue;
        for (const std::string_view suffix : archive_suffixes()) {
            const std::string name = archive.stem + std::string(suffix);
            const auto there = sys::stat_path(target_ / name, false);
            if (there && S_ISREG(there->st_mode) && !is_new(name) && name != archive.keep)
                names.push_back(name);
        }
    }
    return names;
}

std::vector<OutputFile> OutputFiles::withdraw(const std::string& directory) {
    const auto below = [&](const std::string& name) { return (name + "/").starts_with(directory + "/"); };
    std::erase_if(directories_, below);
    std::vector<OutputFile> withdrawn;
    std::ranges::copy_if(files_, std::back_inserter(withdrawn), below, &OutputFile::name);
    std::erase_if(files_, [&](const OutputFile& file) { return below(file.name); });
    return withdrawn;
}

void OutputFiles::remove_withdrawn(const std::string& directory) { sys::RootedDir::open(hidden_.directory.path()).remove_tree(directory); }

std::vector<std::string> OutputFiles::top_names() const {
    std::vector<std::string> names;
    for (const OutputFile& file : files_)
        if (const auto top = file.name.substr(0, file.name.find('/')); std::find(names.begin(), names.end(), top) == names.end())
            names.push_back(top);
    return names;
}

std::vector<OutputFile> OutputFiles::publish(std::chrono::milliseconds patience) {
    const auto names = top_names();
    for (const std::string& name : directories_) sys::fsync_dir(path_of(name));
    // The files of two builds must not be mixed, and those of one not be replaced by half.
    const auto alone = sys::FileLock::acquire_directory(target_, patience);
    if (!alone)
        throw Error(
            fmt::format("{}: another build is putting its files there, and does not come to an end",
                        target_.string()));
    const sys::SignalFd held_back{SIGINT, SIGTERM, SIGHUP, SIGQUIT};
    for (const std::string& name : names)
        check_place(target_ / name, sys::exists(path_of(name) / ""));
    const auto old = superseded();
    Publication publication;
    for (const std::string& name : names)
        publication.put.push_back({name, sys::stat_path(path_of(name), false).value().st_ino});
    for (const std::string& name : old)
        publication.take.push_back({name, sys::stat_path(target_ / name, false).value().st_ino});
    Replacing replacing(target_, hidden_.directory.path().filename());
    note_publication(hidden_.directory.path(), publication);
    for (const std::string& name : names) replacing.put(name);
    for (const std::string& name : old) replacing.take_away(name);
    replacing.finish();
    for (const std::string& name : old)
        progress_->message(fmt::format("{} of the image that was here before is removed",
                                      (target_ / name).string()));
    return std::move(files_);
}

std::vector<OutputFile> summed_up(const std::vector<OutputFile>& files) {
    std::vector<OutputFile> sums;
    for (const OutputFile& file : files) {
        const auto slash = file.name.find('/');
        if (slash == file.name.npos) {
            sums.push_back(file);
            continue;
        }
        const std::string directory = file.name.substr(0, slash + 1);
        auto sum = std::ranges::find(sums, directory, &OutputFile::name);
        if (sum == sums.end()) sum = sums.insert(sum, {.name = directory, .size = 0, .sha256 = {}});
        sum->size += file.size;
    }
    return sums;
}

std::string file_name_of(std::string_view image_name) {
    std::string name(image_name.substr(0, kMostName));
    for (char& c : name)
        if (c == '/' || static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = '_';
    if (name.empty() || name == "meta" || name == "rootfs" || name == "incus") return "image-" + name; // files of other outputs
    if (name.front() == '.' || name.front() == '-') name.front() = '_';
    return name;
}

} // namespace lxcpp::distro
