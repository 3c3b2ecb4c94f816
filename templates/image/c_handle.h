// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace lxcpp::image {

// Gives std::unique_ptr the function with which a C library frees its handles.
template <auto Function>
struct Deleter {
    template <typename T>
    void operator()(T* object) const {
        Function(object);
    }
};

} // namespace lxcpp::image
