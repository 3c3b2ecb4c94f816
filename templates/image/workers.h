// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

namespace lxcpp::image {

// Calls work(0) in this thread and work(1) .. work(count - 1) in threads of their own, waits for all,
// and rethrows the first exception. work must end early by itself when another one failed.
void run_workers(unsigned count, const std::function<void(unsigned)>& work);

} // namespace lxcpp::image
