// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "image/oci_layer_links.h"
#include "image/tree_writer.h"
#include "sys/rooted_dir.h"

#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace lxcpp::image {

// Writes the members of a layer over what the layers below left (OCI image-spec, layer.md): whiteouts take away what
// is below, and never what the layer itself brings, in whatever order; a member takes the place of one of another type
// below, and so does a directory that it is in. Links to directories on the way are followed within the root. A directory
// that the layer does not have itself keeps its time.
class OciLayerWriter {
public:
    // on_top: root holds the layers below; otherwise there is nothing that could be taken away.
    OciLayerWriter(const sys::RootedDir& root, bool on_top);

    // Throws Error or SystemError naming the member.
    void write(const TarEntry& entry, MemberReader& reader);
    void finish();
    [[nodiscard]] std::uint64_t skipped_devices() const noexcept { return writer_.skipped_devices(); }

private:
    void write_member(std::string_view path, const TarEntry& entry, MemberReader& reader);
    void write_hard_link(std::string_view path, const TarEntry& entry, MemberReader& reader);
    [[nodiscard]] std::string place_of(std::string_view directory);
    void note_time(std::string_view directory);
    void forget();
    void white_out(std::string_view directory, std::string_view leaf, const TarEntry& entry);
    void hide(std::string_view path);
    void hide_children(const sys::RootedDir& directory, const std::string& path);
    void make_way(std::string_view path, const TarEntry& entry);
    void remember(std::string_view path);
    void remove_lower(std::string_view path);

    const sys::RootedDir& root_;
    bool on_top_;
    TreeWriter writer_;
    LayerLinks links_;
    std::map<std::string, timespec, std::less<>> times_; // of directories from below, as they were
    std::unordered_set<std::string> written_; // by this layer, and the directories that it went through
    std::unordered_map<std::string, std::string> places_; // of directories as the layer writes them
};

} // namespace lxcpp::image
