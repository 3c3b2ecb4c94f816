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

RecipeTree read_tree(std::span<const std::string> words, std::string_view usage) {
    require_words(words, 1, 1, usage);
    return read_recipe_tree(words[0]);
}

// What there is to say of a recipe without errors, for a machine of any kind.
std::size_t tell(const std::vector<RecipeProblem>& problems, std::string_view kind) {
    for (const RecipeProblem& problem : problems) say("{}: {}{}\n", kProgram, kind, harmless(problem.line()));
    return problems.size();
}

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

LoadedRecipe require_recipe(const RecipeTree& tree, const std::string& file, const CommandOptions& options, std::span<const std::string> more) {
    std::vector<std::string> all = options.options;
    all.insert(all.end(), more.begin(), more.end());
    LoadedRecipe loaded = load_recipe(tree, file, all, machine_name(), build_time());
    if (!options.quiet) (void)tell(loaded.read.warnings, "warning: ");
    const std::size_t errors = loaded.read.errors.size();
    if (errors == 0) return loaded;
    if (errors == 1) throw Error(loaded.read.errors.front().line());
    (void)tell(loaded.read.errors, "");
    throw Error(fmt::format("{}: {} errors", file == "-" ? "standard input" : file, errors));
}

int run_validate(const CommandOptions& options, std::span<const std::string> words) {
    const RecipeTree tree = read_tree(words, "validate RECIPE");
    const LoadedRecipe plain = require_recipe(tree, words[0], options);
    for (const MatrixImage& image : expand_matrix(plain.read.recipe.matrix)) {
        const LoadedRecipe one = require_recipe(tree, words[0], options, image.options());
        // Templates are only wrong when they are filled in.
        const RecipeRenderer renderer(one.read.recipe, one.directory);
        (void)resolve_recipe(one.read.recipe, renderer, {true, TargetType::Container}, [&](const std::string& line) {
            if (!options.quiet) say("{}: warning: {}\n", kProgram, harmless(line));
        });
    }
    return 0;
}

int run_show(const CommandOptions& options, std::span<const std::string> words) {
    const RecipeTree tree = read_tree(words, "show RECIPE");
    const LoadedRecipe loaded = require_recipe(tree, words[0], options);
    const RecipeRenderer renderer(loaded.read.recipe, loaded.directory);
    const Recipe resolved = resolve_recipe(loaded.read.recipe, renderer, {true, TargetType::Container}, [&](const std::string& line) {
        if (!options.quiet) say("{}: warning: {}\n", kProgram, harmless(line));
    });
    fmt::print("{}", recipe_yaml(resolved));
    return 0;
}

int run_lint(const CommandOptions& options, std::span<const std::string> words) {
    const RecipeTree tree = read_tree(words, "lint RECIPE");
    const LoadedRecipe loaded = require_recipe(tree, words[0], options);
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
