// SPDX-License-Identifier: Apache-2.0
#include "container/rights.h"

#include "base/error.h"
#include "host/own_ids.h"
#include "store/image_store.h"
#include "sys/own_namespace.h"
#include "sys/pidfd.h"

#include <chrono>
#include <unistd.h>

namespace lxcpp {
namespace {

bool needs_nothing() { return ::geteuid() == 0 || sys::in_own_namespace(); }

} // namespace

void reach_own_ids(const Paths& paths) {
    if (needs_nothing()) return;
    const IdRange ids = own_ids_of(ImageStore::open(paths.cache).directory());
    enter_own_namespace(ids, further_own_ids(probe_id_sources(::geteuid()), ids));
}

void reach_ids_of(const Running& running) {
    if (needs_nothing()) return;
    join_own_namespace(running.pid());
    // Until now its number was not anybody else's.
    if (sys::wait_exited(running.init, std::chrono::milliseconds(0))) throw StateError(StateProblem::NotRunning, "the container has just stopped: repeat");
}

} // namespace lxcpp
