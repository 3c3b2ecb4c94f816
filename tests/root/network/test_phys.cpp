// SPDX-License-Identifier: Apache-2.0
#include "network/phys.h"

#include "support/error_of.h"
#include "support/own_network.h"

#include <gmock/gmock.h>

using namespace lxcpp;
using test::error_of;
using testing::ElementsAre;
using testing::MatchesRegex;
using testing::StartsWith;

namespace {

class Phys : public test::OwnNetwork {
protected:
    void SetUp() override {
        OwnNetwork::SetUp();
        sys::add_veth(*netlink, {.name = "v0", .mac = "02:00:00:00:00:01", .mtu = 1450},
                      {.name = "v1"});
        nic.type = NetType::Phys;
        nic.link = "v0";
    }
    void take() {
        const NicWork work{*netlink, *inside, other,
                           [this](const NicRecord& record) { notes.push_back(record); }};
        made = take_phys(nic, work, choose_phys(nic, *netlink));
    }
    [[nodiscard]] TakenLink taken() const { return std::get<TakenLink>(notes.back().what); }

    NicPlan nic;
    MadeNic made;
    std::vector<NicRecord> notes;
};

TEST_F(Phys, IsNotedBeforeAndAfterItIsMoved) {
    nic.name = "lan";
    nic.mtu = 1300;
    take();
    ASSERT_EQ(notes.size(), 2u);
    const TakenLink before = std::get<TakenLink>(notes[0].what);
    EXPECT_EQ(before.name, "v0");
    EXPECT_EQ(before.inside, "lan");
    EXPECT_EQ(before.index, 0);
    EXPECT_EQ(before.mtu, 1450u);
    EXPECT_EQ(before.mac, "02:00:00:00:00:01");
    EXPECT_EQ(taken().index, link_inside("lan").index);
    EXPECT_EQ(link_inside("lan").mtu, 1300u);
    // Also of one who knows only what was noted first.
    EXPECT_EQ(give_phys_back(before, other), "");
    EXPECT_EQ(link("v0").mtu, 1450u);
    EXPECT_EQ(give_phys_back(taken(), other), ""); // a second time nothing is left to do
}

TEST_F(Phys, ComesBackWhateverWasDoneToIt) {
    sys::add_other_name(*netlink, link("v0"), "own-name");
    take();
    sys::change_link(*inside, link_inside("v0"),
                     {.name = "mine", .mac = "02:00:00:00:00:99", .mtu = 900});
    sys::remove_other_name(*inside, link_inside("mine"), "own-name");
    sys::add_other_name(*inside, link_inside("mine"), "v1"); // the host has one of that name
    EXPECT_EQ(give_phys_back(taken(), other), "");
    EXPECT_EQ(link("v0").mac, "02:00:00:00:00:01");
    EXPECT_EQ(link("v0").mtu, 1450u);
    EXPECT_THAT(link("v0").other_names, ElementsAre("own-name"));
}

TEST_F(Phys, WhoseNameIsTakenIsBackUnderAnother) {
    take();
    sys::add_veth(*netlink, {.name = "v0"}, {.name = "v2"});
    EXPECT_THAT(
        give_phys_back(taken(), other),
        MatchesRegex(
            "the interface that was v0 is back as lxcpp-[0-9a-f]{8}: rename the network interface "
            "lxcpp-[0-9a-f]{8} to v0.*: File exists"));
    int back = 0;
    for (const sys::NetLink& one : netlink->links()) back += one.mac == "02:00:00:00:00:01" ? 1 : 0;
    EXPECT_EQ(back, 1);
}

TEST_F(Phys, ThatTheContainerRemovedIsGone) {
    take();
    sys::delete_link(*inside, link_inside("v0"));
    EXPECT_THAT(give_phys_back(taken(), other), StartsWith("the interface v0 is gone: "));
}

TEST_F(Phys, SomethingElseWithItsIndexIsNotTaken) {
    take();
    TakenLink wrong = taken();
    wrong.kind = "macvlan";
    EXPECT_THAT(give_phys_back(wrong, other), StartsWith("the interface v0 is gone: "));
    EXPECT_TRUE(sys::find_link(*inside, "v0"));
}

TEST_F(Phys, IsChosenByAnyOfItsNamesOrHowOneBegins) {
    sys::add_other_name(*netlink, link("v0"), "a-name-longer-than-others");
    nic.link = "a-name-longer-than-others";
    EXPECT_EQ(choose_phys(nic, *netlink).name, "v0");
    nic.link = "a-name";
    EXPECT_EQ(error_of([&] { (void)choose_phys(nic, *netlink); }),
              "lxc.net.0.link: there is no network interface a-name on the host: make it, or name "
              "another one");
    nic.link_prefix = true;
    EXPECT_EQ(choose_phys(nic, *netlink).name, "v0");
    nic.link = "l"; // not lo
    EXPECT_EQ(error_of([&] { (void)choose_phys(nic, *netlink); }),
              "lxc.net.0.link: there is no network interface on the host whose name begins with l, "
              "or none is left");
}

} // namespace
