// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/paths.h"
#include "container/impl.h"

#include <optional>

// What an ordinary user needs to work with files and processes of many ids: their own user namespace. Root needs nothing.
namespace lxcpp {

// In a new one. What is done already, or needs no doing, is not done again. Throws Error.
void reach_own_ids(const Paths& paths);
// In the one that a running container is in, from which it can be reached and ended. Throws Error.
void reach_ids_of(const Running& running);

} // namespace lxcpp
