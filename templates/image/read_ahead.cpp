// SPDX-License-Identifier: Apache-2.0
#include "image/read_ahead.h"

#include <exception>
#include <utility>

namespace lxcpp::image {
namespace {

constexpr std::size_t kChunk = 256u << 10;
constexpr std::size_t kBudget = 4u << 20;

} // namespace

ReadAhead::ReadAhead(ByteSource source)
    : queue_(kBudget), thread_([this, source = std::move(source)] {
          try {
              produce(source);
          } catch (...) {
              queue_.fail(std::current_exception());
          }
      }) {}

ReadAhead::~ReadAhead() {
    queue_.stop();
    thread_.join();
}

void ReadAhead::produce(const ByteSource& source) {
    for (;;) {
        auto chunk = queue_.chunk(kChunk);
        std::size_t used = 0;
        while (used < chunk.size()) {
            const auto got = source(std::span(chunk).subspan(used));
            if (got == 0) break;
            used += got;
        }
        if (used == 0) break;
        const bool last = used < chunk.size();
        chunk.resize(used);
        if (!queue_.put(0, std::move(chunk))) return;
        if (last) break;
    }
    queue_.end_part(0);
    queue_.end(1);
}

} // namespace lxcpp::image
