// SPDX-License-Identifier: Apache-2.0
#include "debian/options.h"

#include "base/paths.h"
#include "base/strings.h"
#include "debian/architecture.h"
#include "debian/sources.h"
#include "image/template_options.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <array>
#include <fmt/core.h>

namespace lxcpp::debian {
namespace {

using image::Takes;
using Option = image::TemplateOption<Options>;

Variant parse_variant(const std::string& name) {
    for (const Variant variant : {Variant::Default, Variant::Minbase, Variant::Standard}) {
        if (variant_name(variant) == name) return variant;
    }
    throw Error(fmt::format("--variant '{}': give default, minbase or standard", printable(name)));
}

std::string parse_release(const std::string& name) {
    if (!valid_suite_name(name)) {
        throw Error(fmt::format("--release '{}': give a name such as bookworm, trixie, sid, stable or "
                                "testing", printable(name)));
    }
    return name;
}

std::string read_architecture(const std::string& name) {
    const auto architecture = parse_architecture(name);
    if (architecture) return std::string(*architecture);
    throw Error(fmt::format("--arch '{}': give one of {}", printable(name), known_architectures()));
}

void add_packages(std::vector<std::string>& packages, const std::string& list) {
    for (const auto field : split(list, ',')) {
        for (const auto name : split_words(field)) {
            if (!valid_package_name(name)) {
                throw Error(fmt::format("--packages: '{}' is no package name", printable(name)));
            }
            packages.emplace_back(name);
        }
    }
}

constexpr std::array<Option, 21> kOptions{{
    {"path", 'p', Takes::Value, [](Options& o, const std::string& v) { o.path = v; }},
    {"name", 'n', Takes::Value, [](Options& o, const std::string& v) { o.name = v; }},
    {"rootfs", '\0', Takes::Value, [](Options& o, const std::string& v) { o.rootfs = v; }},
    {"mapped-uid", '\0', Takes::Value, [](Options& o, const std::string&) { o.mapped = true; }},
    {"mapped-gid", '\0', Takes::Value, [](Options& o, const std::string&) { o.mapped = true; }},
    {"release", 'r', Takes::Value, [](Options& o, const std::string& v) { o.release = parse_release(v); }},
    {"arch", 'a', Takes::Value,
     [](Options& o, const std::string& v) { o.architecture = read_architecture(v); }},
    {"mirror", '\0', Takes::Value, [](Options& o, const std::string& v) { o.mirror = v; }},
    {"security-mirror", '\0', Takes::Value,
     [](Options& o, const std::string& v) { o.security_mirror = parse_mirror(v, "--security-mirror").url; }},
    {"packages", '\0', Takes::Value, [](Options& o, const std::string& v) { add_packages(o.packages, v); }},
    {"variant", '\0', Takes::Value, [](Options& o, const std::string& v) { o.variant = parse_variant(v); }},
    {"keyring", '\0', Takes::Value, [](Options& o, const std::string& v) { o.keyring = v; }},
    {"auth-key", 'S', Takes::Value, [](Options& o, const std::string& v) { o.auth_key = v; }},
    {"flush-cache", 'F', Takes::Nothing, [](Options& o, const std::string&) { o.flush_cache = true; }},
    {"clean", 'c', Takes::Nothing, [](Options& o, const std::string&) { o.flush_cache = true; }},
    {"enable-non-free", '\0', Takes::Nothing, [](Options& o, const std::string&) { o.non_free = true; }},
    {"allow-expired", '\0', Takes::Nothing, [](Options& o, const std::string&) { o.allow_expired = true; }},
    {"allow-rollback", '\0', Takes::Nothing, [](Options& o, const std::string&) { o.allow_rollback = true; }},
    {"quiet", 'q', Takes::Nothing, [](Options& o, const std::string&) { o.quiet = true; }},
    {"help", 'h', Takes::Nothing, [](Options& o, const std::string&) { o.help = true; }},
    {"verbose", 'v', Takes::Nothing, [](Options&, const std::string&) {}},
}};

} // namespace

Options parse_options(const std::vector<std::string>& arguments) {
    Options options;
    options.architecture = native_architecture();
    image::parse_template_options<Options>(kOptions, arguments, options);
    if (options.help) return options;
    if (options.path.empty() || options.rootfs.empty()) {
        throw Error("--path and --rootfs are missing: this is a template, use lxcpp-create -t debian");
    }
    check_container_name(options.name);
    return options;
}

std::string_view usage() noexcept {
    return "Usage: lxcpp-create -n NAME -t debian -- [OPTIONS]\n"
           "\n"
           "Installs Debian from a mirror: every byte is verified against the archive's keys, and the\n"
           "packages' scripts run in a container.\n"
           "\n"
           "  -r, --release RELEASE    bookworm, trixie, forky, sid, bullseye, or stable, testing,\n"
           "                           unstable (default: stable)\n"
           "  -a, --arch ARCH          default: the machine's own; another one, such as i386 on amd64, where\n"
           "                           the machine runs its programs\n"
           "      --variant VARIANT    default: required and important packages; minbase: only the\n"
           "                           essential ones and an init; standard: a full text system\n"
           "      --packages LIST      further packages, separated by commas\n"
           "      --enable-non-free    also from contrib, non-free and non-free-firmware\n"
           "      --mirror URL         default: what apt on this host uses, or ftp.debian.org\n"
           "      --security-mirror URL  for the container's security updates\n"
           "      --keyring FILE       keys that may sign the archive (default: Debian's)\n"
           "  -S, --auth-key FILE      an OpenPGP key that may sign the archive too, now and for apt in the\n"
           "                           container; or an SSH public key that may log in there as root\n"
           "  -F, -c, --flush-cache    build the base system anew, whatever the cache has\n"
           "      --allow-expired      accept an archive index whose Valid-Until has passed\n"
           "      --allow-rollback     accept an archive index older than one seen before\n"
           "  -q, --quiet              no progress, only errors\n"
           "  -h, --help               this text\n";
}

} // namespace lxcpp::debian
