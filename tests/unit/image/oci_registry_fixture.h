// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "http_server.h"
#include "image/oci_registry.h"
#include "oci_builder.h"
#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"
#include "tar_builder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fmt/core.h>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lxcpp::image {

// A registry that has one image under the name repo:v1, and a client; each test bends the answers.
class OciRegistryTest : public testing::Test {
protected:
    OciRegistryTest()
        : cache_(ImageCache::open(dir_ / "cache")), http_(HttpOptions{.retries = 1, .first_backoff = std::chrono::milliseconds(1)}),
          server_([this](const HttpRequest& request) { return answer(request); }) {
        for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) ::unsetenv(name);
        image_ = build_image({make_tar(TarMember{.name = "a", .data = "A"}), make_tar(TarMember{.name = "b", .data = "B"})});
        put_manifest("v1", image_.manifest);
        put_blob(image_.config);
        for (const std::string& layer : image_.layers) put_blob(layer);
        sys::write_file_atomic(conf(), fmt::format("[[registry]]\nlocation = \"{}\"\ninsecure = true\n", host()));
        options_.registries_conf = conf();
    }

    [[nodiscard]] std::string host() const { return fmt::format("127.0.0.1:{}", server_.port()); }
    [[nodiscard]] std::filesystem::path conf() const { return dir_ / "registries.conf"; }
    void put_manifest(const std::string& tag, const std::string& text, const std::string& type = kManifestType) {
        const HttpResponse response{.headers = {"Content-Type: " + type}, .body = text};
        answers_["/v2/repo/manifests/" + tag] = response;
        answers_["/v2/repo/manifests/" + digest_of(text)] = response;
    }
    void put_blob(const std::string& bytes, DigestOf digest = digest_of) {
        answers_["/v2/repo/blobs/" + digest(bytes)] = {.headers = {"ETag: \"" + digest(bytes) + "\""}, .body = bytes};
    }
    [[nodiscard]] std::string blob_path(std::size_t layer) const { return "/v2/repo/blobs/" + digest_of(image_.layers[layer]); }

    HttpResponse answer(const HttpRequest& request) {
        if (gate_) {
            if (auto refused = gate_(request)) return *refused;
        }
        const auto found = answers_.find(request.path);
        if (found != answers_.end()) return found->second;
        return {.status = "404 Not Found",
                .body = R"({"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{}}]})"};
    }

    [[nodiscard]] OciRegistry registry(const std::string& name) {
        return {parse_docker_name(host() + "/" + name), {.http = http_, .cache = cache_, .options = options_, .progress = lines_}};
    }
    OciImage resolve(const std::string& name = "repo:v1", const std::string& architecture = "amd64") {
        auto source = registry(name);
        return resolve_oci_image(source, {.os = "linux", .architecture = architecture, .variant = {}});
    }
    std::string refusal(const std::string& name = "repo:v1", const std::string& architecture = "amd64") {
        return test::error_of([&] { (void)resolve(name, architecture); });
    }
    // The layers' bytes, in their order.
    std::vector<std::string> fetch() {
        auto source = registry("repo:v1");
        const OciImage image = resolve_oci_image(source, {.os = "linux", .architecture = "amd64", .variant = {}});
        std::vector<std::string> bytes(image.manifest.layers.size());
        source.fetch_layers(image.manifest.layers, [&](std::size_t i, const OciBlob& blob) { bytes.at(i) = sys::read_file(blob.path); }, silent_);
        return bytes;
    }
    std::string fetch_refusal() {
        return test::error_of([&] { (void)fetch(); });
    }
    [[nodiscard]] std::vector<std::string> authorizations() const {
        std::vector<std::string> all;
        for (const HttpRequest& request : server_.requests())
            if (!request.header("authorization").empty()) all.push_back(request.header("authorization"));
        return all;
    }

    class Lines final : public ProgressSink {
    public:
        void begin(std::string_view, std::uint64_t, ProgressUnit) override {}
        void update(std::uint64_t, std::uint64_t) override {}
        void end(std::string_view) override {}
        void abandon() noexcept override {}
        void message(std::string_view line) override { lines.emplace_back(line); }
        std::vector<std::string> lines;
    };

    test::TempDir dir_;
    ImageCache cache_;
    HttpClient http_;
    Lines lines_;
    SilentProgress silent_;
    OciRegistryOptions options_;
    std::map<std::string, HttpResponse> answers_;
    std::function<std::optional<HttpResponse>(const HttpRequest&)> gate_; // looks at each request first
    BuiltImage image_;
    HttpServer server_; // last: it calls into the rest
};

} // namespace lxcpp::image
