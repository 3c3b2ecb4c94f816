// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/build.h"

#include "distrobuilder/build_cache.h"
#include "distrobuilder/build_steps.h"
#include "distrobuilder/command.h"
#include "distrobuilder/hidden_output.h"
#include "distrobuilder/host_programs.h"
#include "distrobuilder/image_inputs.h"
#include "distrobuilder/output_directory.h"
#include "distrobuilder/output_files.h"
#include "distrobuilder/recipe_resolve.h"
#include "distrobuilder/root_source.h"
#include "distrobuilder/runnable.h"
#include "distrobuilder/sandbox_tree.h"
#include "distrobuilder/step_run.h"
#include "sys/file.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <set>
#include <unistd.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;

std::string_view output_name(Output output) {
    switch (output) {
    case Output::Directory: return "directory";
    case Output::Lxc: return "LXC image";
    case Output::Incus: return "Incus image";
    case Output::Oci: return "OCI image";
    }
    return {};
}

// Which entries are for the tree, and which for the images of it.
AcceptedTypes tree_types(const BuildSettings& settings) {
    if (settings.outputs.front() == Output::Directory) return {true, std::nullopt};
    // What has no type was done when the tree was built.
    return {!settings.tree, TargetType::Container};
}

AcceptedTypes image_types(const BuildSettings& settings) {
    if (settings.outputs.front() == Output::Directory) return {true, std::nullopt};
    return {true, TargetType::Container};
}

// What is in the places of such a tree may be half of it.
void require_finished(const fs::path& tree) {
    if (std::ranges::any_of(sys::list_dir(tree), is_hidden_output))
        throw Error(fmt::format("{} is not finished: its build was killed, or is still at work; "
                                "remove it then, and build it again",
                                tree.string()));
}

class ImageBuild {
public:
    explicit ImageBuild(const BuildRequest& request)
        : request_(request), settings_(request.settings), recipe_(request.recipe.read.recipe),
          renderer_(recipe_, request.recipe.directory), cache_(open_cache(settings_.cache)), scratch_(cache_.scratch(), "build-"),
          steps_cache_(cache_, settings_.cache_max_age, std::time(nullptr)) {
        if (!settings_.show_output) log_ = scratch_.path() / "log";
    }

    void run() {
        const Recipe tree = resolve(tree_types(settings_));
        TreePlan plan = plan_tree_steps(tree);
        for (const std::string& warning : plan.warnings) request_.report.warn(warning);
        const ImagePlan image = plan_image();
        expect(plan.steps.size(), image.steps.size());
        if (runs_programs(plan.steps) || runs_programs(image.steps))
            require_runnable(tree.image, scratch_.path());
        RootStack stack(layering(), scratch_.path(), &steps_cache_);
        std::string key = settings_.tree ? start_from_tree(stack) : start_from_source(stack, tree);
        key_steps(plan.steps, key, tree, build_environment(tree));
        run_steps(stack, plan.steps, tree);
        if (!plan.steps.empty()) key = plan.steps.back().key;
        if (makes_directory())
            (void)make_output(Output::Directory, stack, key, image, nullptr);
        else
            make_images(stack, key, tree, image);
    }

private:
    static image::ImageCache open_cache(const fs::path& directory) {
        image::ImageCache cache = open_build_cache(directory);
        cache.remove_leftovers();
        return cache;
    }

    [[nodiscard]] bool makes_directory() const { return settings_.outputs.front() == Output::Directory; }

    [[nodiscard]] Layering layering() const {
        return settings_.tree && settings_.layering == Layering::Cached ? Layering::Scratch : settings_.layering;
    }

    Recipe resolve(const AcceptedTypes& types) {
        return resolve_recipe(recipe_, renderer_, types, [this](const std::string& line) {
            if (warned_.insert(line).second) request_.report.warn(line);
        });
    }

    // What each of the images gets on top of the tree.
    struct ImagePlan {
        Recipe recipe;
        std::vector<BuildStep> steps; // without keys
    };
    [[nodiscard]] ImagePlan plan_image() {
        ImagePlan plan{resolve(image_types(settings_)), {}};
        if (!makes_directory() || settings_.with_post_files)
            plan.steps = plan_image_steps(plan.recipe);
        return plan;
    }

    void expect(std::size_t tree_steps, std::size_t post_files) const {
        const std::size_t manifest = settings_.manifest && !makes_directory() ? 1 : 0;
        request_.report.expect((settings_.tree ? 0 : 1) + tree_steps +
                               settings_.outputs.size() * (post_files + 2) + manifest);
    }

    std::string start_from_tree(RootStack& stack) {
        require_finished(*settings_.tree);
        stack.start_from(*settings_.tree);
        if (layering() == Layering::Plain) stack = stack.fork(request_.report.progress());
        return "tree";
    }

    std::string start_from_source(RootStack& stack, const Recipe& tree) {
        BuildReport& report = request_.report;
        image::HttpClient http;
        std::optional<sys::TempDir> passing;
        if (!settings_.keep_sources) passing.emplace(scratch_.path(), "sources-");
        std::optional<image::ImageCache> own;
        if (passing) own = image::ImageCache::open(passing->path());
        else if (settings_.sources) own = image::ImageCache::open(*settings_.sources);
        const SourceWork work{.recipe = tree, .http = http, .cache = own ? *own : cache_, .scratch = cache_.scratch(),
                              .progress = report.progress(), .directory = request_.recipe.directory, .log = log_, .now = settings_.now};
        const std::unique_ptr<RootSource> source = open_source(work);
        std::string notes;
        for (const auto& [text, doubtful] : source->verification()) {
            doubtful ? report.warn(text) : report.message(text);
            notes += text + "\n";
        }
        const std::vector<std::string> texts{"source", tree.source.downloader, source->identity()};
        const std::string key = next_key("", texts);
        const std::string title =
            fmt::format("{} from {}", tree.image.distribution, tree.source.downloader);
        stack.run({title, key, source->uses_network(), notes}, report,
                  [&](const fs::path& root) { with_log(title, [&] { source->unpack(root); }); });
        return key;
    }

    // What a source's programs print is the best that there is to say of its failure.
    template <typename Work>
    void with_log(const std::string& title, const Work& work) const {
        try {
            work();
        } catch (const Error& error) {
            if (!log_.empty() && !last_lines(log_, 1).empty()) request_.report.failed({title, error.what(), {}}, log_);
            throw;
        }
    }

    void run_steps(RootStack& stack, const std::vector<BuildStep>& steps, const Recipe& recipe) {
        const StepContext context{recipe,
                                  with_proxies(build_environment(recipe)),
                                  log_,
                                  settings_.shell_on_failure,
                                  settings_.shell_command,
                                  settings_.deadline,
                                  settings_.late,
                                  settings_.keep_failed ? settings_.cache / kFailedTrees
                                                        : fs::path(),
                                  request_.report};
        for (const BuildStep& step : steps) {
            stack.run({step.title, step.key, step.uses_network(), {}}, request_.report, [&](const fs::path& root) {
                if (!log_.empty()) sys::write_file_atomic(log_, ""); // the step's own
                run_step(step, root, context);
            });
        }
    }

    // All of them appear together. The manifest is of the last one's tree, in which the files and
    // actions of images are done.
    void make_images(const RootStack& base, const std::string& key, const Recipe& tree,
                     const ImagePlan& plan) {
        OutputFiles files(request_.target, request_.identity.owner, request_.identity.group);
        RootStack last = base;
        for (const Output output : settings_.outputs)
            last = make_output(output, base, key, plan, &files);
        if (settings_.manifest) write_manifest(last, tree, files);
        for (const OutputFile& file : summed_up(files.publish()))
            request_.report.output(request_.target / file.name, file.size, file.sha256);
    }

    // What it is made of. to: of an image.
    RootStack make_output(Output output, const RootStack& base, const std::string& key,
                          const ImagePlan& plan, OutputFiles* to) {
        BuildReport& report = request_.report;
        const Recipe& recipe = plan.recipe;
        RootStack stack = settings_.outputs.size() > 1 ? base.fork(report.progress()) : base;
        ImageFiles files;
        report.begin(fmt::format("files of the {}", output_name(output)));
        stack.change([&](const fs::path& path) {
            const sys::RootedDir root = open_root(path);
            remove_kept(root); // of the steps before
            write_files(recipe, output, root, files);
        });
        report.done();
        std::vector<BuildStep> steps = plan.steps;
        if (stack.cacheable() && !steps.empty())
            key_steps(steps, image_key(key, recipe, output, request_.recipe.directory), recipe,
                      build_environment(recipe));
        run_steps(stack, steps, recipe);
        if (!steps.empty())
            stack.change([](const fs::path& path) { remove_kept(open_root(path)); });
        report.begin(fmt::format("write the {}", output_name(output)));
        stack.read([&](const fs::path& path) {
            const sys::RootedDir root = open_root(path);
            if (output == Output::Directory)
                write_directory(root, request_.target, report.progress());
            else
                write_image(recipe, output, root, files, *to);
        });
        report.done();
        if (output == Output::Directory) report.output(request_.target, 0, "");
        return stack;
    }

    // Messages have what people know in them, and not where it is just now.
    static sys::RootedDir open_root(const fs::path& path) {
        return {sys::open_file(path, {.directory = true, .follow = false}), "the root file system"};
    }

    void write_files(const Recipe& recipe, Output output, const sys::RootedDir& root,
                     ImageFiles& files) const {
        const GeneratorTarget target{
            .output = output, .type = TargetType::Container, .filesystem = {}};
        for (const FileEntry& entry : recipe.files) {
            try {
                run_generator(entry, target, root, request_.recipe.directory, files);
            } catch (Error& error) {
                if (!entry.place.text.empty()) error.add_context(entry.place.text);
                // As distrobuilder has it: a tree is only half of an image, and packing tells.
                if (output != Output::Directory) throw;
                request_.report.warn(error.what());
            }
        }
        const bool systemd = output == Output::Lxc || output == Output::Incus;
        if (systemd && !recipe.build.skip_systemd_generator) install_systemd_generator(root);
    }

    void write_image(const Recipe& recipe, Output output, const sys::RootedDir& root, const ImageFiles& files, OutputFiles& to) const {
        const OutputWork work = output_work(recipe, root, files);
        switch (output) {
        case Output::Directory: return;
        case Output::Lxc: return write_lxc_image(work, to);
        case Output::Incus: return write_incus_image(work, to);
        case Output::Oci: return write_oci_image(work, to);
        }
    }

    OutputWork output_work(const Recipe& recipe, const sys::RootedDir& root, const ImageFiles& files) const {
        return {recipe, files, root, settings_.output, settings_.now, request_.report.progress()};
    }

    void write_manifest(RootStack& stack, const Recipe& recipe, OutputFiles& to) const {
        request_.report.begin("list the packages");
        const ImageFiles none;
        stack.read([&](const fs::path& path) {
            const sys::RootedDir root = open_root(path);
            write_package_manifest(output_work(recipe, root, none), to);
        });
        request_.report.done();
    }

    const BuildRequest& request_;
    const BuildSettings& settings_;
    const Recipe& recipe_;
    RecipeRenderer renderer_;
    image::ImageCache cache_;
    sys::TempDir scratch_;
    StepCache steps_cache_;
    fs::path log_;
    std::set<std::string> warned_; // once each, however often the recipe is resolved
};

} // namespace

void run_build(const BuildRequest& request) { ImageBuild(request).run(); }

} // namespace lxcpp::distro
