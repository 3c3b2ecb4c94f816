// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/oci_reference.h"

#include <string>
#include <string_view>
#include <vector>

namespace lxcpp::image {

// containers-registries.conf(5), version 2, as far as it is about where to fetch.
struct RegistryMirror {
    std::string location; // HOST[:PORT][/PATH]
    bool insecure = false;
    bool for_digests = true; // what is asked for by digest
    bool for_tags = true;

    bool operator==(const RegistryMirror&) const = default;
};

struct RegistryRule {
    std::string prefix;   // HOST[:PORT][/PATH…], or "*.DOMAIN"; empty: location
    std::string location; // what stands in place of the prefix; empty: the prefix itself
    bool insecure = false;
    bool blocked = false;
    std::vector<RegistryMirror> mirrors;

    bool operator==(const RegistryRule&) const = default;
};

// Reads [[registry]] and [[registry.mirror]]; the keys that are about short names and helpers are skipped, others
// refused. Throws Error "NAME: line 3: ...".
[[nodiscard]] std::vector<RegistryRule> parse_registries_conf(std::string_view text, std::string_view name);

// A registry that may have the image, and what it is called there.
struct RegistryPlace {
    std::string host;
    std::string repository;
    bool insecure = false; // http will do
    bool mirror = false;

    bool operator==(const RegistryPlace&) const = default;
};

// Where to ask for the image, in order: the mirrors of the rule with the longest prefix, then its location; without
// a rule the registry itself. Throws Error when it is blocked.
[[nodiscard]] std::vector<RegistryPlace> registry_places(const std::vector<RegistryRule>& rules,
                                                         const OciReference& reference);

} // namespace lxcpp::image
