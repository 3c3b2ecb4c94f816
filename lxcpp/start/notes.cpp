// SPDX-License-Identifier: Apache-2.0
#include "start/notes.h"

#include "base/log.h"
#include "base/strings.h"
#include "start/starter.h"
#include "sys/file.h"

namespace lxcpp {

void add_start_notes(const std::filesystem::path& runtime, const std::vector<std::string>& notes) {
    if (notes.empty()) return;
    std::string text;
    for (const std::string& note : notes) {
        log::warn("{}", note);
        text += printable(note) + '\n';
    }
    const Fd file = sys::open_file(runtime / kStartNotes,
                                   {.access = sys::Access::Append, .create = true, .mode = 0600});
    sys::write_all(file, text, "what is to be said of this start");
}

} // namespace lxcpp
