#pragma once
#include <stddef.h>
#include <stdint.h>

// Ours alone: not exported from a library that links this.
#pragma GCC visibility push(hidden)

/// XXH3, 64 bits, of `length` bytes (xxHash 0.8; the seed is 0).
uint64_t prep_xxh3_64(const void *bytes, size_t length);

/// XXH3, 128 bits, of `length` bytes; `out[0]` is the low half.
void prep_xxh3_128(const void *bytes, size_t length, uint64_t out[2]);

#pragma GCC visibility pop
