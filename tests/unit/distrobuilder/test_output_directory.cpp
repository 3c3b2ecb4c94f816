// SPDX-License-Identifier: Apache-2.0
#include "killed_in.h"
#include "output_fixture.h"

#include "distrobuilder/output_directory.h"
#include "support/error_of.h"
#include "sys/lock.h"

#include <fcntl.h>
#include <gmock/gmock.h>

namespace lxcpp::distro {
namespace {

namespace fs = std::filesystem;
using test::error_of;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

class OutputDirectory : public Outputs {
protected:
    OutputDirectory() {
        const timespec times[2] = {{1'600'000'000, 0}, {1'600'000'000, 0}};
        fs::permissions(top / "tree", fs::perms(0711));
        if (::utimensat(AT_FDCWD, (top / "tree").c_str(), times, 0) != 0) ADD_FAILURE() << "utimensat";
    }
    // While the files are copied.
    class Watcher final : public image::ProgressSink {
    public:
        explicit Watcher(std::function<void()> look) : look_(std::move(look)) {}
        void begin(std::string_view, std::uint64_t, image::ProgressUnit) override { look_(); }
        void update(std::uint64_t, std::uint64_t) override {}
        void end(std::string_view) override {}
        void abandon() noexcept override {}
        void message(std::string_view) override {}

    private:
        std::function<void()> look_;
    };
    void write_while(const std::function<void()>& look) {
        Watcher watcher(look);
        write_directory(sys::RootedDir::open(top / "tree"), top / "out", watcher);
    }
    static struct stat stat_of(const fs::path& path) { return *sys::stat_path(path, false); }
};

TEST_F(OutputDirectory, AppearsWhenItIsWhole) {
    put("out/.lxcpp-output-abcdef/root/etc/hostname", "of a killed build");
    write_while([&] { EXPECT_THAT(left(), ElementsAre(StartsWith(".lxcpp-output-"))); });
    EXPECT_THAT(left(), ElementsAre("bin", "dev", "etc"));
    EXPECT_EQ(text("out/etc/hostname"), "LXC_NAME\n");
    EXPECT_EQ(stat_of(top / "out").st_mode & 07777, 0711u);
    EXPECT_EQ(stat_of(top / "out").st_mtim.tv_sec, 1'600'000'000);
}

TEST_F(OutputDirectory, IsFinishedWhenWhoMadeItWasKilled) {
    EXPECT_TRUE(test::killed_in([&] { write_while([] { test::no_new_names(); }); }));
    EXPECT_THAT(left(), ElementsAre(StartsWith(".lxcpp-output-")));
    remove_left_outputs(top / "out");
    EXPECT_THAT(left(), ElementsAre("bin", "dev", "etc"));
    EXPECT_EQ(stat_of(top / "out").st_mode & 07777, 0711u);
}

TEST_F(OutputDirectory, LeavesWhatIsThereWhenItCannotBe) {
    const mode_t mode = stat_of(top / "out").st_mode;
    EXPECT_THAT(error_of([&] { write_while([&] { put("out/etc", "somebody else's"); }); }), HasSubstr("is not empty any more"));
    EXPECT_THAT(left(), ElementsAre("etc"));
    EXPECT_EQ(text("out/etc"), "somebody else's");
    EXPECT_EQ(stat_of(top / "out").st_mode, mode);
}

} // namespace
} // namespace lxcpp::distro
