// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/read_places.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lxcpp::distro {
namespace {

using testing::ElementsAre;

LoadedRecipe recipe_in(const std::string& directory) {
    LoadedRecipe loaded;
    loaded.directory = directory;
    loaded.read.recipe.image.distribution = "small";
    return loaded;
}

TEST(ReadPlaces, AreFilledInAndWithoutDots) {
    LoadedRecipe loaded = recipe_in("/root/recipes/");
    Recipe& recipe = loaded.read.recipe;
    recipe.source.url = "file:///root/images/{{ image.distribution }}/root.tar";
    recipe.source.key_files = {"key.asc", "../keys/key.gpg"};
    recipe.build.template_files = {"/srv/part"};
    recipe.files = {{.generator = "copy", .source = "../keys/a"}, {.generator = "copy", .source = "own/*.conf"}, {.generator = "copy", .source = "/*"}, {.generator = "dump", .source = "/x/y"}};
    EXPECT_THAT(read_places(loaded), ElementsAre("/root/recipes", "/root/keys", "/*", "/root/images/small", "/root/keys/key.gpg", "/srv/part"));
}

TEST(ReadPlaces, OfARegistryHaveItsPasswords) {
    LoadedRecipe loaded = recipe_in("/r");
    loaded.read.recipe.source.downloader = "docker-http";
    ::setenv("REGISTRY_AUTH_FILE", "/root/auth.json", 1);
    EXPECT_THAT(read_places(loaded), ElementsAre("/r", "/root/auth.json"));
    ::unsetenv("REGISTRY_AUTH_FILE");
}

} // namespace
} // namespace lxcpp::distro
