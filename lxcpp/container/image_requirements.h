// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "store/image_record.h"

#include <string>
#include <vector>

namespace lxcpp {

// What an image says of the containers it works in (its properties requirements.*, as simplestreams and metadata.yaml have
// them). Throws Error where it says that it does not work in this one; returns what the user should see to.
[[nodiscard]] std::vector<std::string> check_image_requirements(const ImageRecord& record, bool privileged);

} // namespace lxcpp
