// SPDX-License-Identifier: Apache-2.0
#include "fuzz/fuzz.h"

#include <fstream>

// What libFuzzer calls; and "fuzz_x --seeds DIRECTORY", which writes the made seeds and ends.
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    if (*argc != 3 || std::string_view((*argv)[1]) != "--seeds") return 0;
    int number = 0;
    for (const std::string& seed : lxcpp::fuzz::made_seeds()) {
        std::ofstream file(std::string((*argv)[2]) + "/made-" + std::to_string(++number), std::ios::binary);
        file << seed;
    }
    std::exit(0);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    lxcpp::fuzz::one_input({reinterpret_cast<const char*>(data), size});
    return 0;
}
