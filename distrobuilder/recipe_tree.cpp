// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/recipe_tree.h"

#include "base/strings.h"
#include "sys/file.h"
#include "sys/file_io.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace lxcpp::distro {
namespace {

using image::YamlKind;
using image::YamlMember;
using image::YamlNode;

namespace fs = std::filesystem;

constexpr image::YamlLimits kLimits{.bytes = 8u << 20, .depth = 64, .nodes = 200'000, .aliases = true};
constexpr std::size_t kDeepest = 16; // files that name files
constexpr std::size_t kMostFiles = 256; // of one recipe, each as often as it is named
constexpr std::string_view kReplace = "!replace";

// What later says is put over what was there.
void merge(YamlNode& base, YamlNode later) {
    if (later.kind == YamlKind::Null) return;
    const bool alike = base.kind == later.kind && later.tag != kReplace;
    if (alike && later.kind == YamlKind::List) {
        std::ranges::move(later.items, std::back_inserter(base.items));
    } else if (alike && later.kind == YamlKind::Map) {
        for (YamlMember& member : later.members) {
            if (YamlNode* old = base.find(member.name)) merge(*old, std::move(member.value));
            else base.members.push_back(std::move(member));
        }
    } else {
        base = std::move(later);
    }
}

std::optional<YamlNode> take_member(YamlNode& map, std::string_view name) {
    const auto found = std::ranges::find(map.members, name, &YamlMember::name);
    if (found == map.members.end()) return std::nullopt;
    YamlNode value = std::move(found->value);
    map.members.erase(found);
    return value;
}

// Somebody who names a pipe, or a terminal, would wait for ever.
std::string read_regular(const fs::path& file) {
    const auto info = sys::stat_path(file);
    if (info && !S_ISREG(info->st_mode)) throw Error(fmt::format("{}: is no file", printable(file.string())));
    return sys::read_file(file, kLimits.bytes);
}

class Loader {
public:
    RecipeTree load(std::string_view text, const std::string& name, const fs::path& directory) {
        tree_.directory = directory;
        tree_.root = parse(text, name, directory);
        return std::move(tree_);
    }

private:
    YamlNode parse(std::string_view text, const std::string& name, const fs::path& directory) {
        image::YamlLimits limits = kLimits;
        limits.file = static_cast<int>(tree_.files.size());
        tree_.files.push_back(name);
        auto [own, next] = image::parse_first_yaml(text, name, limits);
        if (next) tree_.unread.push_back(*next);
        if (own.kind == YamlKind::Null) own.kind = YamlKind::Map;
        if (own.kind != YamlKind::Map) throw Error(fmt::format("{}: a recipe is a map of sections", tree_.describe(own.place)));
        YamlNode whole{.kind = YamlKind::Map};
        if (const auto parent = take_member(own, "extends")) add(whole, *parent, directory);
        if (const auto parts = take_member(own, "include")) {
            if (parts->kind == YamlKind::Text) add(whole, *parts, directory);
            else if (parts->kind == YamlKind::Map) throw Error(fmt::format("{}: a list of paths of files is expected", tree_.describe(parts->place)));
            for (const YamlNode& part : parts->items) add(whole, part, directory);
        }
        merge(whole, std::move(own));
        return whole;
    }

    void add(YamlNode& whole, const YamlNode& path, const fs::path& directory) {
        const std::string place = tree_.describe(path.place);
        if (path.kind != YamlKind::Text || path.text.empty()) throw Error(place + ": a path of a file is expected");
        const fs::path file = (directory / path.text).lexically_normal();
        if (std::ranges::find(open_, file) != open_.end()) throw Error(fmt::format("{}: {} is what this is part of", place, printable(file.string())));
        if (open_.size() >= kDeepest) throw Error(fmt::format("{}: more than {} files that name each other", place, kDeepest));
        if (tree_.files.size() >= kMostFiles) throw Error(fmt::format("{}: more than {} files make one recipe", place, kMostFiles));
        open_.push_back(file);
        std::string text;
        try {
            text = read_regular(file);
        } catch (Error& error) {
            error.add_context(place);
            throw;
        }
        merge(whole, parse(text, file.string(), file.parent_path()));
        open_.pop_back();
    }

    RecipeTree tree_;
    std::vector<fs::path> open_;
};

} // namespace

std::string RecipeTree::describe(const image::YamlPlace& place) const {
    const std::string& file = files.at(static_cast<std::size_t>(place.file));
    return place.line == 0 ? file : fmt::format("{}:{}:{}", file, place.line, place.column);
}

RecipeTree parse_recipe_tree(std::string_view text, const std::string& name, const fs::path& directory) {
    return Loader().load(text, name, directory);
}

RecipeTree read_recipe_tree(const std::string& file) {
    if (file.empty() || file == "-")
        return parse_recipe_tree(sys::read_all(FdRef(STDIN_FILENO), "standard input", kLimits.bytes), "standard input", fs::current_path());
    return parse_recipe_tree(sys::read_file(file, kLimits.bytes), file, fs::path(file).parent_path());
}

} // namespace lxcpp::distro
