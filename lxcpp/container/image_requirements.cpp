// SPDX-License-Identifier: Apache-2.0
#include "container/image_requirements.h"

#include "base/strings.h"

#include <lxcpp/error.h>

namespace lxcpp {
namespace {

std::string requirement(const ImageRecord& record, const char* name) {
    const auto found = record.properties.find(std::string("requirements.") + name);
    return found == record.properties.end() ? std::string() : found->second;
}

bool is_no(const std::string& value) { return value == "false" || value == "0" || value == "no"; }
bool is_yes(const std::string& value) { return value == "true" || value == "1" || value == "yes"; }

} // namespace

std::vector<std::string> check_image_requirements(const ImageRecord& record, bool privileged) {
    const std::string wants = requirement(record, "privileged");
    if (!privileged && is_yes(wants)) {
        throw Error("the image works in privileged containers only (requirements.privileged): whoever is root in one can be "
                    "root of this host; use --privileged if you trust it so far");
    }
    if (privileged && is_no(wants)) {
        throw Error("the image works in unprivileged containers only (requirements.privileged): leave --privileged out");
    }
    std::vector<std::string> notes;
    if (is_yes(requirement(record, "nesting"))) {
        notes.emplace_back("the image wants to run containers in it (requirements.nesting): include nesting.conf in the configuration");
    }
    if (const std::string version = requirement(record, "cgroup"); !version.empty()) {
        notes.push_back("the image wants control groups of " + printable(version) + " (requirements.cgroup)");
    }
    return notes;
}

} // namespace lxcpp
