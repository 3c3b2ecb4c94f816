// SPDX-License-Identifier: Apache-2.0
#include "config_test.h"

#include <random>

using namespace lxcpp;
using namespace lxcpp::test;

// Properties over random configurations. The seed is fixed: a failure comes back.
namespace {

constexpr int kRounds = 100;

class Random {
public:
    explicit Random(unsigned seed) : engine_(seed) {}
    std::size_t below(std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(engine_);
    }
    template <typename List>
    const auto& one_of(const List& list) {
        return list[below(std::size(list))];
    }
    // Bytes that the format treats in a special way, among others.
    std::string text() {
        constexpr std::string_view bytes = "ab \t\"'#=\\.:/xä-";
        std::string out;
        for (std::size_t i = below(8); i > 0; --i) out += bytes[below(bytes.size())];
        return out;
    }

private:
    std::mt19937 engine_;
};

constexpr std::string_view kValues[] = {
    "",          "0",           "1",           "2",           "-1",
    "0x10",      "/a/b",        "a/b",         "none",        "auto",
    "up",        "veth",        "empty",       "phys",        "macvlan",
    "SIGTERM",   "SIGRTMIN+3",  "net user",    "chown 5",     "proc:rw",
    "cgroup:ro", "sys",         "A=b",         "u 0 1000 5",  "g 0 99 1",
    "5:6",       "unlimited",   "10.0.0.1",    "10.1.1.1/24", "fd00::1/64",
    "1500ms",    "-5m",         "overlay:a:b", "unix:@x",     "4,5",
    "DEBUG",     "shmounts:/a", "64KB",        "router",      "00:16:3e:xx:xx:xx",
};

std::string random_key(Random& random) {
    static const auto keys = all_keys();
    std::string name = random.one_of(keys).name;
    const auto put = [&](std::string_view place, std::string_view value) {
        const auto at = name.find(place);
        if (at != name.npos) name.replace(at, place.size(), value);
    };
    put("NAME", random.below(2) == 0 ? "net" : "memory.max");
    put(".N.", random.below(2) == 0 ? ".0." : ".3.");
    return name;
}

// Random lines; what is refused is left out.
Config random_config(Random& random) {
    Config config;
    for (int i = 0; i < 60; ++i) {
        const auto key = random_key(random);
        const auto value =
            random.below(3) == 0 ? random.text() : std::string(random.one_of(kValues));
        try {
            apply(config, key, value);
        } catch (const ConfigError&) {
        }
    }
    return config;
}

} // namespace

TEST(Property, EffectiveTextLoadsEqual) {
    Random random(1);
    LoadOptions options;
    options.validate = false;
    for (int round = 0; round < kRounds; ++round) {
        const auto config = random_config(random);
        const auto text = effective_text(config);
        ASSERT_EQ(load_config_text(text, "again", options).config, config) << text;
    }
}

TEST(Property, ARefusedLineChangesNothing) {
    Random random(2);
    for (int round = 0; round < kRounds; ++round) {
        auto config = random_config(random);
        const auto before = config;
        try {
            apply(config, random_key(random), random.text());
        } catch (const ConfigError&) {
            ASSERT_EQ(config, before);
        }
    }
}

TEST(Property, ReadingAnyBytesEitherLoadsOrThrowsAConfigError) {
    Random random(3);
    for (int round = 0; round < kRounds; ++round) {
        std::string text;
        for (int line = 0; line < 5; ++line)
            text += random_key(random) + (random.below(5) == 0 ? "" : " = ") + random.text() + "\n";
        try {
            (void)load_config_text(text, "random");
        } catch (const ConfigError&) {
        } catch (const std::exception& error) {
            FAIL() << error.what() << "\n" << text;
        }
    }
}

TEST(Property, TextRoundTripsByteForByte) {
    Random random(4);
    for (int round = 0; round < kRounds; ++round) {
        std::string text;
        for (int i = 0; i < 6; ++i) text += random.text() + (random.below(3) == 0 ? "\r\n" : "\n");
        text += random.text();
        ASSERT_EQ(ConfigText(text).text(), text);
    }
}
