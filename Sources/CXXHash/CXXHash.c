#if !__has_include(<xxhash.h>)
#error "xxHash is not installed: apt install libxxhash-dev (Debian, Ubuntu), brew install xxhash (macOS), or make setup"
#endif
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "CXXHash.h"

uint64_t prep_xxh3_64(const void *bytes, size_t length) { return XXH3_64bits(bytes, length); }

void prep_xxh3_128(const void *bytes, size_t length, uint64_t out[2]) {
  XXH128_hash_t hash = XXH3_128bits(bytes, length);
  out[0] = hash.low64;
  out[1] = hash.high64;
}
