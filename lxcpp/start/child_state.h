// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/overlay_root.h"
#include "start/child.h"
#include "sys/raw.h"

#include <array>
#include <cstddef>

namespace lxcpp {

// What the steps leave for the following ones.
struct ChildState {
    const ChildResources& resources;
    std::size_t step = 0;    // the one being run
    int root = -1;           // O_PATH descriptor of the container's root
    int detail = 0;          // wait status of a program that failed
    int console_slave = -1;
    bool closed = false;     // all descriptors but the ones that stay
    std::array<int, sys::raw::kMaxFds> received{}; // with Go: [0] root file system, then prepared mounts
    std::size_t received_count = 0;
    std::array<int, kMostLowers> layers{}; // with Layers: the lower directories of an overlay
    std::size_t layer_count = 0;
    std::array<int, sys::raw::kMaxFds> masters{}; // console, ttys
    std::size_t master_count = 0;
};

// Each returns 0 or -errno. child_mounts.cpp:
[[nodiscard]] int run(const MountFs& step, ChildState& state) noexcept;
[[nodiscard]] int run(const MountBind& step, ChildState& state) noexcept;
[[nodiscard]] int run(const MountInside& step, ChildState& state) noexcept;
[[nodiscard]] int run(const MountPrepared& step, ChildState& state) noexcept;
[[nodiscard]] int run(const ChangeMount& step, ChildState& state) noexcept;
[[nodiscard]] int run(const MountOwnCgroup& step, ChildState& state) noexcept; // child_cgroups.cpp
[[nodiscard]] int run(const MountText& step, ChildState& state) noexcept;
[[nodiscard]] int run(const MakeDir& step, ChildState& state) noexcept;
[[nodiscard]] int run(const MakeLink& step, ChildState& state) noexcept;
[[nodiscard]] int run(const MakeNode& step, ChildState& state) noexcept;
[[nodiscard]] int run(const Mask& step, ChildState& state) noexcept;
[[nodiscard]] int run(const WriteInside& step, ChildState& state) noexcept;
[[nodiscard]] int run(const RootPropagation& step, ChildState& state) noexcept;
[[nodiscard]] int run(const AttachRoot& step, ChildState& state) noexcept;
[[nodiscard]] int run(const AttachOverlay& step, ChildState& state) noexcept; // child_overlay.cpp
[[nodiscard]] int run(const BindRoot& step, ChildState& state) noexcept;
[[nodiscard]] int run(const UseHostRoot& step, ChildState& state) noexcept;
[[nodiscard]] int run(const PivotRoot& step, ChildState& state) noexcept;
// child_ptys.cpp:
[[nodiscard]] int run(const SetupPtys& step, ChildState& state) noexcept;
[[nodiscard]] int run(const NewSession& step, ChildState& state) noexcept;
[[nodiscard]] int run(const StdioFromConsole& step, ChildState& state) noexcept;
// child_process.cpp:
[[nodiscard]] int run(const WriteProc& step, ChildState& state) noexcept;
[[nodiscard]] int run(const RunProgram& step, ChildState& state) noexcept;
[[nodiscard]] int run(const SetHostName& step, ChildState& state) noexcept;
[[nodiscard]] int run(const Unshare& step, ChildState& state) noexcept;
[[nodiscard]] int run(const EnterTimeNamespace& step, ChildState& state) noexcept;
[[nodiscard]] int run(const BecomeRoot& step, ChildState& state) noexcept;
[[nodiscard]] int run(const NewKeyring& step, ChildState& state) noexcept;
[[nodiscard]] int run(const LoopbackUp& step, ChildState& state) noexcept;
[[nodiscard]] int run(const SetPersonality& step, ChildState& state) noexcept;
[[nodiscard]] int run(const DropBounding& step, ChildState& state) noexcept;
[[nodiscard]] int run(const NoNewPrivs& step, ChildState& state) noexcept;
[[nodiscard]] int run(const LoadSeccomp& step, ChildState& state) noexcept;
[[nodiscard]] int run(const CoreScheduling& step, ChildState& state) noexcept;
[[nodiscard]] int run(const ChangeDir& step, ChildState& state) noexcept;
[[nodiscard]] int run(const SetIds& step, ChildState& state) noexcept;
[[nodiscard]] int run(const DieWithParent& step, ChildState& state) noexcept;
[[nodiscard]] int run(const JoinCgroupsV1& step, ChildState& state) noexcept;
[[nodiscard]] int run(const Exec& step, ChildState& state) noexcept;
// child.cpp:
[[nodiscard]] int run(const OfferNamespaces& step, ChildState& state) noexcept;
[[nodiscard]] int run(const OfferNetwork& step, ChildState& state) noexcept;
[[nodiscard]] int run(const AwaitNetwork& step, ChildState& state) noexcept;
[[nodiscard]] int run(const ReportReady& step, ChildState& state) noexcept;

} // namespace lxcpp
