// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "distrobuilder/build_namespace.h"

#include "support/temp_dir.h"

#include <filesystem>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace lxcpp::test {

enum class Builder { Root, User };

inline constexpr uid_t kUser = 54001;             // no distribution gives it
inline constexpr uid_t kFirstOfUser = 1879048192; // of the user's subordinate ids

// Work in a build namespace, in a process of its own: as root, and as a user with subordinate ids, whom only that process's files of
// accounts know.
class BuilderLab : public testing::Test {
protected:
    explicit BuilderLab(Builder builder) : builder_(builder) {}
    void SetUp() override;

    // What work returns; the text of an Error instead of it. Nobody else has a descriptor of it.
    std::string build(const std::function<std::string(const distro::BuildIdentity&)>& work) const { return build(places(), work); }
    std::string build(const distro::BuildPlaces& places, const std::function<std::string(const distro::BuildIdentity&)>& work) const;
    // The same in an empty root file system at root(), which has a static busybox and its applets.
    std::string build_with_root(const std::function<std::string()>& work) const;
    // In there: the output of a script, and "exit CODE" unless that is 0.
    std::string run(const std::string& script) const;
    // Both.
    std::string script(const std::string& text) const {
        return build_with_root([&] { return run(text); });
    }
    // A build that goes on by itself: the process.
    pid_t start_build(const std::function<void()>& work) const;
    // In this process, which ends, and dies with its parent.
    [[noreturn]] void build_here(const std::function<void()>& work) const;

    [[nodiscard]] distro::BuildPlaces places() const { return {home() / "cache", home() / "target", {home() / "recipe"}}; }
    [[nodiscard]] std::filesystem::path home() const { return directory_ / "home"; }
    [[nodiscard]] std::filesystem::path root() const { return home() / "cache/root"; }
    [[nodiscard]] std::filesystem::path log() const { return home() / "cache/log"; }
    [[nodiscard]] std::filesystem::path host() const { return directory_ / "host"; } // what nobody shall touch
    // In the tree, as it is on disk.
    [[nodiscard]] std::filesystem::path in_root(std::string_view path) const { return root() / path; }
    [[nodiscard]] uid_t caller() const { return builder_ == Builder::Root ? 0 : kUser; }
    // The id on disk of an id of the image.
    [[nodiscard]] uid_t on_disk(uid_t id) const { return builder_ == Builder::Root ? id : kFirstOfUser + id; }

private:
    void become_caller() const;
    Builder builder_;
    TempDir directory_{"/var/tmp"}; // programs inside have a /tmp of their own
};

// A test for each of them.
class BuildLab : public BuilderLab, public testing::WithParamInterface<Builder> {
protected:
    BuildLab() : BuilderLab(GetParam()) {}
};
inline const auto kBuilders = testing::Values(Builder::Root, Builder::User);
inline std::string builder_name(const testing::TestParamInfo<Builder>& info) { return info.param == Builder::Root ? "AsRoot" : "AsUser"; }

} // namespace lxcpp::test
