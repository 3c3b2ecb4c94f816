// SPDX-License-Identifier: Apache-2.0
#include "start/idmap_write.h"

#include <gtest/gtest.h>

namespace lxcpp {
namespace {

TEST(IdMapText, HasOneLineAnEntryOfItsKind) {
    const std::vector<IdMapEntry> entries{{IdKind::Uid, 0, 100000, 1000},
                                          {IdKind::Gid, 0, 200000, 65536},
                                          {IdKind::Uid, 1000, 1000, 1},
                                          {IdKind::Uid, 1001, 101001, 4294000000}};
    EXPECT_EQ(id_map_text(entries, IdKind::Uid), "0 100000 1000\n1000 1000 1\n1001 101001 4294000000\n");
    EXPECT_EQ(id_map_text(entries, IdKind::Gid), "0 200000 65536\n");
    EXPECT_EQ(id_map_text({}, IdKind::Uid), "");
}

} // namespace
} // namespace lxcpp
