#include "CPieces.h"

#include <stdbool.h>
#include <string.h>

#include "CUnicode.h"

// One source for every machine: vectors of 64 bytes that the compiler lowers to what the target has, compiled a second time for AVX2.

#define KERNEL(name) name##_portable
#include "kernel.h"
#undef KERNEL

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"))), apply_to = function)
#define KERNEL(name) name##_avx2
#include "kernel.h"
#undef KERNEL
#pragma clang attribute pop
#endif

size_t prep_pieces_cut(const prep_pieces *pieces, const uint8_t *text, size_t length, size_t *position, uint32_t *ends,
                       size_t capacity) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2"))
    return cut_avx2(pieces, text, length, position, ends, capacity);
#endif
  return cut_portable(pieces, text, length, position, ends, capacity);
}

size_t prep_pieces_cut_portable(const prep_pieces *pieces, const uint8_t *text, size_t length, size_t *position,
                                uint32_t *ends, size_t capacity) {
  return cut_portable(pieces, text, length, position, ends, capacity);
}
