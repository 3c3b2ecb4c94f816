// SPDX-License-Identifier: Apache-2.0
#include "distrobuilder/output_oci_config.h"

#include "base/strings.h"
#include "distrobuilder/oci_platform.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <cctype>
#include <fmt/chrono.h>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace lxcpp::distro {
namespace {

using nlohmann::json;

constexpr auto kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
constexpr auto kConfigType = "application/vnd.oci.image.config.v1+json";
constexpr auto kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr auto kIndexType = "application/vnd.oci.image.index.v1+json";
constexpr std::string_view kShell = "bin/sh"; // for who runs the image
constexpr std::size_t kLongestTag = 128;

// A recipe may have bytes that are no UTF-8.
std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace) + '\n'; }

std::string rfc3339(std::time_t time) { return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(time)); }

bool has(const sys::RootedDir& root, std::string_view path) {
    try {
        return root.exists(path, sys::Links::InRoot);
    } catch (const SystemError&) {
        return false; // a loop of links
    }
}

bool starts_systemd(const sys::RootedDir& root) { return has(root, "usr/lib/systemd/systemd") || has(root, "lib/systemd/systemd"); }

json platform_of(const Recipe& recipe) {
    const auto known = known_platform(recipe.image);
    if (!known) return {{"os", "linux"}, {"architecture", recipe.image.architecture}};
    json platform = {{"os", known->os}, {"architecture", known->architecture}};
    if (!known->variant.empty()) platform["variant"] = known->variant;
    return platform;
}

void set_command(json& config, const OciTarget& wanted, const sys::RootedDir& root) {
    if (!wanted.entrypoint.empty()) config["Entrypoint"] = wanted.entrypoint;
    if (!wanted.cmd.empty()) config["Cmd"] = wanted.cmd;
    if (!wanted.entrypoint.empty() || !wanted.cmd.empty()) return;
    if (has(root, "sbin/init")) {
        config["Cmd"] = {"/sbin/init"};
        if (starts_systemd(root)) config["StopSignal"] = "SIGRTMIN+3";
    } else if (has(root, kShell)) {
        config["Cmd"] = {"/" + std::string(kShell)};
    }
}

json environment_of(const OciTarget& wanted) {
    json env = json::array();
    const auto is_path = [](const std::string& one) { return one.starts_with("PATH="); };
    if (std::none_of(wanted.env.begin(), wanted.env.end(), is_path)) env.push_back(kPath);
    for (const std::string& one : wanted.env) {
        if (one.find('=') == one.npos || one.starts_with('='))
            throw Error(fmt::format("targets.oci.env: '{}': NAME=VALUE is expected", printable(one)));
        env.push_back(one);
    }
    return env;
}

json annotations_of(const OutputWork& work) {
    const ImageSection& image = work.recipe.image;
    json annotations = {{"org.opencontainers.image.created", rfc3339(work.now)}};
    for (const auto& [name, value] : {std::pair("title", &image.name), {"description", &image.description}, {"version", &image.release}})
        if (!value->empty()) annotations[fmt::format("org.opencontainers.image.{}", name)] = *value;
    return annotations;
}

json descriptor(const OciBlobName& blob) {
    return {{"mediaType", blob.media_type}, {"digest", "sha256:" + blob.sha256}, {"size", blob.size}};
}

} // namespace

std::string oci_config_document(const OutputWork& work, const std::string& layer_diff_sha256) {
    const OciTarget& wanted = work.recipe.targets.oci;
    json config = {{"Env", environment_of(wanted)}};
    set_command(config, wanted, work.root);
    if (!wanted.user.empty()) config["User"] = wanted.user;
    if (!wanted.working_dir.empty()) config["WorkingDir"] = wanted.working_dir;
    if (!wanted.labels.empty()) config["Labels"] = wanted.labels;
    json document = platform_of(work.recipe);
    document["created"] = rfc3339(work.now);
    document["config"] = std::move(config);
    document["rootfs"] = {{"type", "layers"}, {"diff_ids", {"sha256:" + layer_diff_sha256}}};
    document["history"] = {{{"created", rfc3339(work.now)}, {"created_by", "lxcpp-distrobuilder"}}};
    return dump(document);
}

std::string oci_manifest_document(const OutputWork& work, const OciBlobName& config, const OciBlobName& layer) {
    OciBlobName typed = config;
    typed.media_type = kConfigType;
    return dump({{"schemaVersion", 2},
                 {"mediaType", kManifestType},
                 {"config", descriptor(typed)},
                 {"layers", {descriptor(layer)}},
                 {"annotations", annotations_of(work)}});
}

std::string oci_index_document(const OutputWork& work, const OciBlobName& manifest) {
    OciBlobName typed = manifest;
    typed.media_type = kManifestType;
    json entry = descriptor(typed);
    entry["platform"] = platform_of(work.recipe);
    entry["annotations"] = {{"org.opencontainers.image.ref.name", oci_tag_of(work)}};
    return dump({{"schemaVersion", 2}, {"mediaType", kIndexType}, {"manifests", {entry}}});
}

std::string oci_tag_of(const OutputWork& work) {
    std::string tag = work.options.oci_tag.empty() ? work.recipe.image.release : work.options.oci_tag;
    if (tag.empty()) tag = "latest";
    tag.resize(std::min(tag.size(), kLongestTag));
    for (char& c : tag)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.' && c != '_') c = '-';
    if (tag.front() == '-' || tag.front() == '.') tag.front() = '_';
    return tag;
}

} // namespace lxcpp::distro
