// SPDX-License-Identifier: Apache-2.0
#include "network/record.h"

#include "network/make.h"
#include "start/made.h"
#include "support/temp_dir.h"
#include "sys/file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace lxcpp;
using testing::ElementsAre;

namespace {

const NicRecord kTaken{5, TakenLink{"eth1",
                                    "wan",
                                    7,
                                    1500,
                                    "10:66:6a:00:00:01",
                                    "10:66:6a:00:00:02",
                                    "",
                                    "pci/0000:00:03.0",
                                    {"enp3s0", "a name\n'with' all"}}};
const NicRecord kBare{0, TakenLink{.name = "v0", .inside = "v0"}};
const NicRecord kProxy{1, HostProxy{"uplink0", 10, "fd00::5", true}};
const NicRecord kScript{2, ScriptRun{"br0", ""}};
const NicRecord kPort{3, ManagedPort{"lxcppbr0", "vethX"}};
const NicRecord kUser{4, UserProcess{{4711, 123456789, "a-boot-id"}, "pasta"}};

TEST(NicRecords, AreReadAsTheyWereWritten) {
    for (const NicRecord& record : {kTaken, kBare, kProxy, kScript, kPort, kUser}) {
        const std::string line = print_record(record);
        EXPECT_EQ(line.find('\n'), std::string::npos);
        EXPECT_EQ(parse_record(line), record) << line;
    }
}

TEST(NicRecords, InitIsOneMoreLineOfWhatAStartHasMade) {
    const test::TempDir dir;
    const sys::ProcessId init{4711, 42, "0b5d2a5c-0000-0000-0000-000000000000"};
    note_init(dir.path(), init);
    EXPECT_EQ(load_made(dir.path()).init, init);
    Made made;
    made.nics = {kPort};
    save_made(dir.path(), made);
    note_init(dir.path(), init);
    made.init = init;
    EXPECT_EQ(load_made(dir.path()), made);
    save_made(dir.path(), made);
    EXPECT_EQ(load_made(dir.path()), made);
    for (const char* line : {"init 1 42 x\n", "init -1 42 x\n", "init 0 42 x\n", "init 4294967297 42 x\n", "init 4711 x\n", "init 4711 42 x"}) {
        sys::write_file_atomic(dir / "made", line, 0600);
        EXPECT_FALSE(load_made(dir.path()).init) << line;
    }
}

TEST(NicRecords, WhatIsNoneIsNotTaken) {
    for (const char* line :
         {"", "link", "link 0 a b", "link x a b 1 2 3 4 5 6", "link 0 a b -1 2 3 4 5 6",
          "proxy 0 a 2 b", "script 1 a", "port 1 a", "other 1 2 3", "script '1 a b",
          "script 99999999999 a b", "user 0 1 2 b pasta", "user 0 -5 2 b pasta",
          "user 0 5 x b pasta", "user 0 5 2 b"}) {
        EXPECT_EQ(parse_record(line), std::nullopt) << line;
    }
}

TEST(NicRecords, StandInWhatAStartHasMade) {
    const test::TempDir dir;
    Made made;
    made.payload = {"/sys/fs/cgroup/x"};
    made.nics = {kTaken, kProxy, kScript, kPort, kUser};
    save_made(dir.path(), made);
    EXPECT_EQ(load_made(dir.path()), made);
}

TEST(NetScripts, AreToldLinkAndPeerWhereThereAre) {
    const RunProgram script{"what", {"/h/up", "c1", "net", "up", "veth"}, {"LXC_NAME=c1"}};
    EXPECT_THAT(script_for(script, {"br0", "vethX"}).argv,
                ElementsAre("/h/up", "c1", "net", "up", "veth", "br0", "vethX"));
    EXPECT_THAT(script_for(script, {"br0", "vethX"}).env, ElementsAre("LXC_NAME=c1"));
    EXPECT_THAT(script_for(script, {"", "vethX"}).argv,
                ElementsAre("/h/up", "c1", "net", "up", "veth", "vethX"));
    RunProgram second = script;
    second.env.emplace_back("LXC_NET_TYPE=veth");
    EXPECT_THAT(script_for(second, {"br0", "vethX"}).env,
                ElementsAre("LXC_NAME=c1", "LXC_NET_TYPE=veth", "LXC_NET_PARENT=br0",
                            "LXC_NET_PEER=vethX"));
}

} // namespace
