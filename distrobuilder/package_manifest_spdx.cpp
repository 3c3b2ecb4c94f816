// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"
#include "base/strings.h"
#include "distrobuilder/package_manifest.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fmt/chrono.h>
#include <fmt/core.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace lxcpp::distro {
namespace {

using nlohmann::json;

constexpr auto kUnknown = "NOASSERTION";
constexpr auto kImageId = "SPDXRef-Image";

// What packages say that SPDX knows by the same name; all else is told in the packager's words. Sorted.
constexpr std::array<std::string_view, 47> kLicenses{
    "0BSD", "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "Artistic-1.0", "Artistic-2.0", "BSD-1-Clause", "BSD-2-Clause", "BSD-3-Clause",
    "BSD-4-Clause", "BSL-1.0", "BlueOak-1.0.0", "CC-BY-4.0", "CC-BY-SA-4.0", "CC0-1.0", "CDDL-1.0", "EPL-1.0", "EPL-2.0", "FSFAP", "FTL",
    "GFDL-1.3-or-later", "GPL-1.0-only", "GPL-1.0-or-later", "GPL-2.0-only", "GPL-2.0-or-later", "GPL-3.0-only", "GPL-3.0-or-later", "HPND", "ICU",
    "ISC", "LGPL-2.0-only", "LGPL-2.0-or-later", "LGPL-2.1-only", "LGPL-2.1-or-later", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MPL-1.1",
    "MPL-2.0", "OFL-1.1", "OLDAP-2.8", "OpenSSL", "PostgreSQL", "Unlicense", "X11", "Zlib", "blessing"};
static_assert(std::is_sorted(kLicenses.begin(), kLicenses.end()));

// "MIT AND (BSD-3-Clause OR Zlib)", of licenses that are in the list.
bool is_expression(std::string_view text) {
    std::string spaced;
    for (const char c : text) spaced += c == '(' || c == ')' ? std::string{' ', c, ' '} : std::string(1, c);
    int open = 0;
    bool term = true; // is to come
    for (const std::string_view word : split_words(spaced)) {
        if (word == "(" && term) ++open;
        else if (word == ")" && !term && open > 0) --open;
        else if ((word == "AND" || word == "OR") && !term) term = true;
        else if (term && std::binary_search(kLicenses.begin(), kLicenses.end(), word)) term = false;
        else return false;
    }
    return !term && open == 0;
}

// Identifiers have letters, digits, dots and dashes.
std::string id_text(std::string_view text) {
    std::string id(text);
    for (char& c : id)
        if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '.') c = '-';
    return id;
}

std::string percent_encoded(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (std::isalnum(static_cast<unsigned char>(c)) != 0 || std::string_view("-._~").find(c) != std::string_view::npos) result += c;
        else result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return result;
}

// https://github.com/package-url/purl-spec
std::string package_url(const InstalledPackage& package, const std::string& distribution) {
    std::string url = "pkg:" + package.purl_type + "/";
    if (package.purl_type != "generic" && !distribution.empty()) url += percent_encoded(distribution) + "/";
    for (const std::string_view part : split(package.name, '/')) url += percent_encoded(part) + "/";
    url.pop_back();
    if (!package.version.empty()) url += "@" + percent_encoded(package.version);
    char mark = '?';
    for (const auto& [name, value] : {std::pair("arch", &package.architecture), {"epoch", &package.epoch}, {"upstream", &package.source}}) {
        if (value->empty() || (value == &package.source && package.source == package.name)) continue;
        url += fmt::format("{}{}={}", std::exchange(mark, '&'), name, percent_encoded(*value));
    }
    return url;
}

class Document {
public:
    Document(const ManifestSubject& subject, const PackageList& list) : subject_(subject), list_(list) {}

    std::string text() {
        add_image();
        for (const InstalledPackage& package : list_.packages) add_package(package);
        json document = {{"spdxVersion", "SPDX-2.3"}, {"dataLicense", "CC0-1.0"}, {"SPDXID", "SPDXRef-DOCUMENT"},
                         {"name", subject_.image.name.empty() ? "image" : subject_.image.name}, {"packages", std::move(packages_)},
                         {"relationships", std::move(relationships_)}};
        document["creationInfo"] = {{"created", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(subject_.created))}, {"creators", {"Tool: lxcpp-distrobuilder"}}};
        if (!licenses_.empty()) document["hasExtractedLicensingInfos"] = extracted_licenses();
        if (!list_.notes.empty()) document["comment"] = join(list_.notes, "\n");
        // One that no other document has, and this one has each time.
        document["documentNamespace"] = "https://spdx.org/spdxdocs/lxcpp-image-" + sha256_hex(dump(document));
        return dump(document);
    }

private:
    static std::string dump(const json& value) { return value.dump(1, ' ', false, json::error_handler_t::replace) + '\n'; }

    void relate(std::string_view from, std::string_view type, std::string_view to) {
        relationships_.push_back({{"spdxElementId", from}, {"relationshipType", type}, {"relatedSpdxElement", to}});
    }

    static json base(std::string_view id, const std::string& name) {
        return {{"SPDXID", id}, {"name", name}, {"downloadLocation", kUnknown}, {"filesAnalyzed", false},
                {"licenseConcluded", kUnknown}, {"licenseDeclared", kUnknown}, {"copyrightText", kUnknown}, {"supplier", kUnknown}};
    }

    void add_image() {
        json image = base(kImageId, subject_.image.name.empty() ? "image" : subject_.image.name);
        if (!subject_.image.serial.empty()) image["versionInfo"] = subject_.image.serial;
        if (!subject_.image.description.empty()) image["description"] = subject_.image.description;
        image["primaryPackagePurpose"] = "CONTAINER";
        packages_.push_back(std::move(image));
        relate("SPDXRef-DOCUMENT", "DESCRIBES", kImageId);
    }

    void add_package(const InstalledPackage& package) {
        const std::string id = fresh_id(package);
        json entry = base(id, package.name);
        if (!package.version.empty()) entry["versionInfo"] = package.epoch.empty() ? package.version : package.epoch + ":" + package.version;
        if (!package.license.empty()) entry["licenseDeclared"] = license_of(package.license);
        if (!package.supplier.empty()) entry["supplier"] = "Organization: " + contact(package.supplier);
        if (package.homepage.starts_with("http://") || package.homepage.starts_with("https://")) entry["homepage"] = package.homepage.substr(0, package.homepage.find(' '));
        if (!package.source.empty() && package.source != package.name) entry["sourceInfo"] = "built of " + one_line(package.source);
        entry["externalRefs"] = {{{"referenceCategory", "PACKAGE-MANAGER"}, {"referenceType", "purl"},
                                  {"referenceLocator", package_url(package, subject_.distribution)}}};
        packages_.push_back(std::move(entry));
        relate(kImageId, "CONTAINS", id);
    }

    // SPDX has "NAME (MAIL)" where packages have "NAME <MAIL>".
    static std::string contact(const std::string& text) {
        std::string line = one_line(text);
        std::replace(line.begin(), line.end(), '<', '(');
        std::replace(line.begin(), line.end(), '>', ')');
        return line;
    }

    static std::string one_line(std::string text) {
        std::replace(text.begin(), text.end(), '\n', ' ');
        return text;
    }

    std::string fresh_id(const InstalledPackage& package) {
        const std::string wanted = "SPDXRef-Package-" + id_text(package.name + "-" + package.version + (package.architecture.empty() ? "" : "-" + package.architecture));
        std::string id = wanted;
        for (int i = 2; !ids_.insert(id).second; ++i) id = fmt::format("{}-{}", wanted, i); // libstdc++ and libstdc--
        return id;
    }

    std::string license_of(const std::string& text) {
        if (is_expression(text)) return text;
        const std::string id = "LicenseRef-" + sha256_hex(text).substr(0, 16);
        licenses_.emplace(id, text);
        return id;
    }

    [[nodiscard]] json extracted_licenses() const {
        json all = json::array();
        for (const auto& [id, text] : licenses_)
            all.push_back({{"licenseId", id}, {"name", one_line(text)}, {"extractedText", "The package says: " + text}});
        return all;
    }

    const ManifestSubject& subject_;
    const PackageList& list_;
    json packages_ = json::array();
    json relationships_ = json::array();
    std::set<std::string> ids_;
    std::map<std::string, std::string> licenses_;
};

} // namespace

std::string spdx_document(const ManifestSubject& subject, const PackageList& list) { return Document(subject, list).text(); }

} // namespace lxcpp::distro
