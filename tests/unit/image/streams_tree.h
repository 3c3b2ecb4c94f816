// SPDX-License-Identifier: Apache-2.0
#pragma once

// The files of an image server that speaks simplestreams, of one product.
namespace lxcpp::image {

inline constexpr auto kIndex = "streams/v1/index.json";
inline constexpr auto kProducts = "streams/v1/images.json";
inline constexpr auto kIndexText = R"({"format": "index:1.0", "index": {"images": {"datatype": "image-downloads",
    "path": "streams/v1/images.json", "format": "products:1.0", "products": ["debian:trixie:amd64:default"]}}})";

} // namespace lxcpp::image
