// SPDX-License-Identifier: Apache-2.0
#include "oci/options.h"

#include "base/error.h"
#include "base/paths.h"
#include "base/strings.h"
#include "image/architecture.h"
#include "image/oci_image.h"
#include "image/template_options.h"

#include <lxcpp/error.h>

#include <array>
#include <fmt/core.h>

namespace lxcpp::oci {
namespace {

using image::Takes;
using Option = image::TemplateOption<Options>;

image::OciPlatform parse_arch(const std::string& name) {
    const auto known = image::find_architecture(name);
    if (!known) throw Error(fmt::format("--arch '{}': an architecture is expected, such as amd64 or arm64", printable(name)));
    return {.os = "linux", .architecture = std::string(known->oci), .variant = std::string(known->variant)};
}

// linux/arm/v7, arm64
image::OciPlatform parse_platform(const std::string& text) {
    const auto parts = split(text, '/');
    if (parts.size() == 1) return parse_arch(text);
    bool good = parts.size() <= 3 && parts[0] == "linux";
    for (const auto part : parts) good = good && !part.empty() && part.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == part.npos;
    if (!good) throw Error(fmt::format("--platform '{}': linux/ARCHITECTURE[/VARIANT] is expected", printable(text)));
    return {.os = "linux", .architecture = std::string(parts[1]), .variant = std::string(parts.size() == 3 ? parts[2] : "")};
}

[[noreturn]] void refuse_mount_helper(Options&, const std::string&) {
    throw Error("--mount-helper: layers are unpacked and stacked here, no helper mounts them");
}

[[noreturn]] void refuse_dhcp(Options&, const std::string&) {
    throw Error("--dhcp: not needed: a program on the managed bridge (lxcpp-net) has its address, route and "
                "name servers when it begins");
}

constexpr std::array<Option, 16> kOptions{{
    {"path", 'p', Takes::Value, [](Options& o, const std::string& v) { o.path = v; }},
    {"name", 'n', Takes::Value, [](Options& o, const std::string& v) { o.name = v; }},
    {"rootfs", '\0', Takes::Value, [](Options&, const std::string&) {}}, // create makes it of the image
    {"mapped-uid", '\0', Takes::Value, [](Options& o, const std::string&) { o.mapped = true; }},
    {"mapped-gid", '\0', Takes::Value, [](Options& o, const std::string&) { o.mapped = true; }},
    {"url", 'u', Takes::Value, [](Options& o, const std::string& v) { o.reference = image::parse_oci_reference(v); }},
    {"image-at", '\0', Takes::Value, [](Options& o, const std::string& v) { o.image_at = v; }}, // create's own
    {"username", '\0', Takes::Value, [](Options& o, const std::string& v) { o.user = v; }},
    {"password", '\0', Takes::Value, [](Options& o, const std::string& v) { o.password = v; }},
    {"arch", 'a', Takes::Value, [](Options& o, const std::string& v) { o.platform = parse_arch(v); }},
    {"platform", '\0', Takes::Value, [](Options& o, const std::string& v) { o.platform = parse_platform(v); }},
    {"no-cache", '\0', Takes::Nothing, [](Options& o, const std::string&) { o.no_cache = true; }},
    {"dhcp", '\0', Takes::Nothing, refuse_dhcp},
    {"mount-helper", '\0', Takes::Value, refuse_mount_helper},
    {"quiet", 'q', Takes::Nothing, [](Options& o, const std::string&) { o.quiet = true; }},
    {"help", 'h', Takes::Nothing, [](Options& o, const std::string&) { o.help = true; }},
}};

void check(const Options& options) {
    if (options.path.empty()) throw Error("--path is missing: this is a template, use lxcpp-create -t oci");
    if (options.reference.host.empty() && options.reference.path.empty())
        throw Error("--url is missing: say which image, such as docker://alpine or oci:DIRECTORY");
    if (options.password && !options.user) throw Error("--password without --username");
    check_container_name(options.name);
}

} // namespace

Options parse_options(const std::vector<std::string>& arguments) {
    Options options;
    options.platform = image::native_oci_platform();
    image::parse_template_options<Options>(kOptions, arguments, options);
    if (!options.help) check(options);
    return options;
}

std::string_view usage() noexcept {
    return "Usage: lxcpp-create -n NAME -t oci -- --url URL [OPTIONS]\n"
           "\n"
           "Makes a container of an OCI or Docker image. Every byte is verified against the digests of the\n"
           "manifest; layers are stored once and shared.\n"
           "\n"
           "  -u, --url URL            docker://[HOST[:PORT]/]NAME[:TAG|@DIGEST], oci:DIRECTORY[:NAME],\n"
           "                           oci-archive:FILE[:NAME], docker-archive:FILE[:NAME], dir:DIRECTORY\n"
           "      --username USER      for the registry; otherwise as containers-auth.json(5) says\n"
           "      --password WORD      seen by who lists processes: better set LXCPP_REGISTRY_PASSWORD, or log in\n"
           "  -a, --arch ARCH          default: the machine's own\n"
           "      --platform PLATFORM  linux/ARCH[/VARIANT] instead\n"
           "      --no-cache           do not go on with what was downloaded before\n"
           "      --dhcp, --mount-helper PROGRAM   LXC's; refused, the reason is told\n"
           "  -q, --quiet              no progress, only errors\n"
           "  -h, --help               this text\n";
}

} // namespace lxcpp::oci
