// SPDX-License-Identifier: Apache-2.0
// Recipes of the image builder: read with options and other files, checked, filtered, rendered; what is shown of one
// reads back as the same.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "distrobuilder/expiry.h"
#include "distrobuilder/package_manager.h"
#include "distrobuilder/recipe_check.h"
#include "distrobuilder/recipe_load.h"
#include "distrobuilder/recipe_resolve.h"
#include "distrobuilder/repositories.h"
#include "sys/temp_dir.h"

#include <algorithm>
#include <array>
#include <fstream>

namespace lxcpp::fuzz {
namespace {

using namespace lxcpp::distro;

constexpr std::time_t kNow = 1'767'225'600;
constexpr std::array<AcceptedTypes, 3> kPhases{{{true, {}}, {true, TargetType::Container}, {false, TargetType::Vm}}};

// Where the files are that a recipe may name: base.yaml, of which an input says what is in it.
const std::filesystem::path& folder() {
    static const sys::TempDir directory("/tmp", "lxcpp-fuzz-");
    return directory.path();
}

// A recipe reads files of whoever wrote it; here only those of the folder, or no two runs would do the same.
bool may_read_elsewhere(std::string_view text) {
    const auto has = [&](std::string_view word) { return text.find(word) != text.npos; };
    return (has("extends") || has("include") || has("\\")) && has("/");
}

void check_problems(const std::vector<RecipeProblem>& problems) {
    for (const RecipeProblem& problem : problems) FUZZ_CHECK_WITH(!problem.text.empty() && printable(problem.text) == problem.text, problem.text);
}

void check_written(const Recipe& recipe) {
    const std::string text = recipe_yaml(recipe);
    const auto again = accepted([&] { return read_recipe(parse_recipe_tree(text, "again", folder())); });
    FUZZ_CHECK_WITH(again && again->errors.empty(), text);
    FUZZ_CHECK_WITH(again->recipe == recipe, text);
}

void check_resolved(const LoadedRecipe& loaded) {
    const Recipe& recipe = loaded.read.recipe;
    const RecipeRenderer renderer(recipe, loaded.directory);
    for (const AcceptedTypes& types : kPhases) {
        const auto resolved = accepted([&] { return resolve_recipe(recipe, renderer, types, {}); });
        if (!resolved) continue;
        FUZZ_CHECK(resolved->files.size() <= recipe.files.size() && resolved->actions.size() <= recipe.actions.size());
        for (const Action& action : resolved->actions) FUZZ_CHECK(applies(action.filter, recipe.image, types));
        check_written(*resolved);
        accepted([&] { return plan_packages(resolved->packages, resolved->packages.sets); });
        accepted([&] { return plan_repositories(resolved->packages.manager, resolved->packages.repositories); });
    }
}

void check_matrix(const RecipeTree& tree, const LoadedRecipe& loaded) {
    const auto images = accepted([&] { return expand_matrix(loaded.read.recipe.matrix); });
    if (!images) return;
    for (std::size_t i = 0; i < std::min<std::size_t>(images->size(), 4); ++i) {
        const MatrixImage& image = (*images)[i];
        const auto options = image.options();
        const auto one = accepted([&] { return load_recipe(tree, "r.yaml", options, "x86_64", kNow); });
        if (!one) continue; // there may be no map to set it in
        if (!image.release.empty()) FUZZ_CHECK_WITH(one->read.recipe.image.release == image.release, image.release);
        if (!image.variant.empty()) FUZZ_CHECK_WITH(one->read.recipe.image.variant == image.variant, image.variant);
    }
}

} // namespace

// A recipe; then, each after a line "#-o", options; before a line "#base", the file that it may extend.
void one_input(std::string_view bytes) {
    if (may_read_elsewhere(bytes)) return;
    std::string_view text = bytes;
    if (const auto end = text.find("\n#base\n"); end != text.npos) {
        std::ofstream(folder() / "base.yaml", std::ios::binary) << text.substr(0, end);
        text.remove_prefix(end + 7);
    }
    Bytes input(text);
    const std::string_view recipe = input.until("\n#-o\n");
    std::vector<std::string> options;
    while (!input.empty()) options.emplace_back(input.until("\n"));
    const auto tree = accepted([&] { return parse_recipe_tree(recipe, "r.yaml", folder()); });
    if (!tree) return;
    const auto loaded = accepted([&] { return load_recipe(*tree, "r.yaml", options, "x86_64", kNow); });
    if (!loaded) return;
    check_problems(loaded->read.errors);
    check_problems(loaded->read.warnings);
    check_problems(lint_recipe(loaded->read));
    FUZZ_CHECK(expiry_date(kNow, loaded->read.recipe.image.expiry) >= kNow);
    check_matrix(*tree, *loaded);
    check_written(loaded->read.recipe);
    check_resolved(*loaded);
}

std::vector<std::string> made_seeds() {
    // Each key once: what is written of a recipe that has all of them.
    Recipe recipe;
    recipe.image = {.distribution = "debian", .release = "sid", .expiry = "1w 2d"};
    recipe.source = {.downloader = "debootstrap", .url = "u", .keys = {"k"}, .suite = "s", .same_as = "3.10", .skip_verification = true};
    recipe.targets.lxc = {.create_message = "{{ image.description }}\n", .config = {{.type = "all", .before = 5, .content = "c"}}};
    recipe.targets.oci = {.entrypoint = {"/init"}, .env = {"A=b"}, .labels = {{"a b", "c"}}};
    recipe.files = {{.filter = {.types = {TargetType::Vm}}, .generator = "template", .path = "/p", .instance = {{{"a", "b"}}, {"create"}}, .mode = "0640", .pongo = true}};
    recipe.packages = {.manager = "apt", .sets = {{.packages = {"a"}, .action = "install", .flags = {"-x"}}}, .repositories = {{.name = "n", .url = "deb u"}}};
    recipe.actions = {{.filter = {.releases = {"sid"}}, .trigger = "post-files", .action = "#!/bin/sh\ntrue\n"}};
    recipe.mappings = {.architectures = {{"x86_64", "amd64"}}, .architecture_map = "debian"};
    recipe.environment = {.clear_defaults = true, .variables = {{.key = "A", .value = "b"}}};
    recipe.vars = {{"x", "1"}};
    recipe.matrix = {.releases = {"a", "b"}, .exclude = {{.release = "a"}}};
    recipe.build = {.skip_systemd_generator = true, .template_files = {"f"}};
    const std::string whole = recipe_yaml(recipe);
    recipe.packages.manager.clear();
    recipe.packages.custom_manager = CustomManager{.clean = {"a", {}}, .install = {"b", {"-i"}}, .remove = {"c", {}}, .refresh = {"d", {}}, .update = {"e", {}}};
    return {whole, recipe_yaml(recipe) + "\n#-o\nimage.release=x,vars.y=a=b\n\"image.variant=q\"\npackages.sets.0.packages.1=z\n",
            whole + "\n#base\nextends: base.yaml\nmatrix: !replace {releases: [c]}\npackages: {sets: [{action: remove}]}\n"};
}

} // namespace lxcpp::fuzz
