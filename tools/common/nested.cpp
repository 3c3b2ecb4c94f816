// SPDX-License-Identifier: Apache-2.0
#include "common/nested.h"

#include "sys/file.h"
#include "sys/memory_file.h"

#include <lxcpp/container.h>

#include <algorithm>
#include <fmt/core.h>

namespace lxcpp::tools {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kMostBytes = 1U << 20;
constexpr int kNoSuchProgram = 127;

} // namespace

// An inner lister with all its containers is to be done before the one outside gives it up: 3 s a level for one
// container, and never more than 2 s beyond that for all of them.
NestedLister::NestedLister(std::filesystem::path lxcpath, std::size_t depth, std::vector<std::string> columns)
    : lxcpath_(std::move(lxcpath)), depth_(depth), columns_(std::move(columns)),
      end_(std::chrono::steady_clock::now() + seconds(3 * depth + 2)) {}

milliseconds NestedLister::limit() const {
    const auto left = std::chrono::duration_cast<milliseconds>(end_ - std::chrono::steady_clock::now());
    return std::clamp(left, milliseconds(0), milliseconds(seconds(3 * depth_)));
}

std::vector<ListEntry> NestedLister::inside(const std::string& name) {
    const milliseconds time = limit();
    if (time.count() == 0) throw Error("not asked for its own containers: the others took too long");
    const Fd null = sys::open_file("/dev/null");
    const Fd nowhere = sys::open_file("/dev/null", {.access = sys::Access::Write});
    const Fd output = sys::sized_memory_file("lxcpp-ls", kMostBytes);
    AttachOptions options;
    options.command = {"lxcpp-ls", "--format=json", "--fancy-format=NAME,STATE"};
    for (const std::string& column : columns_) {
        if (column != "NAME" && column != "STATE") options.command.back() += ',' + column;
    }
    if (depth_ > 1) options.command.push_back(fmt::format("--nesting={}", depth_ - 1));
    options.clear_environment = true;
    options.timeout = time;
    options.uid = 0;
    options.gid = 0;
    options.standard_input = null.raw();
    options.standard_output = output.raw();
    options.standard_error = nowhere.raw();
    try {
        const Exit exit = Container(name, lxcpath_).attach(options);
        if (exit.signaled || exit.value != 0) throw Error("its lxcpp-ls failed");
    } catch (const ProgramError& error) {
        if (error.exit_code() == kNoSuchProgram) return {};
        throw;
    }
    return parse_nested(sys::read_text(output, kMostBytes), depth_);
}

} // namespace lxcpp::tools
