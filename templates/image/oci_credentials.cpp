// SPDX-License-Identifier: Apache-2.0
#include "image/oci_credentials.h"

#include "base/error.h"
#include "base/program_path.h"
#include "base/strings.h"
#include "image/oci_reference.h"
#include "sys/file.h"
#include "sys/file_io.h"
#include "sys/memory_file.h"
#include "sys/spawn.h"

#include <lxcpp/error.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fmt/core.h>
#include <unistd.h>

namespace lxcpp::image {
namespace {

using namespace std::chrono_literals;

constexpr auto kHelperTime = 30s;
constexpr std::size_t kLongestAnswer = 64u << 10;
constexpr std::size_t kLargestFile = 1u << 20;

std::optional<std::string> variable(const char* name) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
}

// How helpers, and Docker's own files, call it.
std::string helper_server(std::string_view host) {
    return std::string(host == kDockerHub ? "https://index.docker.io/v1/" : host);
}

std::string find_helper(const std::string& program) {
    for (const auto& path : program_candidates(program, {"PATH=" + variable("PATH").value_or("/usr/bin:/bin")}))
        if (path.starts_with("/") && sys::exists(path)) return path;
    throw Error(fmt::format("{} is named for credentials, and PATH has no such program", program));
}

// Whether the helper says that it knows nothing; what else it says may be a secret.
bool knows_nothing(std::string_view output) {
    return output.find("credentials not found") != output.npos;
}

std::optional<OciAuthFile> read_auth_file(const std::filesystem::path& path, const CredentialSearch& search) {
    try {
        const auto text = sys::read_file_if_exists(path, kLargestFile);
        if (!text) return std::nullopt;
        return parse_oci_auth_file(*text, path.string());
    } catch (const SystemError& error) {
        // A template is root of its container only, and the file is the host's.
        if (error.code() != EACCES) throw;
        if (search.warn) search.warn(fmt::format("credentials are not looked for in {}: {}", path.string(), error.what()));
        return std::nullopt;
    }
}

} // namespace

std::optional<RegistryCredentials> ask_credential_helper(const std::string& name, std::string_view host) {
    const std::string program = "docker-credential-" + name;
    return with_context(program, [&]() -> std::optional<RegistryCredentials> {
        const Fd question = sys::memory_file("question");
        sys::write_all(question, helper_server(host) + "\n", "question");
        sys::seek_to(question, 0, "question");
        const Fd answer = sys::memory_file("answer");
        const Fd nothing = sys::open_file("/dev/null", {.access = sys::Access::Write});
        sys::Child child = sys::spawn({.argv = {program, "get"},
                                       .program = find_helper(program),
                                       .standard_input = question,
                                       .standard_output = answer,
                                       .standard_error = nothing,
                                       .new_process_group = true,
                                       .die_with_parent = true});
        const auto status = child.wait_for(kHelperTime);
        if (!status) throw Error(fmt::format("no answer within {} s", kHelperTime.count()));
        sys::seek_to(answer, 0, "answer");
        const std::string text = sys::read_all(answer, "answer", kLongestAnswer);
        if (knows_nothing(text)) return std::nullopt;
        if (status->shell_code() != 0) throw Error("it failed");
        return parse_helper_answer(text, "its answer");
    });
}

std::optional<RegistryCredentials> find_registry_credentials(const CredentialSearch& search, std::string_view host,
                                                             std::string_view repository) {
    for (const auto& path : search.options.auth_files) {
        const auto file = read_auth_file(path, search);
        if (!file) continue;
        auto source = find_credentials(*file, host, repository);
        if (source.credentials) return source.credentials;
        if (source.helper.empty()) continue;
        if (auto answer = ask_credential_helper(source.helper, host)) return answer;
    }
    return std::nullopt;
}

OciRegistryOptions default_registry_options(const std::filesystem::path& config) {
    OciRegistryOptions options;
    const auto home = variable("HOME");
    if (const auto file = variable("REGISTRY_AUTH_FILE")) {
        options.auth_files = {*file};
    } else {
        const auto add = [&](const std::optional<std::string>& directory, const char* leaf) {
            if (directory) options.auth_files.push_back(std::filesystem::path(*directory) / leaf);
        };
        const auto below_home = [&](const char* leaf) { return home ? std::optional(*home + leaf) : std::nullopt; };
        const auto runtime = variable("XDG_RUNTIME_DIR");
        add(runtime ? runtime : std::optional("/run/containers/" + std::to_string(::geteuid())),
            runtime ? "containers/auth.json" : "auth.json");
        const auto own = variable("XDG_CONFIG_HOME");
        add(own ? own : below_home("/.config"), "containers/auth.json");
        const auto docker = variable("DOCKER_CONFIG");
        add(docker ? docker : below_home("/.docker"), "config.json");
    }
    const std::filesystem::path containers = "/etc/containers";
    for (const auto& directory : {config, containers}) {
        if (options.registries_conf || !sys::exists(directory / "registries.conf")) continue;
        options.registries_conf = directory / "registries.conf";
    }
    options.certificate_directories = {config / "certs.d"};
    if (home) options.certificate_directories.emplace_back(*home + "/.config/containers/certs.d");
    options.certificate_directories.insert(options.certificate_directories.end(), {containers / "certs.d", "/etc/docker/certs.d"});
    return options;
}

} // namespace lxcpp::image
