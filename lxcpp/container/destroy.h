// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container/impl.h"

namespace lxcpp {

// Renames the directory away, so that the container is gone at once, then deletes and forgets it. Throws SystemError.
void remove_container(const Container::Impl& impl);

} // namespace lxcpp
