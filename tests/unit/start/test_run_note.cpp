// SPDX-License-Identifier: Apache-2.0
#include "start/run_note.h"

#include "support/error_of.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

namespace lxcpp {
namespace {

using test::error_of;
using testing::HasSubstr;
using testing::Not;

RunNote of_this_process() {
    const sys::ProcessId ours{::getpid(), sys::start_time(::getpid()).value(), sys::boot_id()};
    return {ours, ours, 54321, "/run/user/54321/lxcpp/0123456789abcdef/c1", 0, 0};
}

class RunNotes : public testing::Test {
protected:
    void write(const RunNote& note) { write_run_note(dir_.path(), claim_run(dir_.path()).note, note); }
    test::TempDir dir_;
    std::filesystem::path file_ = dir_ / ".running";
};

TEST_F(RunNotes, AreReadAsTheyWereWritten) {
    RunNote note = of_this_process();
    note.device = 8;
    note.inode = 15;
    EXPECT_EQ(parse_run_note(print_run_note(note)), note);
    for (const char* text : {"", "\n", "lxcpp-run 1\n", "lxcpp-run 1\ninit 1 2 x\n", "lxcpp-run 1\ninit 0 2 x\nowner 1 2 x\ndirectory 1 2\n",
                             "lxcpp-run 1\ninit 1 2 x\nowner 1 2 x\ndirectory 1\n", "lxcpp-run 1\ninit 1 2 x\nowner 1 2 x\ndirectory 1 2\nuser 4294967295\n",
                             "lxcpp-run 1\ninit 1 2 x\nowner 1 2 x\ndirectory 1 2", "lxcpp-run 2\ninit 1 2 x\nowner 1 2 x\ndirectory 1 2\n"}) {
        EXPECT_FALSE(parse_run_note(text)) << text;
    }
}

TEST_F(RunNotes, TellWhoRunsIt) {
    EXPECT_FALSE(read_run_note(dir_.path()));
    write(of_this_process());
    const auto note = read_run_note(dir_.path());
    ASSERT_TRUE(note);
    EXPECT_TRUE(init_lives(*note));
    EXPECT_THAT(run_note_text(*note, dir_.path()), HasSubstr("user 54321 runs it with the runtime directory /run/user/54321/lxcpp"));
    EXPECT_THAT(error_of([&] { (void)claim_run(dir_.path()); }), HasSubstr("user 54321 runs it"));
    remove_run_note(dir_.path(), "/run/another/c1");
    EXPECT_TRUE(read_run_note(dir_.path())) << "somebody else's note was removed";
    remove_run_note(dir_.path(), note->runtime);
    EXPECT_FALSE(sys::exists(file_));
}

TEST_F(RunNotes, OfOthersWriteNothingToATerminal) {
    RunNote note = of_this_process();
    note.runtime = "/run/\x1b[31m";
    EXPECT_THAT(run_note_text(note, "/c1"), Not(HasSubstr("\x1b")));
}

TEST_F(RunNotes, AClaimExcludesOthersAndSaysThatSomebodyIsAtIt) {
    {
        const RunClaim claim = claim_run(dir_.path());
        const auto note = read_run_note(dir_.path());
        ASSERT_TRUE(note);
        EXPECT_EQ(note->init.pid, -1);
        EXPECT_THAT(error_of([&] { (void)claim_run(dir_.path()); }), HasSubstr("just now: repeat"));
    }
    EXPECT_FALSE(read_run_note(dir_.path())) << "whoever claimed it has gone";
    EXPECT_TRUE(claim_run(dir_.path()).note.valid());
}

TEST_F(RunNotes, OfAnotherBootOrProcessOrDirectoryAreNone) {
    for (int kind = 0; kind < 3; ++kind) {
        RunNote note = of_this_process();
        if (kind == 0) note.init.boot_id = note.owner.boot_id = "0b5d2a5c-0000-0000-0000-000000000000";
        if (kind == 1) note.init.start_time = note.owner.start_time = 1;
        write(note);
        if (kind == 2) { // a copy
            note.inode = 1;
            sys::write_file_atomic(file_, print_run_note(note), 0600);
        }
        EXPECT_FALSE(read_run_note(dir_.path())) << kind;
        EXPECT_TRUE(claim_run(dir_.path()).note.valid()) << kind;
    }
}

TEST_F(RunNotes, ThatOthersMayWriteAreNotBelieved) {
    write(of_this_process());
    sys::chmod(file_, 0666);
    EXPECT_FALSE(read_run_note(dir_.path()));
    EXPECT_THAT(error_of([&] { (void)claim_run(dir_.path()); }), HasSubstr("was planted"));
    sys::remove_file(file_);
    sys::write_file_atomic(dir_ / "precious", "", 0600);
    ASSERT_EQ(::link((dir_ / "precious").c_str(), file_.c_str()), 0);
    EXPECT_THAT(error_of([&] { (void)claim_run(dir_.path()); }), HasSubstr("was planted"));
    sys::remove_file(file_);
    ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
    EXPECT_FALSE(read_run_note(dir_.path()));
    EXPECT_THAT(error_of([&] { (void)claim_run(dir_.path()); }), HasSubstr("was planted"));
    sys::remove_file(file_);
    ASSERT_EQ(::symlink("/etc/passwd", file_.c_str()), 0);
    EXPECT_FALSE(read_run_note(dir_.path()));
    EXPECT_THAT(error_of([&] { (void)claim_run(dir_.path()); }), HasSubstr("symbolic links"));
}

TEST_F(RunNotes, OfNoDirectoryAreNoProblem) {
    const RunClaim claim = claim_run(dir_ / "absent");
    EXPECT_FALSE(claim.note.valid());
    EXPECT_EQ(claim.why_not, "");
    EXPECT_FALSE(read_run_note(dir_ / "absent"));
    renew_run_note(dir_ / "absent", "/run/x", {});
    remove_run_note(dir_ / "absent", "/run/x");
    EXPECT_FALSE(sys::exists(dir_ / "absent"));
}

} // namespace
} // namespace lxcpp
