// SPDX-License-Identifier: Apache-2.0
// Packs a root file system as the builder does at the end of a build:
//   write-output RECIPE TREE TARGET WHAT... [KEY=VALUE]...
// WHAT: generators-lxc, generators-incus (change the tree), lxc, incus, unified, oci, oci-layout, manifest, systemd.
// KEY=VALUE: compression=, squashfs=, tag=, now=; others are the recipe's, as -o has them.
#include "distrobuilder/generator.h"
#include "distrobuilder/output.h"
#include "distrobuilder/output_files.h"
#include "distrobuilder/recipe_defaults.h"
#include "distrobuilder/recipe_reader.h"
#include "distrobuilder/recipe_resolve.h"

#include <lxcpp/error.h>

#include <cstdio>
#include <string>
#include <unistd.h>
#include <vector>

using namespace lxcpp;
using namespace lxcpp::distro;

namespace {

class Packer {
public:
    Packer(const std::string& recipe, const char* tree, const char* target) : tree_(read_recipe_tree(recipe)), root_(sys::RootedDir::open(tree)), target_(target) {}

    void set(const std::string& key, const std::string& value) {
        if (key == "compression") options_.compression = parse_output_compression(value);
        else if (key == "squashfs") options_.squashfs = parse_output_compression(value);
        else if (key == "tag") options_.oci_tag = value;
        else if (key == "now") now_ = std::stoll(value);
        else set_option(tree_, key + "=" + value);
    }

    void resolve() {
        ReadRecipe read = read_recipe(tree_);
        if (!read.errors.empty()) throw Error(read.errors.front().line());
        set_defaults(read.recipe, "x86_64", now_);
        derive_architecture(read.recipe);
        read.recipe.targets.type = "container";
        const RecipeRenderer renderer(read.recipe, tree_.directory);
        recipe_ = resolve_recipe(read.recipe, renderer, {.untyped = true, .typed = TargetType::Container}, [](const std::string&) {});
    }

    void run(const std::string& what) {
        if (what == "generators-lxc") return generate(Output::Lxc);
        if (what == "generators-incus") return generate(Output::Incus);
        if (what == "systemd") return install_systemd_generator(root_);
        options_.type = what == "unified" ? IncusType::Unified : IncusType::Split;
        options_.oci = what == "oci-layout" ? OciForm::Layout : OciForm::Archive;
        for (const OutputFile& file : write(what)) std::printf("%s %llu %s\n", file.name.c_str(), static_cast<unsigned long long>(file.size), file.sha256.c_str());
    }

private:
    void generate(Output output) {
        for (const FileEntry& entry : recipe_.files) run_generator(entry, {.output = output}, root_, tree_.directory, files_);
    }

    std::vector<OutputFile> write(const std::string& what) {
        const OutputWork work{.recipe = recipe_, .files = files_, .root = root_, .options = options_, .now = now_, .progress = silent_};
        OutputFiles files(target_, ::getuid(), ::getgid());
        if (what == "lxc") write_lxc_image(work, files);
        else if (what == "incus" || what == "unified") write_incus_image(work, files);
        else if (what == "oci" || what == "oci-layout") write_oci_image(work, files);
        else if (what == "manifest") write_package_manifest(work, files);
        else throw Error(what + ": no such output");
        return files.publish();
    }

    RecipeTree tree_;
    sys::RootedDir root_;
    std::string target_;
    Recipe recipe_;
    ImageFiles files_;
    OutputOptions options_;
    std::time_t now_ = 1'700'000'000;
    image::SilentProgress silent_;
};

} // namespace

int main(int argc, char** argv) {
    try {
        Packer packer(argv[1], argv[2], argv[3]);
        const std::vector<std::string> words(argv + 4, argv + argc);
        for (const std::string& word : words)
            if (const auto equals = word.find('='); equals != word.npos) packer.set(word.substr(0, equals), word.substr(equals + 1));
        packer.resolve();
        for (const std::string& word : words)
            if (word.find('=') == word.npos) packer.run(word);
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "write-output: %s\n", error.what());
        return 1;
    }
}
