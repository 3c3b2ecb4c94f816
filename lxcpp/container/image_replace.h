// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container/impl.h"

namespace lxcpp {

// Gives a stopped container that was made of an image a new root file system, of options.image. What the administrator
// has changed in its configuration stays, and so do its volumes; everything else in the old root is gone afterwards.
// Until the new configuration is in place, by one rename, the container is as it was. Throws Error, StateError.
void replace_image_of(const Container::Impl& impl, const CreateOptions& options);

} // namespace lxcpp
