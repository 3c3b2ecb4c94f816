// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "container/image_words.h"
#include "store/image_content.h"
#include "store/image_record.h"
#include "sys/rooted_dir.h"

#include <functional>
#include <string>
#include <sys/types.h>

namespace lxcpp {

struct ImageFilesWish {
    const ImageRecord& record;
    const ImageContent& content;
    ImageWords words;
    bool privileged = false;
    uid_t uid_shift = 0; // from the image's ids to those of the disk
    gid_t gid_shift = 0;
    std::function<void(const std::string&)> note; // may be empty
};

// Gives a new root file system its container's name: fills in the image's templates and words, and writes /etc/hostname
// and /etc/hosts where nothing of it does. Throws Error naming the file.
void personalize_image(const sys::RootedDir& root, const ImageFilesWish& wish);

} // namespace lxcpp
