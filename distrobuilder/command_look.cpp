// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/command.h"

#include "base/strings.h"
#include "common/harmless.h"
#include "common/say.h"
#include "distrobuilder/recipe_check.h"
#include "distrobuilder/recipe_resolve.h"

#include <lxcpp/error.h>

#include <fmt/core.h>
#include <sys/utsname.h>

// Commands that only look at a recipe.
namespace lxcpp::distro {
namespace {

using tools::harmless;
using tools::say;

} // namespace

void require_words(std::span<const std::string> words, std::size_t least, std::size_t most, std::string_view usage) {
    if (words.size() >= least && words.size() <= most) return;
    throw Error(fmt::format("{}: usage: {} {}", words.size() < least ? "something is missing" : fmt::format("'{}' is too much", printable(words[most])),
                            kProgram, usage));
}

std::string machine_name() {
    struct utsname names {};
    return ::uname(&names) == 0 ? names.machine : "x86_64";
}

RecipeReading::RecipeReading(const std::string& file, const CommandOptions& options)
    : file_(file), options_(options), now_(build_time()), tree_(read_recipe_tree(file)) {}

LoadedRecipe RecipeReading::read(std::span<const std::string> more) {
    std::vector<std::string> all = options_.options;
    all.insert(all.end(), more.begin(), more.end());
    LoadedRecipe loaded = load_recipe(tree_, file_, all, machine_name(), now_);
    for (const RecipeProblem& problem : loaded.read.warnings) warn(problem.line());
    const std::vector<RecipeProblem>& errors = loaded.read.errors;
    if (errors.empty()) return loaded;
    if (errors.size() == 1) throw Error(errors.front().line());
    for (const RecipeProblem& problem : errors) say("{}: {}\n", kProgram, harmless(problem.line()));
    throw Error(fmt::format("{}: {} errors", file_ == "-" ? "standard input" : file_, errors.size()));
}

void RecipeReading::warn(const std::string& line) {
    if (told_.insert(line).second && !options_.quiet) say("{}: warning: {}\n", kProgram, harmless(line));
}

int run_validate(const CommandOptions& options, std::span<const std::string> words) {
    require_words(words, 1, 1, "validate RECIPE");
    RecipeReading reading(words[0], options);
    const LoadedRecipe plain = reading.read();
    for (const MatrixImage& image : expand_matrix(plain.read.recipe.matrix)) {
        const LoadedRecipe one = reading.read(image.options());
        // Templates are only wrong when they are filled in.
        const RecipeRenderer renderer(one.read.recipe, one.directory);
        (void)resolve_recipe(one.read.recipe, renderer, {true, TargetType::Container}, [&](const std::string& line) { reading.warn(line); });
    }
    return 0;
}

int run_show(const CommandOptions& options, std::span<const std::string> words) {
    require_words(words, 1, 1, "show RECIPE");
    RecipeReading reading(words[0], options);
    const LoadedRecipe loaded = reading.read();
    const RecipeRenderer renderer(loaded.read.recipe, loaded.directory);
    const Recipe resolved = resolve_recipe(loaded.read.recipe, renderer, {true, TargetType::Container}, [&](const std::string& line) { reading.warn(line); });
    fmt::print("{}", recipe_yaml(resolved));
    return 0;
}

int run_lint(const CommandOptions& options, std::span<const std::string> words) {
    require_words(words, 1, 1, "lint RECIPE");
    const LoadedRecipe loaded = RecipeReading(words[0], options).read();
    std::size_t found = loaded.read.warnings.size();
    for (const RecipeProblem& problem : lint_recipe(loaded.read)) {
        fmt::print("{}\n", harmless(problem.line()));
        ++found;
    }
    return found == 0 ? 0 : 2;
}

int refuse_windows(const CommandOptions&, std::span<const std::string>) {
    throw Error("repack-windows is not offered: lxcpp builds images of containers, and Windows runs in virtual machines only");
}

} // namespace lxcpp::distro
