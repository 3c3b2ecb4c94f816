// SPDX-License-Identifier: Apache-2.0
#include "container/construction.h"

#include "base/error.h"
#include "base/log.h"
#include "container/garbage.h"
#include "sys/file.h"
#include "sys/rooted_dir.h"
#include "sys/sync.h"

#include <cerrno>
#include <unistd.h>

namespace lxcpp {

Construction::Construction(const Container::Impl& impl)
    : impl_(impl), directory_(impl.lxcpath / (std::string(kConstructionPrefix) + impl.name + '-' + std::to_string(::getpid()))) {
    sys::make_dir(directory_, 0700);
}

void Construction::publish() {
    if (synced_) sys::fsync_dir(directory_);
    else sys::sync_filesystem(directory_);
    try {
        sys::rename_noreplace(directory_, impl_.directory());
    } catch (const SystemError& error) {
        if (error.code() != EEXIST) throw;
        throw StateError(StateProblem::Exists, "the container already exists: " + impl_.directory().string());
    }
    published_ = true;
    sys::fsync_dir(impl_.lxcpath);
}

Construction::~Construction() {
    if (published_) return;
    try {
        sys::RootedDir::open(impl_.lxcpath).remove_tree(directory_.filename().string());
    } catch (const Error& error) {
        log::warn("leftover {}: {}", directory_.string(), error.what());
    }
}

} // namespace lxcpp
