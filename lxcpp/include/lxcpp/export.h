// SPDX-License-Identifier: Apache-2.0
#pragma once

// Marks a class or function as part of the shared library's reviewed surface (default visibility).
#define LXCPP_API __attribute__((visibility("default")))
