// SPDX-License-Identifier: Apache-2.0
#include "image/tar_reader.h"

#include "support/error_of.h"
#include "tar_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace lxcpp::image {
namespace {

// The error of reading a whole archive; "" when it is fine.
std::string refusal(const std::string& archive) {
    return test::error_of([&] {
        TarReader reader(text_source(archive), "x.tar");
        while (reader.next() != nullptr) {}
    });
}

TarEntry only_entry(const std::string& archive) {
    TarReader reader(text_source(archive), "x.tar");
    const TarEntry* entry = reader.next();
    TarEntry copy = entry != nullptr ? *entry : TarEntry{};
    EXPECT_EQ(reader.next(), nullptr);
    return copy;
}

// Where bytes can be had without a copy, each of them is taken once, by one way or the other.
TEST(TarReader, TakesDataWithoutACopy) {
    const std::string archive = make_tar(TarMember{.name = "a", .data = std::string(1000, 'a')}, TarMember{.name = "b", .data = "bbb"});
    std::size_t at = 0;
    std::size_t viewed = 0;
    const auto view = [&](std::size_t most) {
        const auto bytes = std::span(archive).subspan(at, std::min({most, std::size_t{300}, archive.size() - at}));
        at += bytes.size();
        viewed += bytes.size();
        return bytes;
    };
    const auto copy = [&](std::span<char> into) {
        const auto count = std::min(into.size(), archive.size() - at);
        std::copy_n(archive.begin() + static_cast<std::ptrdiff_t>(at), count, into.begin());
        at += count;
        return count;
    };
    TarReader reader(copy, "x.tar", TarEnd::Marked, view);
    ASSERT_NE(reader.next(), nullptr);
    EXPECT_EQ(read_data(reader), std::string(1000, 'a'));
    ASSERT_NE(reader.next(), nullptr);
    EXPECT_EQ(reader.read().data(), archive.data() + 512 + 1024 + 512);
    EXPECT_EQ(reader.next(), nullptr);
    EXPECT_EQ(viewed, 1003u);
    EXPECT_EQ(at, archive.size());
}

TEST(TarReader, ReadsMembersOfEachType) {
    const auto archive = make_tar(TarMember{.name = "./d/", .type = '5', .mode = "0001755"},
                                  TarMember{.name = "./d/f", .data = "hello", .mode = "0104755", .uid = "0000012"},
                                  TarMember{.name = "l", .type = '2', .link = "d/f"},
                                  TarMember{.name = "h", .type = '1', .link = "./d/f"},
                                  TarMember{.name = "p", .type = '6'});
    for (const std::size_t piece : {1u, 7u, 512u, 100'000u}) {
        TarReader reader(text_source(archive, piece), "x.tar");
        const TarEntry* entry = reader.next();
        ASSERT_NE(entry, nullptr);
        EXPECT_EQ(entry->type, TarType::Directory);
        EXPECT_EQ(entry->mode, 01755u);
        entry = reader.next();
        EXPECT_EQ(entry->path, "./d/f");
        EXPECT_EQ(entry->mode, 04755u); // the file type's bits are no permission
        EXPECT_EQ(entry->uid, 10u);
        EXPECT_EQ(read_data(reader), "hello");
        entry = reader.next();
        EXPECT_EQ(entry->type, TarType::Symlink);
        EXPECT_EQ(entry->link, "d/f");
        EXPECT_EQ(reader.next()->type, TarType::HardLink);
        EXPECT_EQ(reader.next()->type, TarType::Fifo);
        EXPECT_EQ(reader.next(), nullptr);
        EXPECT_EQ(reader.next(), nullptr);
    }
}

TEST(TarReader, SkipsDataThatNobodyReads) {
    TarReader reader(text_source(make_tar(TarMember{.name = "a", .data = std::string(1'000'000, 'x')},
                                          TarMember{.name = "b", .data = "end"})),
                     "x.tar");
    EXPECT_EQ(reader.next()->path, "a");
    EXPECT_EQ(reader.next()->path, "b");
    EXPECT_EQ(read_data(reader), "end");
}

TEST(TarReader, ReadsLongNamesAndPaxHeaders) {
    const std::string name(300, 'n');
    EXPECT_EQ(only_entry(make_tar(TarMember{.name = "././@LongLink", .type = 'L', .data = name + '\0'},
                                  TarMember{.name = "short"}))
                  .path,
              name);
    const auto entry = only_entry(make_tar(
        pax(pax_record("path", "p/q") + pax_record("mtime", "-1.25") + pax_record("uid", "65534") +
            pax_record("SCHILY.xattr.user.a", std::string("x\0y", 3)) + pax_record("comment", "ignored")),
        TarMember{.name = "other"}));
    EXPECT_EQ(entry.path, "p/q");
    EXPECT_EQ(entry.uid, 65534u);
    EXPECT_EQ(entry.mtime.tv_sec, -2);
    EXPECT_EQ(entry.mtime.tv_nsec, 750'000'000);
    ASSERT_EQ(entry.xattrs.size(), 1u);
    EXPECT_EQ(entry.xattrs[0].second, std::string("x\0y", 3));
}

TEST(TarReader, ACommentForAllMembersChangesNone) { // of "git archive"
    const auto archive = make_tar(TarMember{.name = "pax_global_header", .type = 'g', .data = pax_record("comment", std::string(40, 'a'))},
                                  TarMember{.name = "a", .data = "hello"});
    TarReader reader(text_source(archive), "x.tar");
    ASSERT_EQ(reader.next()->path, "a");
    EXPECT_EQ(read_data(reader), "hello");
    EXPECT_EQ(reader.next(), nullptr);
}

TEST(TarReader, ReadsAttributesOfLibarchiveAndStar) {
    const auto entry = only_entry(make_tar(pax(pax_record("SCHILY.xattr.user.a", "va") + pax_record("LIBARCHIVE.xattr.user.a", "dmE") +
                                               pax_record("LIBARCHIVE.xattr.user.%3Db%25", "AAEC/w") + pax_record("LIBARCHIVE.xattr.user.e", "") +
                                               pax_record("RHT.security.selinux", "system_u:object_r:bin_t:s0")),
                                           TarMember{.name = "a"}));
    const std::vector<std::pair<std::string, std::string>> expected = {
        {"user.a", "va"}, {"user.=b%", std::string("\0\1\2\xff", 4)}, {"user.e", ""}};
    EXPECT_EQ(entry.xattrs, expected);
    const auto refused = [](const std::string& records) { return refusal(make_tar(pax(records), TarMember{.name = "a"})); };
    std::string many;
    for (int number = 0; number < 513; ++number) many += pax_record("SCHILY.xattr.x." + std::to_string(number), "v");
    EXPECT_NE(refused(many).find("more than 512 attributes"), std::string::npos);
    EXPECT_EQ(refused(pax_record("SCHILY.xattr.user.a", "va") + pax_record("LIBARCHIVE.xattr.user.a", "AAEC")),
              "x.tar: two values of the attribute user.a: the archive is refused");
    for (const char* name : {"user.%4", "user.%", "user.%zz", "", "user.%00"})
        EXPECT_NE(refused(pax_record(std::string("LIBARCHIVE.xattr.") + name, "AAEC")), "") << name;
    EXPECT_EQ(refused(pax_record("LIBARCHIVE.xattr.user.a", "?")), "x.tar: pax LIBARCHIVE.xattr.user.a is '?': the archive is refused");
}

TEST(TarReader, AnOpenEndIsForThoseWhoKnowThatItIsWhole) {
    const auto read = [](const std::string& archive) {
        return test::error_of([&] {
            TarReader reader(text_source(archive), "x.tar", TarEnd::Open);
            while (reader.next() != nullptr) {}
        });
    };
    const auto archive = make_tar(TarMember{.name = "a", .data = "hello"});
    EXPECT_EQ(read(archive), "");
    EXPECT_EQ(read(archive.substr(0, 1536)), "") << "one block of zeros";
    EXPECT_EQ(read(archive.substr(0, 1024)), "");
    EXPECT_EQ(read(""), "");
    EXPECT_EQ(read(archive.substr(0, 600)), "x.tar: it ends within a member: the archive is refused");
    EXPECT_EQ(read(archive.substr(0, 300)), "x.tar: it ends within a header: the archive is refused");
    EXPECT_EQ(read(tar_member(pax(pax_record("path", "b")))), "x.tar: an extension header without a member: the archive is refused");
    EXPECT_EQ(read(archive + "x"), "x.tar: data after the end of the archive: the archive is refused");
}

TEST(TarReader, ReadsNumbersOfAllForms) {
    std::string base256(12, '\0');
    base256[0] = '\x80';
    base256[11] = '\x05';
    EXPECT_EQ(only_entry(make_tar(TarMember{.name = "a", .data = "12345", .size = base256})).size, 5u);
    EXPECT_EQ(refusal(make_tar(TarMember{.name = "a", .uid = "\xff\xff\xff\xff\xff\xff\xff\xff"})),
              "x.tar: a member with a bad uid: the archive is refused");
    EXPECT_EQ(refusal(make_tar(TarMember{.name = "a", .size = "0000000000x"})),
              "x.tar: a member with a bad size: the archive is refused");
}

TEST(TarReader, KeepsTimesWithinWhatFileSystemsHold) {
    const auto time_of = [](const std::string& text) {
        return only_entry(make_tar(pax(pax_record("mtime", text)), TarMember{.name = "a"})).mtime.tv_sec;
    };
    EXPECT_EQ(time_of("292000000000000000"), 0x3ffffffff);
    EXPECT_EQ(time_of("99999999999999999999999"), 0x3ffffffff);
    EXPECT_EQ(time_of("-99999999999999999999999"), -0x80000000LL);
    EXPECT_EQ(time_of("-9223372036854775808.5"), -0x80000000LL); // the lowest number, and then some
    EXPECT_EQ(refusal(make_tar(pax(pax_record("mtime", "nan")), TarMember{.name = "a"})),
              "x.tar: pax mtime is 'nan': the archive is refused");
}

// Where a prefix is one depends on the magic: a header that one reader takes for POSIX' and another for an old one
// would have two names.
TEST(TarReader, TakesPrefixesOfPosixOnly) {
    const auto archive = [](const std::string& magic) {
        TarMember member{.name = "a", .magic = magic};
        member.prefix = "above";
        return make_tar(member);
    };
    EXPECT_EQ(only_entry(archive(std::string("ustar\0", 6) + "00")).path, "above/a");
    EXPECT_EQ(only_entry(archive("")).path, "a");
    EXPECT_EQ(only_entry(archive("ustar  ")).path, "a");
    for (const char* magic : {"ustarr0", "ustar 00", "ustar  x"})
        EXPECT_EQ(refusal(archive(magic)), "x.tar: a header that is neither POSIX' nor GNU's: the archive is refused") << magic;
}

TEST(TarReader, RefusesPlacesOfHolesInOtherMembers) {
    for (const std::size_t place : {386u, 482u, 483u}) {
        std::string header = tar_header({.name = "a", .magic = "ustar  "});
        header[place] = '1';
        header.replace(148, 8, "        ");
        unsigned sum = 0;
        for (const char c : header) sum += static_cast<unsigned char>(c);
        header.replace(148, 7, octal(sum, 6) + '\0');
        EXPECT_EQ(refusal(header + tar_end()), "x.tar: a member that is no sparse file, with the places of one: the archive is refused") << place;
    }
}

TEST(TarReader, RefusesDamage) {
    const auto fine = make_tar(TarMember{.name = "a", .data = "hello"});
    EXPECT_EQ(refusal(fine), "");
    EXPECT_EQ(refusal(fine.substr(0, 300)), "x.tar: it ends within a header: the archive is refused");
    EXPECT_EQ(refusal(fine.substr(0, 514)), "x.tar: it ends within a: the archive is refused");
    EXPECT_EQ(refusal(fine.substr(0, 600)), "x.tar: it ends within a member: the archive is refused");
    EXPECT_EQ(refusal(fine.substr(0, 1024)), "x.tar: it ends without an end mark: the archive is refused");
    EXPECT_EQ(refusal(""), "x.tar: it ends without an end mark: the archive is refused");
    EXPECT_EQ(refusal(fine + std::string(10'000, '\0')), "");
    EXPECT_EQ(refusal(fine + "x"), "x.tar: data after the end of the archive: the archive is refused");
    EXPECT_EQ(refusal(make_tar(TarMember{.name = "a", .good_checksum = false})),
              "x.tar: a header with a wrong checksum: the archive is refused");
}

TEST(TarReader, TakesAnOpenEndWhereTold) {
    const auto fine = make_tar(TarMember{.name = "a", .data = "hello"}, TarMember{.name = "b", .data = "you"});
    const auto names = [](const std::string& archive) {
        TarReader reader(text_source(archive), "x.tar", TarEnd::Open);
        std::string found;
        while (const TarEntry* entry = reader.next()) found += entry->path;
        EXPECT_EQ(reader.next(), nullptr);
        return found;
    };
    EXPECT_EQ(names(fine), "ab");
    EXPECT_EQ(names(fine.substr(0, 2048)), "ab");
    EXPECT_EQ(names(fine.substr(0, 1539)), "ab"); // the last one without its padding
    EXPECT_EQ(names(fine.substr(0, 1024)), "a");
    EXPECT_EQ(names(""), "");
    const auto refused = [&](const std::string& archive) { return test::error_of([&] { (void)names(archive); }); };
    EXPECT_EQ(refused(fine.substr(0, 1538)), "x.tar: it ends within b: the archive is refused");
    EXPECT_EQ(refused(fine.substr(0, 1540)), "x.tar: it ends within a member: the archive is refused");
    EXPECT_EQ(refused(fine.substr(0, 1100)), "x.tar: it ends within a header: the archive is refused");
    EXPECT_EQ(refused(make_tar(pax(pax_record("path", "c"))).substr(0, 1024)),
              "x.tar: an extension header without a member: the archive is refused");
}

TEST(TarReader, RefusesWhatReadersDisagreeOn) {
    const auto refused = [](const auto&... members) { return refusal(make_tar(members...)); };
    const TarMember a{.name = "a"};
    for (const char* key : {"path", "size", "uid", "mtime", "SCHILY.xattr.user.a", "hdrcharset", "anything"}) {
        EXPECT_EQ(refused(TarMember{.name = "g", .type = 'g', .data = pax_record("comment", "c") + pax_record(key, "1")}, a),
                  std::string("x.tar: a global pax header with ") + key + ": the archive is refused");
    }
    EXPECT_EQ(refused(TarMember{.name = "g", .type = 'g', .data = "9 path=b\n0 x=y\n"}, a), "x.tar: a malformed pax record: the archive is refused");
    EXPECT_EQ(refused(pax(pax_record("path", "b")), TarMember{.name = "g", .type = 'g', .data = pax_record("comment", "c")}, a),
              "x.tar: a global pax header between another one and its member: the archive is refused");
    EXPECT_EQ(refused(pax("99 path=b\n"), a), "x.tar: a malformed pax record: the archive is refused");
    EXPECT_EQ(refused(pax("9 path=b\n0 x=y\n"), a), "x.tar: a malformed pax record: the archive is refused");
    EXPECT_EQ(refused(pax("9 path=bcd"), a), "x.tar: a malformed pax record: the archive is refused");
    EXPECT_EQ(refused(pax("6 path\n"), a), "x.tar: a malformed pax record: the archive is refused");
    EXPECT_EQ(refused(pax("7 path\n"), a), "x.tar: a pax record without a key: the archive is refused");
    EXPECT_EQ(refused(pax(pax_record("path", "b")), pax(pax_record("path", "c")), a),
              "x.tar: an extension header that stands twice: the archive is refused");
    EXPECT_EQ(refused(pax(pax_record("path", "b"))),
              "x.tar: an extension header without a member: the archive is refused");
    EXPECT_EQ(refused(pax(pax_record("path", std::string("b\0c", 3))), a),
              "x.tar: a member with an unusable name: the archive is refused");
    EXPECT_EQ(refused(pax(pax_record("path", std::string(4097, 'b'))), a),
              "x.tar: a member with an unusable name: the archive is refused");
    EXPECT_EQ(refused(TarMember{.name = "l", .type = 'L', .data = std::string(1 << 20, 'b')}, a),
              "x.tar: an extension header of 1048576 bytes: the archive is refused");
    EXPECT_EQ(refused(TarMember{.name = "x", .type = 'x', .size = "77777777777"}),
              "x.tar: an extension header of 8589934591 bytes: the archive is refused");
    EXPECT_EQ(refused(TarMember{.name = "v", .type = 'V'}), "x.tar: a member of type 'V': the archive is refused");
    EXPECT_EQ(refused(TarMember{.name = "h", .type = '1', .data = "x", .link = "a"}),
              "x.tar: h is no file and has data: the archive is refused");
    EXPECT_EQ(refused(TarMember{.name = "h", .type = '2'}),
              "x.tar: h is a link with an unusable target: the archive is refused");
    EXPECT_EQ(refused(TarMember{}), "x.tar: a member with an unusable name: the archive is refused");
}

std::string sparse_number(std::uint64_t value) { return octal(value, 11) + '\0'; }

// An old GNU header: up to four places in it, then 21 in each block that follows.
std::string old_sparse(std::uint64_t size, const std::vector<TarExtent>& extents, const std::string& data) {
    std::string header = tar_header({.name = "s", .type = 'S', .size = octal(data.size(), 11), .magic = "ustar  "});
    std::string more;
    for (std::size_t i = 0; i < extents.size(); ++i) {
        const auto place = sparse_number(extents[i].offset) + sparse_number(extents[i].length);
        if (i < 4) {
            header.replace(386 + 24 * i, 24, place);
        } else {
            if ((i - 4) % 21 == 0) more += std::string(512, '\0');
            more.replace((i - 4) / 21 * 512 + (i - 4) % 21 * 24, 24, place);
        }
    }
    if (!more.empty()) header[482] = '\1';
    for (std::size_t block = 1; block < more.size() / 512; ++block) more[block * 512 - 8] = '\1';
    header.replace(483, 12, sparse_number(size));
    header.replace(148, 8, "        ");
    unsigned sum = 0;
    for (const char c : header) sum += static_cast<unsigned char>(c);
    header.replace(148, 8, octal(sum, 6) + '\0' + ' ');
    return header + more + padded(data) + tar_end();
}

TEST(TarReader, ReadsSparseFilesOfAllKinds) {
    const auto check = [](const std::string& archive, std::uint64_t size, const std::vector<TarExtent>& extents) {
        TarReader reader(text_source(archive), "x.tar");
        const TarEntry* entry = reader.next();
        ASSERT_NE(entry, nullptr);
        EXPECT_EQ(entry->path, "s");
        EXPECT_TRUE(entry->sparse);
        EXPECT_EQ(entry->size, size);
        EXPECT_EQ(entry->extents, extents);
        EXPECT_EQ(read_data(reader), "12345678");
        EXPECT_EQ(reader.next(), nullptr);
    };
    const std::vector<TarExtent> two{{100, 5}, {4096, 3}};
    check(old_sparse(10'000, two, "12345678"), 10'000, two);
    std::vector<TarExtent> many;
    for (std::uint64_t i = 0; i < 8; ++i) many.push_back({i * 100, 1});
    for (std::uint64_t i = 8; i < 60; ++i) many.push_back({i * 100, 0});
    check(old_sparse(10'000, many, "12345678"), 10'000, many);
    check(make_tar(pax(pax_record("GNU.sparse.size", "10000") + pax_record("GNU.sparse.numblocks", "2") +
                       pax_record("GNU.sparse.offset", "100") + pax_record("GNU.sparse.numbytes", "5") +
                       pax_record("GNU.sparse.offset", "4096") + pax_record("GNU.sparse.numbytes", "3")),
                   TarMember{.name = "s", .data = "12345678"}),
          10'000, two);
    check(make_tar(pax(pax_record("GNU.sparse.size", "10000") + pax_record("GNU.sparse.numblocks", "2") +
                       pax_record("GNU.sparse.name", "s") + pax_record("GNU.sparse.map", "100,5,4096,3")),
                   TarMember{.name = "GNUSparseFile.1/s", .data = "12345678"}),
          10'000, two);
    check(make_tar(pax(pax_record("GNU.sparse.major", "1") + pax_record("GNU.sparse.minor", "0") +
                       pax_record("GNU.sparse.name", "s") + pax_record("GNU.sparse.realsize", "10000")),
                   TarMember{.name = "GNUSparseFile.1/s", .data = padded("2\n100\n5\n4096\n3\n") + "12345678"}),
          10'000, two);
}

TEST(TarReader, RefusesBadSparseMaps) {
    const auto map = [](const std::string& size, const std::string& places) {
        return refusal(make_tar(pax(pax_record("GNU.sparse.size", size) + pax_record("GNU.sparse.map", places)),
                                TarMember{.name = "s", .data = "12345678"}));
    };
    const std::string end = ": the archive is refused";
    EXPECT_EQ(map("10000", "100,5,4096,3"), "");
    EXPECT_EQ(map("10000", "4096,3,100,5"), "x.tar: a sparse map that goes back" + end);
    EXPECT_EQ(map("10000", "100,5,104,3"), "x.tar: a sparse map that goes back" + end);
    EXPECT_EQ(map("4098", "100,5,4096,3"), "x.tar: a sparse map beyond the file's end" + end);
    EXPECT_EQ(map("10000", "18446744073709551615,5"), "x.tar: a sparse map beyond the file's end" + end);
    EXPECT_EQ(map("10000", "100,5"), "x.tar: a sparse map that does not fit its data" + end);
    EXPECT_EQ(map("10000", "100,5,4096"), "x.tar: a sparse map with half an entry" + end);
    EXPECT_EQ(map("10000", "100,x"), "x.tar: a sparse map that is no list of numbers" + end);
    EXPECT_EQ(map("9223372036854775807", "0,8"), "x.tar: s has an absurd size" + end);
    const auto data = [](const std::string& text) {
        return refusal(make_tar(pax(pax_record("GNU.sparse.major", "1") + pax_record("GNU.sparse.minor", "0") +
                                    pax_record("GNU.sparse.realsize", "10000")),
                                TarMember{.name = "s", .data = padded(text)}));
    };
    EXPECT_EQ(data("1\n0\n0\n"), "");
    EXPECT_EQ(data("2\n0\n0\n"), "x.tar: a malformed sparse map" + end);
    EXPECT_EQ(data("99999999999\n0\n0\n"), "x.tar: a malformed sparse map" + end);
    EXPECT_EQ(data("x\n"), "x.tar: a malformed sparse map" + end);
    EXPECT_EQ(data(std::string(512, '1')), "x.tar: a malformed sparse map" + end);
    std::string long_map = "999\n";
    for (int i = 0; i < 254; ++i) long_map += "0\n";
    EXPECT_EQ(data(long_map), "x.tar: a sparse map without an end" + end);
    EXPECT_EQ(refusal(make_tar(pax(pax_record("GNU.sparse.major", "2")), TarMember{.name = "s"})),
              "x.tar: a kind of sparse file that is not known" + end);
    EXPECT_EQ(refusal(make_tar(pax(pax_record("GNU.sparse.size", "1")), TarMember{.name = "s", .type = '5'})),
              "x.tar: s is no file and has holes" + end);
    EXPECT_EQ(refusal(old_sparse(10, {{100, 5}}, "12345")), "x.tar: a sparse map beyond the file's end" + end);
}

// The size of a pax header is for the member's data, not for a long-name header in between: readers
// that mixed them up could be made to see other members.
TEST(TarReader, AppliesAPaxSizeToTheMemberOnly) {
    const auto archive =
        tar_member(pax(pax_record("size", "3"))) +
        tar_member({.name = "l", .type = 'L', .data = std::string("long\0", 5)}) +
        tar_header({.name = "a", .size = "00000000000"}) + padded("abc") + tar_end();
    TarReader reader(text_source(archive), "x.tar");
    EXPECT_EQ(reader.next()->path, "long");
    EXPECT_EQ(read_data(reader), "abc");
    EXPECT_EQ(reader.next(), nullptr);
}

} // namespace
} // namespace lxcpp::image
