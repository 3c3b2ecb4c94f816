// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/oci_source.h"
#include "store/image_content.h"
#include "store/image_record.h"
#include "sys/rooted_dir.h"

#include <string>
#include <vector>

namespace lxcpp::image {

// What an image says of how to run it, as configuration of a container (OCI image-spec, conversion.md), and what the
// store is to know of it. Fields of the record about where it came from are left to the caller.
struct OciContent {
    ImageContent content;
    ImageRecord record;
    std::vector<std::string> notes; // what is left out, for people
};

// root: the image's root file system. An image that starts an init boots: its kind is System. So does one whose
// command is a shell, or nothing, and that has an init; others are applications, which run below our own init.
// Throws Error for a user that the image does not have.
[[nodiscard]] OciContent translate_oci_image(const OciImage& image, const sys::RootedDir& root);

// "2026-01-05T10:00:00.5+02:00" (RFC 3339); 0 for what is none.
[[nodiscard]] std::time_t parse_rfc3339(std::string_view text);

} // namespace lxcpp::image
