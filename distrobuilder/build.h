// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/build_namespace.h"
#include "distrobuilder/build_report.h"
#include "distrobuilder/generator.h"
#include "distrobuilder/output.h"
#include "distrobuilder/recipe_load.h"
#include "distrobuilder/root_stack.h"

#include <chrono>
#include <ctime>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp::distro {

struct BuildSettings {
    std::vector<Output> outputs; // at least one; Directory only alone
    OutputOptions output;
    std::optional<std::filesystem::path> tree; // pack that instead of building one
    bool manifest = true;         // manifest.spdx.json beside the images
    bool with_post_files = false; // of a directory: its post-files actions too
    Layering layering = Layering::Cached;
    std::chrono::hours cache_max_age{24};
    bool shell_on_failure = false;
    std::string shell_command; // the same build with a shell on failure; for messages
    bool keep_failed =
        false; // the tree as a failing step left it, in the cache's directory "failed"
    std::optional<std::chrono::steady_clock::time_point> deadline; // steps fail then
    std::function<void()> late;                                    // told when one did
    bool show_output = false; // what programs print, on our standard error
    std::filesystem::path cache;
    std::optional<std::filesystem::path> sources; // downloads, when they are not kept in the cache
    bool keep_sources = true;
    std::time_t now = 0;
};

// One image, or several of one tree.
struct BuildRequest {
    const LoadedRecipe& recipe; // without errors
    const BuildSettings& settings;
    std::filesystem::path target; // existing; of a directory: empty
    BuildIdentity identity;
    BuildReport& report;
};

// Everything from the source to the images in target. The process is in the build's namespace. Throws Error; what was in the
// target is then as it was, and steps that ended well are in the cache.
void run_build(const BuildRequest& request);

} // namespace lxcpp::distro
