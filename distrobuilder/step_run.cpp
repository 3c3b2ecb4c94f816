// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/step_run.h"

#include "base/strings.h"
#include "distrobuilder/command.h"
#include "distrobuilder/tree_files.h"
#include "image/tree_copy.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"
#include "sys/signal.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <ctime>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>
#include <vector>

namespace lxcpp::distro {
namespace {

constexpr std::size_t kLookedAt = 100; // lines

// What goes wrong after a failure is told with it, and not in its place.
template <typename Work>
std::string also_failed(std::string_view what, const Work& work) {
    try {
        work();
        return {};
    } catch (const Error& error) {
        return fmt::format("; {}: {}", what, error.what());
    }
}

std::string how_it_ended(int code) {
    return code > 128 ? fmt::format("killed by {}", sys::signal_name(code - 128)) : fmt::format("exit code {}", code);
}

class StepRun {
public:
    StepRun(const BuildStep& step, const std::filesystem::path& root, const StepContext& context)
        : step_(step), context_(context), root_(sys::RootedDir::open(root)),
          sandbox_({.root = root,
                    .env = context.environment,
                    .log = context.log,
                    .deadline = context.deadline,
                    .keeps = true}) {}

    void operator()(const RepositoryChange& change) {
        for (const RepositoryFile& file : change.files) checked({}, [&] { write(file); });
        for (const Argv& command : change.commands) run(command);
    }

    void operator()(const PackageStep& step) {
        const Packages& packages = context_.recipe.packages;
        std::string help;
        if (PackageManager::wants_help(packages))
            checked("yum --help\n", [&] { help = sandbox_.capture({"yum", "--help"}); });
        const PackageManager manager(packages, help);
        checked({}, [&] {
            if (!manager.needed_by_refresh().empty())
                root_.make_dirs(manager.needed_by_refresh(), 0755, sys::Links::InRoot);
        });
        for (const Argv& command : manager.commands(step.operation, step.flags, step.packages))
            run(command);
        checked({}, [&] {
            if (step.operation == PackageOperation::Clean && !manager.emptied_by_clean().empty())
                empty(manager.emptied_by_clean());
        });
    }

    void operator()(const Action& action) {
        place_ = action.place.text;
        require_success(action.action, [&] { return sandbox_.run_script(action.action); });
    }

private:
    void write(const RepositoryFile& file) const {
        using How = RepositoryFile::How;
        if (file.how == How::Append) {
            append_file(root_, file.path, file.text);
            return;
        }
        std::string text = file.text;
        if (file.how == How::Collect) {
            const auto before = read_file(root_, file.path);
            text = (before && before->starts_with(kCollectedHeader) ? *before : std::string(kCollectedHeader)) + text;
        }
        write_file(root_, file.path, text);
    }

    void run(const Argv& command) const {
        require_success(quote_command(command) + "\n", [&] { return sandbox_.run(command); });
    }

    // A program that is not there, or cannot be started, is a failure of the step like one that
    // ends badly.
    template <typename Work>
    void checked(const std::string& script, const Work& work) const {
        std::string reason;
        try {
            work();
            return;
        } catch (const Error& error) {
            reason = error.what();
        }
        fail(reason, script);
    }

    template <typename Work>
    void require_success(const std::string& script, const Work& work) const {
        int code = 0;
        checked(script, [&] { code = work(); });
        if (code != 0) fail(how_it_ended(code), script);
    }

    void empty(std::string_view directory) const {
        const auto opened = root_.try_open_at(directory, O_RDONLY | O_DIRECTORY, 0, sys::Links::InRoot);
        if (!opened) return;
        const sys::RootedDir inner = root_.sub_dir(directory, sys::Links::InRoot);
        for (const sys::DirEntry& entry : inner.list()) inner.remove_tree(entry.name);
    }

    [[noreturn]] void fail(std::string reason, const std::string& script) const {
        const bool late =
            context_.deadline && std::chrono::steady_clock::now() >= *context_.deadline;
        if (late) reason += " (--timeout)";
        context_.report.failed({step_.title, reason, script, place_}, context_.log);
        std::string more;
        if (late) context_.late();
        if (!context_.keep_failed.empty())
            more += also_failed("the tree as it was then is not kept", [this] { keep(); });
        if (context_.shell_on_failure) {
            context_.report.message("a shell in the tree as it is now; the build ends with it, and nothing of this step is kept");
            more += also_failed("there is no shell in it", [this] { (void)sandbox_.shell(); });
        }
        throw Error(fmt::format("{}: {}{}{}", step_.title, reason, advice(), more));
    }

    // rename(2) of a directory that a layer below has is EXDEV: redirect_dir does not go with userxattr, without which a user
    // namespace has no overlays.
    [[nodiscard]] std::string advice() const {
        const std::vector<std::string> end = last_lines(context_.log, kLookedAt);
        const auto names_it = [](const std::string& line) { return line.find("Invalid cross-device link") != line.npos; };
        if (std::ranges::any_of(end, names_it))
            return " (overlayfs does not rename directories that earlier steps made: --disable-overlay builds without it)";
        return context_.shell_on_failure ? "" : fmt::format("; for a shell in the tree as it is then: {}", context_.shell_command);
    }

    void keep() const {
        sys::make_dirs(context_.keep_failed, 0700);
        const std::filesystem::path directory =
            context_.keep_failed / fmt::format("{}-{}", std::time(nullptr), ::getpid());
        sys::make_dir(directory, 0755);
        image::SilentProgress silent;
        (void)image::copy_tree(root_, sys::RootedDir::open(directory), silent,
                               {.phase = {}, .sums = false});
        context_.report.message(
            fmt::format("the tree as it was then is kept; a shell in it: {} enter {}", kProgram,
                        quote_command(std::vector<std::string>{directory.string()})));
    }

    const BuildStep& step_;
    const StepContext& context_;
    sys::RootedDir root_;
    Sandbox sandbox_;
    std::string place_; // of the action
};

} // namespace

void run_step(const BuildStep& step, const std::filesystem::path& root, const StepContext& context) {
    StepRun run(step, root, context);
    std::visit(run, step.work);
}

} // namespace lxcpp::distro
