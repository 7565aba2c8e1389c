#pragma once
#include <stdint.h>

// Ours alone: not exported from a library that links this.
#pragma GCC visibility push(hidden)

// Tables of Scripts/generate_unicode.py. Functions take and return numbers, so that Swift calls them
// without pointers and the optimizer inlines them: two loads, and a third for the 64 class bits.

extern const uint16_t prep_scalar_kinds_blocks[8704];
extern const uint8_t prep_scalar_kinds[];
/// Kinds of scalars.
enum { prep_kind_count = 58 };
extern const uint64_t prep_kind_classes[];

/// The number of the scalar's kind: scalars of one kind have the same classes.
static inline uint8_t prep_scalar_kind(uint32_t scalar) {
  if (scalar >= 0x110000) scalar = 0xd800;
  return prep_scalar_kinds[((uint32_t)prep_scalar_kinds_blocks[scalar >> 7] << 7) | (scalar & 127)];
}

/// The class bits of the scalars of a kind below `prep_kind_count`.
static inline uint64_t prep_classes_of_kind(uint32_t kind) { return prep_kind_classes[kind]; }

/// The class bits of the scalar; those of a surrogate beyond U+10FFFF.
static inline uint64_t prep_scalar_classes(uint32_t scalar) {
  return prep_kind_classes[prep_scalar_kind(scalar)];
}

/// The number of the set of scalars that `\p{name}` matches; -1 for an unknown name. The name is in lower case, without
/// spaces, `-` and `_`, and ends with a zero.
int32_t prep_property_number(const char *name);
/// How many spans the set has, and their bounds: first and last scalar of each in turn.
uint32_t prep_property_span_count(int32_t number);
uint32_t prep_property_bound(int32_t number, uint32_t index);

/// Flat groups (scalar, n, n scalars) of what matches what where case is ignored, ended by 2^32 - 1; and the same for
/// the sequences of several scalars that one scalar matches.
uint32_t prep_fold_value(uint32_t index);
uint32_t prep_several_folds_value(uint32_t index);

extern const uint8_t prep_split_scripts_blocks[8704];
extern const uint8_t prep_split_scripts[];

/// The class of the scalar for the `UnicodeScripts` pre-tokenizer; 0 goes with any.
static inline uint8_t prep_split_script(uint32_t scalar) {
  if (scalar >= 0x110000) return 0;
  return prep_split_scripts[((uint32_t)prep_split_scripts_blocks[scalar >> 7] << 7) | (scalar & 127)];
}

extern const uint8_t prep_normal_kinds_blocks[8704];
extern const uint8_t prep_normal_kinds[];
extern const uint16_t prep_normal_records[];

/// Bits 0-7: canonical combining class; 8: NFD changes the scalar; 9: NFKD does; 10 and 11: the scalar may change or
/// compose in NFC and NFKC.
static inline uint16_t prep_normal_record(uint32_t scalar) {
  if (scalar >= 0x110000) return 0;
  return prep_normal_records[prep_normal_kinds[((uint32_t)prep_normal_kinds_blocks[scalar >> 7] << 7) |
                                               (scalar & 127)]];
}

/// Tables of scalars to several: 0 canonical decompositions, 1 compatibility ones that differ, 2 lower case.
/// Returns start << 8 | count of the values, 0 for a scalar that is not in the table.
uint32_t prep_mapping(uint32_t table, uint32_t scalar);
uint32_t prep_mapping_value(uint32_t table, uint32_t index);

/// The canonical composition of two scalars (not of Hangul), 0 if there is none.
uint32_t prep_composition(uint32_t first, uint32_t second);

#pragma GCC visibility pop
