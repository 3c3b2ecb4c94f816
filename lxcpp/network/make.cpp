// SPDX-License-Identifier: Apache-2.0
#include "network/make.h"

#include "network/address.h"
#include "network/phys.h"
#include "network/proxy.h"
#include "network/sub_link.h"
#include "network/veth.h"

#include <lxcpp/error.h>

#include <algorithm>
#include <string_view>

namespace lxcpp {
namespace {

void run_up(const NicPlan& nic, const MadeNic& made, const NicWork& work, const RunScript& run) {
    if (!nic.script_up && !nic.script_down) return;
    const ScriptRun about{made.link, made.peer};
    work.note({nic.index, about});
    if (!nic.script_up) return;
    try {
        run(script_for(*nic.script_up, about));
    } catch (const SystemError& error) {
        refuse(nic, "script.up", error.what());
    }
}

MadeNic make_and_tell(const NicPlan& nic, const NicWork& work, const RunScript& run) {
    if (nic.type == NetType::Phys) { // the script sees it where it was
        const sys::NetLink link = choose_phys(nic, work.host);
        run_up(nic, {.nic = nic.index, .link = link.name}, work, run);
        return take_phys(nic, work, link);
    }
    MadeNic made{.nic = nic.index, .link = nic.link};
    if (nic.type == NetType::Veth)
        made = make_veth(nic, work);
    else if (nic.type == NetType::User)
        made = work.user_mode(nic);
    else if (nic.type != NetType::Empty)
        made = make_sub_link(nic, work);
    run_up(nic, made, work, run);
    return made;
}

} // namespace

MadeNic make_nic(const NicPlan& nic, const NicWork& work, const RunScript& run) {
    try {
        MadeNic made = make_and_tell(nic, work, run);
        answer_for(nic, work);
        if (made.inside.index != 0) configure_inside(nic, made, work);
        return made;
    } catch (const SystemError& error) {
        refuse(nic, "type", error.what());
    }
}

RunProgram script_for(const RunProgram& script, const ScriptRun& about) {
    RunProgram whole = script;
    const bool by_variables = std::ranges::any_of(
        script.env, [](std::string_view one) { return one.starts_with("LXC_NET_TYPE="); });
    for (const auto& [name, value] :
         {std::pair("LXC_NET_PARENT=", about.link), std::pair("LXC_NET_PEER=", about.peer)}) {
        if (value.empty()) continue;
        whole.argv.push_back(value);
        if (by_variables) whole.env.push_back(name + value);
    }
    return whole;
}

} // namespace lxcpp
