#pragma once
#include <stddef.h>
#include <stdint.h>

// Where the pieces of a text end, for the patterns of the large families, 64 bytes at a time. The Swift scanners of the same patterns are
// the ground truth: what is rare or hard is left to them.

/// The families of patterns. Their scanners in Swift have the same names.
enum prep_pieces_family {
  PREP_PIECES_GPT2 = 0,
  PREP_PIECES_CL100K = 1,
  PREP_PIECES_O200K = 2,
  PREP_PIECES_DEEPSEEK = 3,
};

/// What a scalar is to a family; bits of `prep_pieces.classes`.
enum prep_pieces_class {
  PREP_PIECES_LETTER = 1,   // part of a word
  PREP_PIECES_NUMBER = 2,
  PREP_PIECES_SPACE = 4,    // white space
  PREP_PIECES_OTHER = 8,    // punctuation and whatever else is cut like it
  PREP_PIECES_UPPER = 16,   // a letter that cannot follow a small one (o200k); Chinese and Japanese (DeepSeek)
  PREP_PIECES_LOWER = 32,   // a small letter (o200k)
  PREP_PIECES_MARK = 64,    // a mark (o200k): part of a word where it follows a letter
  PREP_PIECES_ODD = 128,    // left to the scanner
};

typedef struct {
  int32_t family;
  /// The most digits in a piece: 0 for any number.
  int32_t digits;
  /// o200k: contractions stay with their word; `/` may follow the line end behind punctuation.
  int32_t has_contractions;
  int32_t has_slash;
  /// White space at the end of the text is one piece: left to the scanner.
  int32_t keeps_tail;
  /// Bits of `prep_pieces_class` by kind of scalar (`prep_scalar_kind`), beyond ASCII.
  uint8_t classes[64];
} prep_pieces;

/// Writes the ends of pieces from `*position` on, which must be the start of one, and moves `*position` to the last of them. Stops at the end
/// of the text, where fewer than 64 ends more have room, or where the scanner has to find the next end (`*position < length` and room left).
/// Returns how many ends were written. Reads `text[0..<length]` only.
size_t prep_pieces_cut(const prep_pieces *_Nonnull pieces, const uint8_t *_Nonnull text, size_t length,
                       size_t *_Nonnull position, uint32_t *_Nonnull ends, size_t capacity);

/// Asks for the cache line at `address` ahead of its use.
static inline void prep_prefetch(const void *_Nonnull address) { __builtin_prefetch(address); }
