// SPDX-License-Identifier: Apache-2.0
#include "base/sha256_compress.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

namespace lxcpp::detail {

bool sha256_has_x86() noexcept {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (b & (1u << 29)) == 0) return false; // SHA
    if (__get_cpuid(1, &a, &b, &c, &d) == 0) return false;
    return (c & bit_SSSE3) != 0 && (c & bit_SSE4_1) != 0;
}

// The instructions do two rounds at a time on the state split into the words ABEF and CDGH, most
// significant first; each step of the loop consumes four message words and makes four new ones.
__attribute__((target("sha,sse4.1,ssse3"))) void
sha256_compress_x86(Sha256State& state, const std::uint8_t* blocks, std::size_t count) noexcept {
    auto* words = reinterpret_cast<__m128i*>(state.data());
    const auto* constants = reinterpret_cast<const __m128i*>(kSha256Constants.data());
    const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);

    const __m128i badc = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xb1);
    const __m128i hgfe = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1b);
    __m128i abef = _mm_alignr_epi8(badc, hgfe, 8);
    __m128i cdgh = _mm_blend_epi16(hgfe, badc, 0xf0);

    for (; count != 0; --count, blocks += 64) {
        const __m128i abef_before = abef;
        const __m128i cdgh_before = cdgh;
        __m128i w0{}, w1{}, w2{}, w3{}; // the last sixteen message words, oldest first
#pragma GCC unroll 16
        for (int step = 0; step < 16; ++step) {
            __m128i next;
            if (step < 4) {
                const auto* source = reinterpret_cast<const __m128i*>(blocks) + step;
                next = _mm_shuffle_epi8(_mm_loadu_si128(source), big_endian);
            } else {
                const __m128i seven_back = _mm_alignr_epi8(w3, w2, 4);
                next = _mm_sha256msg2_epu32(
                    _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), seven_back), w3);
            }
            w0 = w1, w1 = w2, w2 = w3, w3 = next;
            const __m128i input = _mm_add_epi32(next, _mm_loadu_si128(constants + step));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, input);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_unpackhi_epi64(input, input));
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }

    const __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
    _mm_storeu_si128(words, _mm_blend_epi16(feba, dchg, 0xf0));     // DCBA
    _mm_storeu_si128(words + 1, _mm_alignr_epi8(dchg, feba, 8));    // HGFE
}

} // namespace lxcpp::detail

#else

namespace lxcpp::detail {

bool sha256_has_x86() noexcept { return false; }
void sha256_compress_x86(Sha256State&, const std::uint8_t*, std::size_t) noexcept {}

} // namespace lxcpp::detail

#endif
