// SPDX-License-Identifier: Apache-2.0
#include "download/options.h"

#include "base/paths.h"
#include "base/strings.h"
#include "image/image_servers.h"
#include "image/server_path.h"
#include "image/template_options.h"

#include <lxcpp/error.h>

#include <array>
#include <fmt/core.h>

namespace lxcpp::download {
namespace {

using image::Takes;
using Option = image::TemplateOption<Options>;

std::string word(std::string_view option, const std::string& value) {
    if (image::is_server_word(value)) return value;
    throw Error(fmt::format("{} '{}': this cannot be a name on a server", option, printable(value)));
}

// "images:debian/12/cloud"
void take_image(Options& options, const std::string& value) {
    auto [server, image] = image::split_server_image_name(value);
    if (image.empty() || !options.image.empty())
        throw Error(fmt::format("'{}': one image is named, as [SERVER:]DISTRIBUTION/RELEASE[/VARIANT]", printable(value)));
    if (!server.empty() && !options.server.empty() && options.server != server)
        throw Error(fmt::format("'{}': --server says {}", printable(value), printable(options.server)));
    if (!server.empty()) options.server = std::move(server);
    options.image = std::move(image);
}

void take_distribution(Options& options, const std::string& value) {
    if (value.find_first_of("/:") != value.npos) take_image(options, value);
    else options.wanted.distribution = word("--dist", value);
}

[[noreturn]] void refuse_keyserver(Options&, const std::string&) {
    throw Error("--keyserver: keys are not fetched from key servers, which hand out what anybody uploads under any name. "
                "Get the server's key where you trust it, and give it with --keyring FILE, or for all that follow put it "
                "into /etc/lxcpp/image-keys (lxcpp-image-servers.conf(5))");
}

constexpr std::array<Option, 21> kOptions{{
    {"path", 'p', Takes::Value, [](Options& o, const std::string& v) { o.path = v; }},
    {"name", 'n', Takes::Value, [](Options& o, const std::string& v) { o.name = v; }},
    {"rootfs", '\0', Takes::Value, [](Options& o, const std::string& v) { o.rootfs = v; }},
    {"mapped-uid", '\0', Takes::Value, [](Options& o, const std::string&) { o.mapped = true; }},
    {"mapped-gid", '\0', Takes::Value, [](Options& o, const std::string&) { o.mapped = true; }},
    {"dist", 'd', Takes::Value, take_distribution},
    {"release", 'r', Takes::Value, [](Options& o, const std::string& v) { o.wanted.release = word("--release", v); }},
    {"arch", 'a', Takes::Value, [](Options& o, const std::string& v) { o.wanted.architecture = word("--arch", v); }},
    {"variant", '\0', Takes::Value, [](Options& o, const std::string& v) { o.wanted.variant = word("--variant", v); }},
    {"build", '\0', Takes::Value, [](Options& o, const std::string& v) { o.wanted.serial = word("--build", v); }},
    {"server", '\0', Takes::Value, [](Options& o, const std::string& v) { o.server = v; }},
    {"keyserver", '\0', Takes::Value, refuse_keyserver},
    {"keyring", '\0', Takes::Value, [](Options& o, const std::string& v) { o.keyring = v; }},
    {"no-validate", '\0', Takes::Nothing, [](Options& o, const std::string&) { o.validate = false; }},
    {"flush-cache", '\0', Takes::Nothing, [](Options& o, const std::string&) { o.flush_cache = true; }},
    {"force-cache", '\0', Takes::Nothing, [](Options& o, const std::string&) { o.force_cache = true; }},
    {"allow-rollback", '\0', Takes::Nothing, [](Options& o, const std::string&) { o.allow_rollback = true; }},
    {"list", 'l', Takes::Nothing, [](Options& o, const std::string&) { o.list = true; }},
    {"verbose", '\0', Takes::Nothing, [](Options&, const std::string&) {}}, // LXC's; we say it all anyway
    {"quiet", 'q', Takes::Nothing, [](Options& o, const std::string&) { o.quiet = true; }},
    {"help", 'h', Takes::Nothing, [](Options& o, const std::string&) { o.help = true; }},
}};

void check(const Options& options) {
    const auto& wanted = options.wanted;
    if (!options.image.empty() && !(wanted.distribution + wanted.release + wanted.variant).empty())
        throw Error(fmt::format("{}: the image's name says it all; leave --dist, --release and --variant out", printable(options.image)));
    if (options.keyring && !options.validate) throw Error("--keyring and --no-validate exclude each other");
    if (options.flush_cache && options.force_cache) throw Error("--flush-cache and --force-cache exclude each other");
    if (options.list) return;
    if (options.path.empty() || options.rootfs.empty())
        throw Error("--path and --rootfs are missing: this is a template, use lxcpp-create -t download");
    check_container_name(options.name);
}

} // namespace

Options parse_options(const std::vector<std::string>& arguments) {
    Options options;
    options.wanted.variant.clear();
    image::parse_template_options<Options>(kOptions, arguments, options, take_image);
    if (!options.help) check(options);
    return options;
}

std::string_view usage() noexcept {
    return "Usage: lxcpp-create -n NAME -t download -- [OPTIONS] [[SERVER:]DISTRIBUTION/RELEASE[/VARIANT]]\n"
           "\n"
           "Brings an image from an image server into the store of images; the container is made of it. An\n"
           "image that is here already is not fetched again.\n"
           "\n"
           "  -d, --dist DISTRIBUTION  such as debian; debian/12 and images:debian/12/cloud say more at once\n"
           "  -r, --release RELEASE    bookworm, 12, edge, ...\n"
           "  -a, --arch ARCH          default: the machine's own\n"
           "      --variant VARIANT    default: default\n"
           "      --build BUILD        an older build than the newest (YYYYMMDD_HH:MM)\n"
           "      --server SERVER      a name of image-servers.conf, a host, host:port or URL (default: images)\n"
           "      --keyring FILE       keys that must have signed what the server offers\n"
           "      --no-validate        look at no signature, and accept plain http; this is recorded\n"
           "      --flush-cache        ask the server, however fresh the index is that we have\n"
           "      --force-cache        take an image that is here already, without asking the server\n"
           "      --allow-rollback     accept an index or a build older than one seen before\n"
           "  -l, --list               what the server has; -d, -r, -a and --variant choose from it\n"
           "  -q, --quiet              no progress, only errors\n"
           "  -h, --help               this text\n";
}

} // namespace lxcpp::download
