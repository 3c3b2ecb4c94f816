// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <lxcpp/error.h>

#include <string>
#include <utility>

namespace lxcpp {

enum class InventoryProblem {
    Full,     // no space left; the data base is as it was before the call
    Corrupt,  // not a data base, or damaged: quarantine it and rebuild
    ReadOnly, // the file or its file system cannot be written
    Busy,     // another process kept it locked for 30 s
    TooNew,   // written by a newer release
    Other,
};

// The inventory could not be read or written. It is an index: a caller that only lists falls back
// to the container directories, and a caller that stops or destroys goes on without it.
class LXCPP_API InventoryError : public Error {
public:
    InventoryError(InventoryProblem problem, std::string message)
        : Error(std::move(message)), problem_(problem) {}
    [[nodiscard]] InventoryProblem problem() const noexcept { return problem_; }

private:
    InventoryProblem problem_;
};

} // namespace lxcpp
