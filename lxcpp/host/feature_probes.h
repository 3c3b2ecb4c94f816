// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/features.h"
#include "sys/probe.h"

#include <filesystem>
#include <string>

// How each row of the feature table is tried.
namespace lxcpp::probes {

struct Answer {
    Presence presence = Presence::Unknown;
    std::string value = {};
};

// What the probes look at and share.
struct Context {
    const HostFacts& facts;
    std::string state_dir;
    Answer v2_kill; // from one group made and removed for both
    Answer v2_freeze;
    int network = 0; // entering a network namespace of our own: 0 or -errno
};
[[nodiscard]] Context prepare(const HostFacts& facts, const std::string& state_dir);
// Leaves the host's network for good; before any link_kind().
void enter_own_network(Context& context);

// missing says that it is not there, EPERM that we may not ask.
[[nodiscard]] Answer answer_of(int result);
[[nodiscard]] Answer call(sys::Call call);
[[nodiscard]] Answer name_space(const char* name);
[[nodiscard]] Answer user_namespace();
[[nodiscard]] Answer limit_above(const char* sysctl_path, std::uint64_t least);
[[nodiscard]] Answer controller(const Context& context, std::string_view v1, std::string_view v2);
[[nodiscard]] Answer writable_cgroups(const Context& context);
[[nodiscard]] Answer device_control(const Context& context);
[[nodiscard]] Answer freezer(const Context& context);
[[nodiscard]] Answer file_system(const char* type);
[[nodiscard]] Answer idmapped_mounts(const Context& context);
[[nodiscard]] Answer mount_api();
[[nodiscard]] Answer lsm(const Context& context, std::string_view name);
[[nodiscard]] Answer landlock();
[[nodiscard]] Answer link_kind(const Context& context, const char* kind);
[[nodiscard]] Answer nf_tables(const Context& context);
[[nodiscard]] Answer path(const char* file);
[[nodiscard]] Answer id_map_helpers(const Context& context);
[[nodiscard]] Answer subordinate_ids(const Context& context);

} // namespace lxcpp::probes
