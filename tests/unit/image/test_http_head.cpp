// SPDX-License-Identifier: Apache-2.0
#include "image/http_head.h"

#include <gtest/gtest.h>

namespace lxcpp::image {
namespace {

HttpHead head_of(std::initializer_list<std::string_view> lines) {
    HttpHead head;
    for (const std::string_view line : lines) head.take_line(line);
    return head;
}

TEST(HttpHead, ReadsWhatADownloadNeeds) {
    const HttpHead head = head_of({"HTTP/1.1 206 Partial Content\r\n", "content-length: 900\r\n", "ETag: \"x\"\r\n",
                                   "Content-Range: bytes 100-999/1000\r\n"});
    EXPECT_EQ(head.status, 206);
    EXPECT_EQ(head.reason, "Partial Content");
    EXPECT_EQ(head.length, 900u);
    EXPECT_EQ(head.etag, "\"x\"");
    EXPECT_EQ(head.range_start, 100u);
    EXPECT_EQ(head.range_total, 1000u);
}

TEST(HttpHead, StartsOverWithEachStatusLine) {
    const HttpHead head = head_of({"HTTP/1.1 100 Continue", "Content-Length: 5", "HTTP/2 404"});
    EXPECT_EQ(head.status, 404);
    EXPECT_EQ(head.reason, "Not Found");
    EXPECT_EQ(head.length, std::nullopt);
}

// A server may send anything; a status of one digit made it run past the end of the line.
TEST(HttpHead, TakesAStatusLineThatEndsEarly) {
    for (const char* line : {"HTTP/", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 2", "HTTP/1.1 20", "HTTP/1.1 x"}) {
        EXPECT_EQ(head_of({line}).status, 0) << line;
    }
}

} // namespace
} // namespace lxcpp::image
