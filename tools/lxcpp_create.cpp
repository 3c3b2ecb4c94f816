// SPDX-License-Identifier: Apache-2.0
#include "common/cli.h"
#include "common/say.h"

#include "base/paths.h"
#include "container/template_run.h"
#include "sys/spawn.h"

#include <lxcpp/container.h>

#include <cstdio>
#include <fmt/core.h>

using namespace lxcpp;

namespace {

// "lxcpp-create -t NAME -h": the template's own options, as the template tells them.
void print_template_help(const std::string& name) {
    if (name.empty() || name == "none") return;
    const std::filesystem::path program = find_template(default_paths(), name);
    tools::say("\nOptions of the template {} (they follow \"--\"):\n\n", name);
    (void)std::fflush(stderr);
    // Template help goes to standard error as ours does.
    (void)sys::spawn({.argv = {program.string(), "-h"}, .standard_output = FdRef(2), .die_with_parent = true}).wait();
}

} // namespace

// Everything behind "--" is the template's: it must not reach our own parser.
int main(int argc, char** argv) {
    tools::Cli cli("lxcpp-create", "create a container",
                   "--name=NAME --template=TEMPLATE|--image=IMAGE [OPTION...] [-- TEMPLATE OPTIONS]");
    CreateOptions options;
    std::string directory;
    std::string config;
    cli.option("-t,--template", options.template_name, "template to use: a name, an absolute path, or none");
    cli.option("-f,--config", config, "initial configuration (default: lxc.default_config)");
    cli.option("--image", options.image, "make it of an image of the store, without a template");
    cli.flag("--replace", options.replace, "a container that is there already gets the image for its root");
    cli.option("-B,--bdev", options.backend, "how the root file system is stored: best, btrfs, reflink, overlay or dir");
    cli.option("--dir", directory, "put the root file system into this directory");
    cli.flag("--privileged", options.privileged, "no user namespace: root inside is root of the host");
    cli.more_help([&options] { print_template_help(options.template_name); });
    return tools::run_tool(cli, argc, argv, [&](tools::Cli& parsed) {
        options.config = config.empty() ? parsed.rcfile() : config;
        options.directory = directory;
        options.template_args = parsed.words();
        options.quiet = parsed.quiet();
        if (options.template_name.empty() && options.image.empty()) {
            throw Error("a template must be given with -t, or an image with --image; \"-t none\" makes a container without a root file system");
        }
        options.note = tools::note_printer(parsed);
        Container container(parsed.name(), parsed.lxcpath());
        container.create(options);
        return 0;
    });
}
