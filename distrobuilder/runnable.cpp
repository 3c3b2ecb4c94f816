// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/runnable.h"

#include "base/strings.h"
#include "debian/architecture.h"
#include "debian/probe_program.h"
#include "distrobuilder/sandbox.h"
#include "image/architecture.h"
#include "sys/file.h"
#include "sys/host.h"
#include "sys/temp_dir.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp::distro {
namespace {

constexpr auto kProbe = "/probe";

// As a step would: where an interpreter that was not opened at its registration is not there.
bool runs_in_sandbox(const std::filesystem::path& scratch, std::string_view program) {
    const auto root = scratch / "root";
    sys::make_dir(root, 0755);
    sys::write_file_atomic(root / "probe", program, 0755);
    return Sandbox({.root = root, .env = {}, .log = scratch / "log"}).run({kProbe}) == 0;
}

} // namespace

bool runs_programs(std::span<const BuildStep> steps) noexcept {
    return std::ranges::any_of(steps, [](const BuildStep& step) {
        const auto* repositories = std::get_if<RepositoryChange>(&step.work);
        return repositories == nullptr || !repositories->commands.empty();
    });
}

void require_runnable(const ImageSection& image, const std::filesystem::path& scratch) {
    const std::string machine = sys::system_name().machine;
    const auto known = image::find_architecture(image.architecture_kernel);
    if (!known || known->machine == machine) return;
    const auto program = debian::probe_program(known->debian);
    if (!program) return; // its own programs will tell
    const sys::TempDir directory(scratch, "probe-");
    if (runs_in_sandbox(directory.path(), *program)) return;
    const std::string what = fmt::format("image.architecture: {}: this {} machine",
                                         printable(image.architecture), machine);
    if (debian::can_run(known->debian, std::filesystem::absolute(directory.path())))
        throw Error(fmt::format(
            "{} has an interpreter for programs of that architecture (binfmt_misc) that is not "
            "found from within a root file system: "
            "it must be registered with the flag F, as the package qemu-user-static does",
            what));
    throw Error(fmt::format("{} cannot run programs of that architecture, which the build does: "
                            "install the package qemu-user-static "
                            "(qemu-user-binfmt from Debian 13 on), which registers an interpreter "
                            "for them (binfmt_misc)",
                            what));
}

} // namespace lxcpp::distro
