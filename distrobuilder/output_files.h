// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/hidden_output.h"
#include "distrobuilder/output.h"
#include "image/pack.h"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::distro {

// The files of one or several images of a build while they are written: in a hidden directory of the target, which goes with this object; what
// one that was killed has left goes with the next. publish() puts all of them in their places.
class OutputFiles {
public:
    // target: an existing directory. The files are given to owner and group.
    OutputFiles(const std::filesystem::path& target, uid_t owner, gid_t group);

    // write fills the file; its size and digest are those of what it returns.
    image::Packed add(const std::string& name, const std::function<image::Packed(FdRef)>& write);
    void add_text(const std::string& name, std::string_view text);
    // "NAME/", for files below it.
    void add_directory(const std::string& name);
    // A name that the file's digest decides.
    void rename(const std::string& from, const std::string& to);
    [[nodiscard]] std::filesystem::path path_of(const std::string& name) const { return hidden_.directory.path() / name; }

    // The archive "STEM.*" that is published makes one of an older image of another compression
    // useless, when what it belongs to ("with") is replaced: it goes then, and work is told. The recipe's
    // source stays.
    void supersede(const OutputWork& work, std::string stem, std::string with);

    // What was added below that directory, and itself, is not published; it stays where it is until the other call.
    [[nodiscard]] std::vector<OutputFile> withdraw(const std::string& directory);
    void remove_withdrawn(const std::string& directory);
    // Files and directories that are in the target under these names are replaced; when one cannot
    // be, all is as it was. One build after the other: Error when another is at it for longer than
    // patience. Signals that end a build wait until it is done.
    [[nodiscard]] std::vector<OutputFile>
    publish(std::chrono::milliseconds patience = std::chrono::minutes(1));

private:
    void give(FdRef file, const std::string& name) const;
    [[nodiscard]] std::vector<std::string> top_names() const;

    [[nodiscard]] std::vector<std::string> superseded() const;

    std::filesystem::path target_;
    image::ProgressSink* progress_ = nullptr;
    uid_t owner_;
    gid_t group_;
    HiddenOutput hidden_;
    std::vector<OutputFile> files_;
    std::vector<std::string> directories_;
    struct Archive {
        std::string stem;
        std::string with;
        std::string keep;
    };
    std::vector<Archive> archives_;
};

// The same with one entry for each directory among them, "NAME/", which has the size of all that is
// in it and no digest.
[[nodiscard]] std::vector<OutputFile> summed_up(const std::vector<OutputFile>& files);

// image.name as the name of a file: what cannot stand in one, or would hide it, is "_".
[[nodiscard]] std::string file_name_of(std::string_view image_name);

} // namespace lxcpp::distro
