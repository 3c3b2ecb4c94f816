// SPDX-License-Identifier: Apache-2.0
// What image servers and registries say before anything of it is verified: indexes, manifests,
// challenges, tokens; and the names and credentials that the administrator has written.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "image/base64.h"
#include "image/classic_index.h"
#include "image/json_document.h"
#include "image/oci_auth.h"
#include "image/oci_auth_file.h"
#include "image/oci_choice.h"
#include "image/oci_image_config.h"
#include "image/offer.h"
#include "image/server_path.h"
#include "image/simplestreams.h"

#include <algorithm>
#include <array>

namespace lxcpp::fuzz {
namespace {

using namespace lxcpp::image;

// Looked at by another way than problem_of_server_path() does.
void check_path(std::string_view path) {
    FUZZ_CHECK_WITH(!path.empty() && path.front() != '/' && path.find("//") == path.npos, path);
    FUZZ_CHECK_WITH(path.find("://") == path.npos && path.find('%') == path.npos && path.find('\\') == path.npos, path);
    for (const auto part : split(path, '/')) FUZZ_CHECK_WITH(!part.empty() && part != "." && part != "..", path);
    FUZZ_CHECK_WITH(std::all_of(path.begin(), path.end(), [](char c) { return c > ' ' && c < 0x7f; }), path);
}

void check_hash(std::string_view hash) {
    FUZZ_CHECK_WITH(hash.size() == 64 && hash.find_first_not_of("0123456789abcdef") == hash.npos, hash);
}

void check_file(const OfferedFile& file) {
    check_path(file.path);
    for (const auto& hash : {file.sha256, file.combined_tar, file.combined_squashfs})
        if (!hash.empty()) check_hash(hash);
}

// Each build that is offered can be chosen by its own words, and no other answers to them.
void check_choice(const std::vector<Offer>& offers, const Offer& offer) {
    const OfferRequest request{.distribution = offer.distribution, .release = offer.release, .variant = offer.variant,
                               .architecture = offer.architecture};
    const Choice choice = choose_offer(offers, request, "server");
    FUZZ_CHECK(choice.offer->architecture == offer.architecture);
    for (const OfferedVersion& version : choice.offer->versions)
        FUZZ_CHECK_WITH(!serial_before(choice.version->serial, version.serial), version.serial);
    constexpr std::array kRoots = {FileRole::RootTar, FileRole::RootSquashfs, FileRole::Combined};
    accepted([&] { return choose_files(*choice.version, kRoots).root->path; });
}

void check_offers(const std::vector<Offer>& offers) {
    std::size_t looked_at = 0;
    for (const Offer& offer : offers) {
        for (const auto& word : {offer.distribution, offer.release, offer.variant, offer.architecture}) check_path(word);
        FUZZ_CHECK(!offer.versions.empty());
        for (const OfferedVersion& version : offer.versions) {
            FUZZ_CHECK_WITH(is_serial(version.serial) && !version.files.empty(), version.serial);
            for (const OfferedFile& file : version.files) check_file(file);
        }
        if (looked_at++ < 8) check_choice(offers, offer);
    }
    accepted([&] { return choose_offer(offers, {.distribution = "debian", .release = "13", .architecture = "amd64"}, "server").version; });
}

void check_streams(std::string_view text) {
    if (const auto paths = accepted([&] { return parse_streams_index(text, "index"); })) {
        FUZZ_CHECK(!paths->empty());
        for (const auto& path : *paths) check_path(path);
    }
    if (const auto offers = accepted([&] { return parse_streams_products(text, "products"); })) check_offers(*offers);
}

void check_classic(std::string_view text) {
    if (const auto offers = accepted([&] { return parse_classic_index(text, "index"); })) check_offers(*offers);
}

void check_value(const JsonValue& value) {
    FUZZ_CHECK(printable(value.where()) == value.where());
    accepted([&] { return value.count(); });
    if (const auto members = accepted([&] { return value.members(); })) {
        for (const JsonValue& member : *members) {
            FUZZ_CHECK(member.is_null() || value.at(member.key()).where() == member.where());
            check_value(member);
        }
    }
    if (const auto items = accepted([&] { return value.items(); }))
        for (const JsonValue& item : *items) check_value(item);
}

void check_json(std::string_view text) {
    const auto document = accepted([&] { return JsonDocument(text, "DOCUMENT", {.bytes = 4096, .depth = 16, .values = 200}); });
    if (document) check_value(document->root());
}

// A reference in full means the same, and nothing in it could be taken for something else in a URL.
void check_reference(std::string_view url) {
    const auto reference = accepted([&] { return parse_oci_reference(url); });
    if (!reference) return;
    const std::string text = reference->text();
    if (text.size() <= 4096) FUZZ_CHECK_WITH(parse_oci_reference(text) == *reference, text); // what is put in may be too much
    if (reference->transport != OciTransport::Registry) {
        FUZZ_CHECK(!reference->path.empty());
        return;
    }
    FUZZ_CHECK_WITH(!reference->tag.empty() || reference->digest, text);
    check_path(reference->repository);
    FUZZ_CHECK_WITH(reference->host.find_first_of("/@?#%\\ ") == std::string::npos, text);
}

void check_document(std::string_view text) {
    const auto document = accepted([&] { return parse_oci_document(text, "DOCUMENT", ""); });
    if (!document) return;
    if (const auto* index = std::get_if<OciIndex>(&*document)) {
        for (const OciDescriptor& entry : index->manifests) FUZZ_CHECK(parse_oci_digest(entry.digest.text()) == entry.digest);
        accepted([&] { return &choose_platform(*index, {"linux", "arm", "v7"}, "DOCUMENT"); });
        accepted([&] { return &choose_named(*index, parse_oci_reference("oci:x:latest"), "DOCUMENT"); });
        return;
    }
    const auto& manifest = std::get<OciManifest>(*document);
    FUZZ_CHECK(manifest.layers.size() <= kMostOciLayers);
    for (const OciLayer& layer : manifest.layers) FUZZ_CHECK(parse_oci_digest(layer.digest.text()) == layer.digest);
}

void check_config(std::string_view text) {
    const auto config = accepted([&] { return parse_oci_image_config(text, "CONFIG"); });
    if (!config) return;
    for (const auto& path : config->volumes) FUZZ_CHECK_WITH(path.starts_with('/') && (path + "/").find("/../") == path.npos, path);
    for (const auto& [name, value] : config->environment) {
        FUZZ_CHECK(!name.empty() && name.find('=') == name.npos);
        FUZZ_CHECK(name.find('\0') == name.npos && value.find('\0') == value.npos);
    }
    for (const ExposedPort& port : config->ports) FUZZ_CHECK(port.first > 0 && port.first <= port.last);
}

void check_challenges(std::string_view header) {
    const auto challenges = accepted([&] { return parse_challenges(header); });
    if (!challenges) return;
    FUZZ_CHECK(!challenges->empty());
    for (const AuthChallenge& challenge : *challenges) {
        const auto request = accepted([&] { return token_request(challenge, {.registry = "registry.example.org", .repository = "a/b"}); });
        if (!request) continue;
        FUZZ_CHECK_WITH(std::all_of(request->url.begin(), request->url.end(), [](char c) { return c > ' ' && c < 0x7f; }), request->url);
        const auto rest = std::string_view(request->url).substr(8); // after "https://"
        const auto authority = rest.substr(0, rest.find_first_of("/?"));
        FUZZ_CHECK_WITH(authority.find('@') == authority.npos, request->url);
        const auto host = authority.substr(0, authority.find(':'));
        const auto is = [&](std::string_view name) { // in whatever letters
            return host.size() == name.size() && std::equal(host.begin(), host.end(), name.begin(), [](char a, char b) { return (a | 0x20) == (b | 0x20); });
        };
        FUZZ_CHECK_WITH(!request->may_have_password || is("registry.example.org") || is("example.org"), request->url);
    }
}

void check_credentials(std::string_view text) {
    if (const auto token = accepted([&] { return parse_token_response(text, "TOKEN"); }))
        FUZZ_CHECK(!token->token.empty() && token->token.find_first_of(" \r\n") == token->token.npos);
    accepted([&] { return parse_helper_answer(text, "helper"); });
    const auto file = accepted([&] { return parse_oci_auth_file(text, "auth.json"); });
    if (!file) return;
    const auto source = find_credentials(*file, "docker.io", "library/alpine");
    FUZZ_CHECK_WITH(source.helper.find('/') == source.helper.npos, source.helper);
    FUZZ_CHECK(source.helper.empty() || !source.credentials);
}

void check_base64(std::string_view text) {
    FUZZ_CHECK(decode_base64(encode_base64(text)) == text);
    if (const auto bytes = decode_base64(text)) FUZZ_CHECK_WITH(encode_base64(*bytes) == text, text);
}

void check_name(std::string_view text) {
    const auto request = accepted([&] { return parse_image_name(text, "amd64"); });
    if (!request) return;
    for (const auto& word : {request->distribution, request->release, request->variant, request->architecture})
        FUZZ_CHECK_WITH(is_server_word(word), word);
}

} // namespace

// The first byte chooses the reader.
void one_input(std::string_view bytes) {
    Bytes input(bytes);
    switch (input.byte()) {
    case 'a': return check_credentials(input.rest());
    case 'b': return check_base64(input.rest());
    case 'c': return check_classic(input.rest());
    case 'd': return check_document(input.rest());
    case 'i': return check_config(input.rest());
    case 'j': return check_json(input.rest());
    case 'n': return check_name(input.rest());
    case 'r': return check_reference(input.rest());
    case 'w': return check_challenges(input.rest());
    default: return check_streams(input.rest());
    }
}

std::vector<std::string> made_seeds() {
    const std::string hash(64, 'a');
    const std::string digest = "sha256:" + hash;
    const std::string file = R"("path":"images/x/f","size":5,"sha256":")" + hash + "\"";
    const std::string descriptor = R"("digest":")" + digest + R"(","size":7)";
    return {
        R"(s{"format":"products:1.0","datatype":"image-downloads","products":{"debian:13:amd64:default":{"os":"Debian","release":"13",)"
        R"("arch":"amd64","aliases":"debian/13,debian/trixie","versions":{"20260101_05:24":{"items":{"m":{"ftype":"incus.tar.xz",)" + file +
            R"(,"combined_rootxz_sha256":")" + hash + R"("},"r":{"ftype":"root.tar.xz",)" + file + "}}}}}}}",
        R"(d{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":)"
        R"("application/vnd.oci.image.manifest.v1+json",)" + descriptor + R"(,"platform":{"os":"linux","architecture":"arm","variant":"v7"}}]})",
        R"(d{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json",)" + descriptor +
            R"(},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip",)" + descriptor + "}]}",
        R"(i{"os":"linux","architecture":"amd64","config":{"Env":["A=b"],"Cmd":["x"],"Volumes":{"/v":{}},"ExposedPorts":{"80-81/tcp":{}},)"
        R"("StopSignal":"SIGTERM","WorkingDir":"/"},"rootfs":{"type":"layers","diff_ids":[")" + digest + R"("]}})",
        "rdocker://q.io:5000/a/b:t@" + digest,
    };
}

} // namespace lxcpp::fuzz
