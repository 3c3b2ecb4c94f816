// SPDX-License-Identifier: Apache-2.0
#include "debian/resolver.h"

#include "debian/base_system.h"

#include <lxcpp/error.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <vector>

namespace lxcpp::debian {
namespace {

// "name version; Field: value; ..." lines become a Packages file.
std::string packages(std::initializer_list<std::string_view> lines) {
    std::string text;
    for (const std::string_view line : lines) {
        const auto blank = line.find(' ');
        const auto end = std::min(line.find(';'), line.size());
        text += fmt::format("Package: {}\nVersion: {}\nArchitecture: amd64\nFilename: pool/x.deb\n"
                            "Size: 1\nSHA256: {:064x}\n",
                            line.substr(0, blank), line.substr(blank + 1, end - blank - 1), 1);
        std::string rest(line.substr(std::min(end + 1, line.size())));
        std::replace(rest.begin(), rest.end(), ';', '\n');
        while (rest.find("\n ") != rest.npos) rest.erase(rest.find("\n ") + 1, 1);
        text += rest.empty() ? "\n" : rest.substr(rest.find_first_not_of(' ')) + "\n\n";
    }
    return text;
}

std::string resolve_names(std::initializer_list<std::string_view> lines, std::vector<std::string> wanted) {
    PackageIndex index;
    index.add(packages(lines), "amd64", 0, "test");
    std::string names;
    try {
        for (const Package* package : resolve(index, find_wanted(index, wanted))) {
            names += (names.empty() ? "" : " ") + std::string(package->name);
        }
    } catch (const Error& error) {
        return error.what();
    }
    return names;
}

TEST(Resolver, OrdersDependenciesFirst) {
    EXPECT_EQ(resolve_names({"aa 1; Depends: bb; Pre-Depends: cc", "bb 1", "cc 1; Depends: bb", "dd 1"}, {"aa"}),
              "bb cc aa");
}

TEST(Resolver, EndsOnCircles) {
    EXPECT_EQ(resolve_names({"aa 1; Depends: bb", "bb 1; Depends: aa"}, {"aa"}), "bb aa");
}

TEST(Resolver, TakesTheFirstAlternativeThatCanBeHad) {
    EXPECT_EQ(resolve_names({"aa 1; Depends: xx | bb | cc", "bb 1", "cc 1"}, {"aa"}), "bb aa");
    EXPECT_EQ(resolve_names({"aa 1; Depends: bb | cc", "bb 1; Depends: xx", "cc 1"}, {"aa"}), "cc aa");
}

TEST(Resolver, PrefersAnAlternativeThatIsThereAnyway) {
    EXPECT_EQ(resolve_names({"aa 1; Depends: bb | cc", "bb 1", "cc 1"}, {"aa", "cc"}), "cc aa");
}

TEST(Resolver, TakesTheNewestVersionThatFits) {
    PackageIndex index;
    index.add(packages({"aa 1; Depends: bb (<< 3)", "bb 2", "bb 3", "bb 1"}), "amd64", 0, "test");
    const std::vector<std::string> wanted{"aa"};
    const auto result = resolve(index, find_wanted(index, wanted));
    ASSERT_EQ(result.size(), 2u);
    EXPECT_EQ(result[0]->version, "2");
    EXPECT_EQ(index.newest("bb")->version, "3");
}

TEST(Resolver, KnowsVirtualPackages) {
    EXPECT_EQ(resolve_names({"aa 1; Depends: mta", "zz 1; Provides: mta; Priority: important",
                             "bb 1; Provides: mta; Priority: optional"},
                            {"aa"}),
              "zz aa");
    EXPECT_EQ(resolve_names({"aa 1; Depends: api (>= 2)", "bb 1; Provides: api", "cc 1; Provides: api (= 2)"},
                            {"aa"}),
              "cc aa");
}

TEST(Resolver, TurnsBackAtConflicts) {
    EXPECT_EQ(resolve_names({"aa 1; Depends: bb | cc", "bb 1; Depends: ee", "cc 1", "dd 1; Conflicts: ee", "ee 1"},
                            {"dd", "aa"}),
              "dd cc aa");
    EXPECT_EQ(resolve_names({"aa 1; Depends: bb", "bb 1; Breaks: aa (<< 2)"}, {"aa"}),
              "aa needs bb: bb conflicts with aa");
    // A package may conflict with the virtual name that it provides itself.
    EXPECT_EQ(resolve_names({"aa 1; Provides: mta; Conflicts: mta"}, {"aa"}), "aa");
    EXPECT_EQ(resolve_names({"aa 1; Provides: mta; Conflicts: mta", "bb 1; Provides: mta"}, {"aa", "bb"}),
              "aa conflicts with bb");
}

TEST(Resolver, SaysWhatCannotBeHad) {
    EXPECT_EQ(resolve_names({"aa 1; Depends: bb (>= 2) | cc", "bb 1"}, {"aa"}),
              "aa needs bb (>= 2) | cc: no such package in the archive");
    EXPECT_EQ(resolve_names({"aa 1"}, {"nope"}), "there is no package nope");
}

// The tree's /usr is merged from the start; without a wish the first alternative, and perl, would come.
TEST(Selection, SparesThePackageThatMergesUsr) {
    PackageIndex index;
    index.add(packages({"helpers 1; Essential: yes; Depends: usrmerge | usr-is-merged", "usrmerge 1; Depends: perl",
                        "usr-is-merged 1", "perl 1", "systemd-resolved 1"}),
              "amd64", 0, "test");
    const auto names = [&](Variant variant) {
        std::string all;
        for (const Package* package : select_packages(index, variant, {}).packages) {
            all += std::string(package->name) + " ";
        }
        return all;
    };
    EXPECT_EQ(names(Variant::Default), "usr-is-merged helpers ");
    EXPECT_EQ(names(Variant::Minbase), "usr-is-merged helpers systemd-resolved ");
}

TEST(PackageIndex, RefusesEntriesItCannotTrust) {
    const auto error = [](std::string text) {
        try {
            PackageIndex index;
            index.add(std::move(text), "amd64", 0, "Packages");
        } catch (const Error& caught) {
            return std::string(caught.what());
        }
        return std::string("no error");
    };
    const std::string good = "Package: aa\nVersion: 1\nArchitecture: all\nFilename: pool/a.deb\nSize: 1\n"
                             "SHA256: " + std::string(64, 'a') + "\n";
    const auto with = [&](std::string_view from, std::string_view to) {
        std::string text = good;
        return error(text.replace(text.find(from), from.size(), to));
    };
    EXPECT_EQ(error(good), "no error");
    EXPECT_EQ(with("pool/a.deb", "../a.deb"), "Packages: package aa: bad or missing Filename");
    EXPECT_EQ(with("pool/a.deb", "/a.deb"), "Packages: package aa: bad or missing Filename");
    EXPECT_EQ(with("SHA256", "MD5sum"), "Packages: package aa: bad or missing SHA256");
    EXPECT_EQ(with("Size: 1", "Size: -1"), "Packages: package aa: bad or missing Size");
    EXPECT_EQ(with("Package: aa", "Package: ../x"), "Packages: '../x' is no package name");
}

} // namespace
} // namespace lxcpp::debian
