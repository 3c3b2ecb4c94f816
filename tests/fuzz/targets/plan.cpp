// SPDX-License-Identifier: Apache-2.0
// From a configuration and lines of an fstab to the plan of a start: what goes to the kernel.
#include "fuzz/fuzz.h"

#include "base/strings.h"
#include "config/load.h"
#include "plan/mount_options.h"
#include "plan/planner.h"

#include <algorithm>
#include <sched.h>
#include <sys/mount.h>

namespace lxcpp::fuzz {
namespace {

constexpr std::string_view kPrefixes[] = {
    "", "lxc.rootfs.path = dir:/srv/c1\n",
    "lxc.rootfs.path = dir:/srv/c1\nlxc.idmap = u 0 100000 65536\nlxc.idmap = g 0 100000 65536\n"
    "lxc.rootfs.options = idmap=container\n",
};

PlanHost host_of(bool unified) {
    PlanHost host;
    host.bounding_set = 0x2000ff;
    host.staging = "/stage";
    host.boot_id = "8f2a5c0e-0000-4000-8000-000000000001";
    host.time_namespaces = host.cgroup_v2 = true;
    host.unified_cgroups = unified;
    host.cgroup_v2_mount = "/sys/fs/cgroup";
    if (unified) return host;
    host.cgroup_v1 = {"cpu,cpuacct", "name=systemd"};
    host.cgroup_v1_mounts = {"/sys/fs/cgroup/cpu,cpuacct", "/sys/fs/cgroup/systemd"};
    host.cgroup_v2_mount = "/sys/fs/cgroup/unified";
    return host;
}

// The kernel gets C strings: behind a NUL it would see another one.
void check_text(const std::string& text) { FUZZ_CHECK_WITH(text.find('\0') == text.npos, text); }

void check_below_root(const std::string& path) {
    check_text(path);
    FUZZ_CHECK_WITH(!path.empty() && !path.starts_with('/'), path);
    for (const auto part : split(path, '/')) FUZZ_CHECK_WITH(part != "..", path);
}

void check_attributes(std::uint64_t set, std::uint64_t clear) {
    FUZZ_CHECK((set & clear & ~std::uint64_t{MOUNT_ATTR__ATIME}) == 0);
    // mount_setattr(2) refuses an access-time mode whose mask is not cleared as a whole.
    const std::uint64_t mask = clear & MOUNT_ATTR__ATIME;
    FUZZ_CHECK(mask == 0 || mask == MOUNT_ATTR__ATIME);
}

struct StepCheck {
    void operator()(const MountFs& step) const {
        check_text(step.type), check_text(step.source), check_below_root(step.target.path);
        for (const std::string& option : step.options) check_text(option);
    }
    void operator()(const MountBind& step) const {
        check_text(step.source), check_below_root(step.target.path);
        check_attributes(step.attributes_set, step.attributes_clear);
    }
    void operator()(const MountInside& step) const {
        check_text(step.source), check_below_root(step.target.path);
        check_attributes(step.attributes_set, step.attributes_clear);
    }
    void operator()(const MountPrepared& step) const { check_below_root(step.target.path); }
    void operator()(const ChangeMount& step) const {
        check_below_root(step.target.path), check_attributes(step.set, step.clear);
    }
    void operator()(const MountText& step) const { check_below_root(step.target.path); }
    void operator()(const MakeDir& step) const { check_below_root(step.path); }
    void operator()(const MakeLink& step) const { check_below_root(step.path), check_text(step.target); }
    void operator()(const MakeNode& step) const { check_below_root(step.path); }
    void operator()(const Mask& step) const {
        for (const std::string& path : step.paths) check_below_root(path);
    }
    void operator()(const WriteInside& step) const { check_below_root(step.path); }
    void operator()(const WriteProc& step) const { check_below_root(step.path), check_text(step.value); }
    void operator()(const SetHostName& step) const { check_text(step.name); FUZZ_CHECK(step.name.size() <= 64); }
    void operator()(const DropBounding& step) const { FUZZ_CHECK((step.keep & ~std::uint64_t{0x2000ff}) == 0); }
    void operator()(const RunProgram& step) const {
        FUZZ_CHECK(!step.argv.empty());
        for (const std::string& word : step.argv) check_text(word);
        for (const std::string& word : step.env) FUZZ_CHECK_WITH(word.find('=') != word.npos, word);
    }
    void operator()(const Exec& step) const {
        FUZZ_CHECK(!step.argv.empty());
        for (const std::string& word : step.argv) check_text(word);
        for (const std::string& word : step.env) FUZZ_CHECK_WITH(word.find('=') != word.npos, word);
    }
    template <typename Other> void operator()(const Other&) const {}
};

void check_plan(const StartPlan& plan, const Config& config) {
    const auto& steps = plan.child.steps;
    FUZZ_CHECK(!steps.empty() && std::holds_alternative<Exec>(steps.back()));
    for (const Step& step : steps) {
        std::visit(StepCheck{}, step);
        FUZZ_CHECK(!describe(step).empty());
    }
    if (!config.idmap.empty()) FUZZ_CHECK((plan.clone_flags & CLONE_NEWUSER) != 0 || config.namespaces.clone != 0 ||
                                          config.namespaces.keep != 0 || !plan.shared_namespaces.empty());
    const auto filter = std::ranges::find_if(steps, [](const Step& s) { return std::holds_alternative<LoadSeccomp>(s); });
    if (config.seccomp.profile != "none") FUZZ_CHECK(filter != steps.end());
    for (const LimitPlan& limit : plan.limits) FUZZ_CHECK(limit.soft <= limit.hard);
}

void check_options(std::string_view line) {
    const auto options = accepted([&] { return parse_mount_options(line, "lxc.mount.entry"); });
    if (!options) return;
    check_attributes(options->set, options->clear);
    FUZZ_CHECK((options->propagation & ~std::uint64_t{MS_SHARED | MS_SLAVE | MS_PRIVATE | MS_UNBINDABLE}) == 0);
    for (const std::string& word : options->data) FUZZ_CHECK(!word.empty() && word.find(',') == word.npos);
}

} // namespace

// One byte of choices; then lines, of which those that begin with "lxc." are the configuration's and
// the others an fstab's.
void one_input(std::string_view bytes) {
    Bytes input(bytes);
    const unsigned choice = input.byte();
    std::string text(kPrefixes[choice / 2 % std::size(kPrefixes)]);
    StartRequest request{.name = "c1", .lxcpath = "/var/lib/lxcpp"};
    if (choice & 64) request.kind = StartKind::Execute;
    for (const auto line : split_lines(input.rest())) {
        if (line.starts_with("lxc.")) {
            text.append(line).append("\n");
        } else if (!trim(line).empty()) {
            request.fstab.emplace_back(trim(line));
            check_options(line);
        }
    }
    const LoadOptions options{.max_depth = 0, .data_dir = "/nonexistent"};
    const auto loaded = accepted([&] { return load_config_text(text, "/x/config", options); });
    if (!loaded) return;
    request.assignments = loaded->assignments;
    const PlanHost host = host_of((choice & 1) != 0);
    const auto plan = accepted([&] { return plan_start(request, loaded->config, host); });
    if (!plan) return;
    check_plan(*plan, loaded->config);
    FUZZ_CHECK(print_plan(*plan) == print_plan(plan_start(request, loaded->config, host)));
}

std::vector<std::string> made_seeds() { return {}; }

} // namespace lxcpp::fuzz
