// SPDX-License-Identifier: Apache-2.0
// lxcpp-copy-tree: copies a directory tree for lxcpp-create, with threads, which the library has none of. The
// descriptors 3 and 4 are the tree and the empty directory that becomes its copy.
#include "base/strings.h"
#include "image/progress.h"
#include "image/tree_copy.h"
#include "sys/rooted_dir.h"
#include "sys/signal.h"

#include <lxcpp/error.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

namespace {

using namespace lxcpp;

struct Options {
    image::TreeCopyOptions copy{.phase = "Copying", .sums = false};
    bool quiet = false;
};

std::uint32_t number(std::string_view text) {
    const auto parsed = parse_u64(text);
    if (!parsed || *parsed > UINT32_MAX) throw Error("\"" + printable(text) + "\": a number is expected");
    return static_cast<std::uint32_t>(*parsed);
}

Options parse(int argc, char** argv) {
    Options options;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const std::string_view value = word.substr(std::min(word.find('='), word.size() - 1) + 1);
        if (word == "--quiet") options.quiet = true;
        else if (word.starts_with("--phase=")) options.copy.phase = value;
        else if (word.starts_with("--uid-shift=")) options.copy.uid_shift = number(value);
        else if (word.starts_with("--gid-shift=")) options.copy.gid_shift = number(value);
        else throw Error("unknown option " + printable(word));
    }
    return options;
}

} // namespace

int main(int argc, char** argv) {
    try {
        ::umask(022);
        sys::ignore_file_size_signal();
        const Options options = parse(argc, argv);
        const sys::RootedDir from(Fd(3), "the tree");
        const sys::RootedDir to(Fd(4), "its copy");
        std::unique_ptr<image::ProgressSink> progress = std::make_unique<image::SilentProgress>();
        if (!options.quiet) progress = image::make_progress(FdRef(STDERR_FILENO));
        (void)image::copy_tree(from, to, *progress, options.copy);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "lxcpp-copy-tree: %s\n", error.what());
        return 1;
    }
}
