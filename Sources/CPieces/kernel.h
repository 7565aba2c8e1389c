// Included once for each target, with KERNEL(name) giving names apart.

#ifndef PREP_PIECES_TYPES
#define PREP_PIECES_TYPES
typedef uint8_t bytes64 __attribute__((vector_size(64)));
typedef int8_t flags64 __attribute__((vector_size(64)));
typedef bool bits64 __attribute__((ext_vector_type(64)));

/// The bytes of a window, one bit a byte for each class. Every byte of a character has the bits of the character.
typedef struct {
  uint64_t letter, number, space, line, blank, other, upper, lower, mark, apostrophe, slash;
  uint64_t tail;  // bytes 10xxxxxx
  uint64_t odd;
} masks;
#define AFTER(m) ((m) << 1)
/// One bit a byte of a vector of comparisons.
#define BITS(flags)                                                \
  ({                                                               \
    const bits64 packed = __builtin_convertvector((flags), bits64); \
    uint64_t result;                                               \
    memcpy(&result, &packed, 8);                                   \
    result;                                                        \
  })
#endif

/// Adds to `m` the classes of the characters beyond ASCII among the first `*count` bytes of a window. Leaves out, in `*count`, a character that
/// does not end in the window. Returns false where the text is not well-formed.
static __attribute__((noinline)) bool KERNEL(classify)(const prep_pieces *pieces, const uint8_t *text, uint64_t high,
                                                       size_t *count, masks *m) {
  bytes64 v;
  memcpy(&v, text, 64);
  uint64_t valid = *count == 64 ? ~0ull : (1ull << *count) - 1;
  high &= valid;
  uint64_t tail = BITS((v & 0xC0) == 0x80) & valid;
  uint64_t three = BITS((v & 0xF0) == 0xE0) & valid;
  uint64_t four = BITS((v & 0xF8) == 0xF0) & valid;
  uint64_t lead = high & ~tail;
  uint64_t second = lead << 1, third = (three | four) << 2, fourth = four << 3;
  uint64_t wanted = second | third | fourth;
  // A character that the window cuts is left out.
  size_t cut = 0;
  if (*count >= 1 && (lead >> (*count - 1) & 1)) cut = 1;
  else if (*count >= 2 && ((three | four) >> (*count - 2) & 1)) cut = 2;
  else if (*count >= 3 && (four >> (*count - 3) & 1)) cut = 3;
  if ((wanted & valid) != tail) return false;
  *count -= cut;
  if (*count == 0) return true;
  valid = *count == 64 ? ~0ull : (1ull << *count) - 1;
  lead &= valid;
  tail &= valid;
  uint8_t codes[64] = {0};
  for (uint64_t left = lead; left; left &= left - 1) {
    int at = __builtin_ctzll(left);
    const uint8_t *p = text + at;
    uint32_t scalar;
    if (p[0] < 0xE0) {
      if (p[0] < 0xC2) return false;
      scalar = (p[0] & 0x1Fu) << 6 | (p[1] & 0x3Fu);
    } else if (p[0] < 0xF0) {
      scalar = (p[0] & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
      if (scalar < 0x800 || (scalar >= 0xD800 && scalar < 0xE000)) return false;
    } else {
      if (p[0] > 0xF4) return false;
      scalar = (p[0] & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
      if (scalar < 0x10000 || scalar > 0x10FFFF) return false;
    }
    uint8_t code = pieces->classes[prep_scalar_kind(scalar)];
    if (pieces->family == PREP_PIECES_DEEPSEEK &&
        ((scalar >= 0x4E00 && scalar <= 0x9FA5) || (scalar >= 0x3040 && scalar <= 0x30FF)))
      code = code & PREP_PIECES_LETTER ? PREP_PIECES_UPPER : PREP_PIECES_UPPER | PREP_PIECES_ODD;
    codes[at] = code;
  }
  memcpy(&v, codes, 64);
#define CLASS(name, bit)                                     \
  do {                                                       \
    uint64_t found = BITS((v & (bit)) != 0);         \
    found |= AFTER(found) & tail;                            \
    found |= AFTER(found) & tail;                            \
    found |= AFTER(found) & tail;                            \
    m->name |= found;                                        \
  } while (0)
  CLASS(letter, PREP_PIECES_LETTER);
  CLASS(number, PREP_PIECES_NUMBER);
  CLASS(space, PREP_PIECES_SPACE);
  CLASS(other, PREP_PIECES_OTHER);
  if (pieces->family >= PREP_PIECES_O200K) {
    CLASS(upper, PREP_PIECES_UPPER);
    CLASS(lower, PREP_PIECES_LOWER);
    CLASS(mark, PREP_PIECES_MARK);
  }
#undef CLASS
  m->odd |= BITS((v & PREP_PIECES_ODD) != 0);
  m->tail = tail;
  return true;
}

/// Where the contraction `'s|'t|'re|'ve|'m|'ll|'d` at the apostrophe `at` of a window ends; 0 where there is none.
static inline __attribute__((always_inline)) unsigned KERNEL(contraction)(const uint8_t *text, unsigned at, size_t count,
                                                                          bool ignores_case) {
  if (at + 1 >= count) return 0;
  uint8_t fold = ignores_case ? 0x20 : 0;
  uint8_t first = text[at + 1] | fold;
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
  if (at + 2 >= count) return 0;
  uint8_t second = text[at + 2] | fold;
  if ((first == 'r' || first == 'v') && second == 'e') return at + 3;
  if (first == 'l' && second == 'l') return at + 3;
  if (ignores_case && text[at + 1] == 0xC5 && text[at + 2] == 0xBF) return at + 3;
  return 0;
}

/// The starts of the pieces in a window of `*count` bytes that begins with one, and in `*limit` the last place up to which they are sure.
static inline __attribute__((always_inline)) uint64_t KERNEL(starts)(const prep_pieces *pieces, const int family,
                                                                     const uint8_t *text, size_t count, bool is_last,
                                                                     unsigned *limit) {
  bytes64 v;
  memcpy(&v, text, 64);
  uint64_t valid = count == 64 ? ~0ull : (1ull << count) - 1;
  bytes64 folded = (v | 0x20) - 'a';
  bytes64 digit = v - '0';
  bytes64 control = v - 9;
  masks m;
  m.line = BITS((v == '\n') | (v == '\r'));
  m.blank = BITS(v == ' ');
  m.space = BITS((v == ' ') | (control < 5));
  m.letter = BITS(folded < 26);
  m.number = BITS(digit < 10);
  uint64_t high = BITS((flags64)v < 0);
  m.other = ~(m.space | m.letter | m.number | high);
  m.apostrophe = family == PREP_PIECES_DEEPSEEK ? 0 : BITS(v == '\'');
  m.slash = family == PREP_PIECES_O200K ? BITS(v == '/') : 0;
  m.upper = family == PREP_PIECES_O200K ? BITS((v - 'A') < 26) : 0;
  m.lower = family == PREP_PIECES_O200K ? m.letter & ~m.upper : 0;
  m.mark = 0;
  m.tail = 0;
  m.odd = 0;
  const uint64_t ascii_letter = m.letter;
  const uint64_t ascii_other = m.other;
  if (family == PREP_PIECES_DEEPSEEK) {
    // Controls are neither letters nor punctuation; runs of them are what the pattern leaves.
    uint64_t controls = BITS((v < 0x20) | (v == 0x7F)) & ~m.space;
    m.odd = controls;
    m.other &= ~controls;
  }
  if (high & valid) {
    if (!KERNEL(classify)(pieces, text, high, &count, &m)) {
      *limit = 0;
      return 1;
    }
    if (count == 0) {
      *limit = 0;
      return 1;
    }
    valid = count == 64 ? ~0ull : (1ull << count) - 1;
  }
  const uint64_t letter = m.letter & valid, number = m.number & valid, space = m.space & valid, line = m.line & valid,
                 blank = m.blank & valid, other = m.other & valid, tail = m.tail;
  uint64_t odd = m.odd & valid;
  uint64_t starts = 1;

  // Punctuation begins a piece where no space before it does.
  uint64_t other_starts = other & ~AFTER(other) & ~AFTER(blank);
  // Line ends that belong to the punctuation before them, and what follows those.
  uint64_t absorbed = 0, after_absorbed = 0;
  if (family != PREP_PIECES_GPT2) {
    uint64_t first = line & AFTER(other);
    absorbed = line & ~(line + first);
    after_absorbed = (line + first) & ~line & valid;
    if (family == PREP_PIECES_O200K && pieces->has_slash) odd |= m.slash & AFTER(absorbed);
  }

  // White space: a run begins a piece; the last one before something else does too, where it is no line end.
  const uint64_t beyond = ~valid;
  starts |= space & ~AFTER(space) & ~absorbed;
  if (family == PREP_PIECES_GPT2) {
    starts |= space & ~((space | beyond) >> 1 | 1ull << 63);
  } else {
    const uint64_t plain = space & ~line;
    uint64_t stops = space | beyond;
    // Digits and ideographs end DeepSeek's text: white space before them is not cut.
    if (family == PREP_PIECES_DEEPSEEK) stops |= number | m.upper;
    starts |= plain & ~(stops >> 1 | 1ull << 63);
    starts |= after_absorbed;
    // Behind the last line end of a run begins another piece; behind others it does not.
    uint64_t behind = plain & AFTER(line) & ~after_absorbed;
    for (uint64_t again = (plain + behind) & ~plain & line; again; again &= again - 1) {
      uint64_t before = behind & ((again & -again) - 1);
      behind ^= 1ull << (63 - __builtin_clzll(before));
    }
    starts |= behind;
  }

  // Numbers.
  uint64_t number_starts = number & ~AFTER(number);
  if (family == PREP_PIECES_GPT2) {
    starts |= number_starts & ~AFTER(blank);
  } else if (pieces->digits == 1) {
    starts |= number & ~tail;
  } else {
    starts |= number_starts;
    const uint64_t inner = number & AFTER(number) & number << 2 & number << 3;
    for (uint64_t next = number_starts << 3 & inner; next; next = next << 3 & inner) starts |= next;
  }

  starts |= other_starts;
  if (family == PREP_PIECES_GPT2) {
    starts |= letter & ~AFTER(letter) & ~AFTER(blank);
    for (uint64_t left = m.apostrophe & other_starts; left; left &= left - 1) {
      unsigned at = __builtin_ctzll(left);
      unsigned end = KERNEL(contraction)(text, at, count, false);
      if (end == 0) continue;
      starts &= ~(1ull << (at + 1));
      if (end < 64) starts |= 1ull << end;
    }
  } else if (family == PREP_PIECES_DEEPSEEK) {
    const uint64_t ideographs = m.upper & valid;
    starts |= ideographs & ~AFTER(ideographs);
    const uint64_t plain = space & ~line;
    // One character of ASCII punctuation takes ASCII letters along.
    const uint64_t behind = AFTER(other_starts & ascii_other) & ascii_letter & valid;
    const uint64_t word_starts = letter & ~AFTER(letter) & ~AFTER(plain) & ~behind;
    starts |= word_starts;
    const uint64_t ascii = ascii_letter & valid;
    starts |= (ascii + behind) & ~ascii & letter & ~tail;
  } else {
    const uint64_t plain = space & ~line;
    const uint64_t word = letter;
    // One character in front of a word belongs to it.
    uint64_t behind = (tail + AFTER(other_starts)) & ~tail;
    uint64_t word_starts = word & ~AFTER(word) & ~AFTER(plain) & ~behind;
    if (family == PREP_PIECES_O200K) {
      const uint64_t upper = m.upper & valid, lower = m.lower & valid;
      const uint64_t both = word & ~(upper | lower);
      odd |= upper & AFTER(both);
      odd |= m.mark & ~tail & ~AFTER(word) & valid;
      starts |= word_starts | (upper & AFTER(lower));
      if (pieces->has_contractions) {
        unsigned last = 64;
        for (uint64_t left = m.apostrophe & AFTER(word) & valid; left; left &= left - 1) {
          unsigned at = __builtin_ctzll(left);
          if (at == last) continue;
          unsigned end = KERNEL(contraction)(text, at, count, true);
          if (end == 0) continue;
          last = end;
          uint64_t inside = (end < 64 ? 1ull << end : 0) - (1ull << at);
          starts &= ~inside;
          if (end < 64 && (valid >> end & 1)) {
            starts |= 1ull << end;
            odd |= m.mark & 1ull << end;
          }
        }
      }
    } else {
      starts |= word_starts;
      for (uint64_t left = m.apostrophe & other_starts; left; left &= left - 1) {
        unsigned at = __builtin_ctzll(left);
        unsigned end = KERNEL(contraction)(text, at, count, true);
        if (end != 0 && end < 64) starts |= 1ull << end;
      }
    }
  }

  // How far that is sure.
  unsigned sure = (unsigned)count;
  if (!is_last) sure = count > 4 ? (unsigned)count - 4 : 0;
  if (!is_last || pieces->keeps_tail) {
    // White space that reaches the end may go on.
    uint64_t rest = ~(space | ~valid);
    unsigned run = rest ? 64 - __builtin_clzll(rest) : 0;
    if (run < sure) sure = run;
  }
  if (odd) {
    unsigned at = __builtin_ctzll(odd);
    uint64_t run = (space >> at & 1) ? space : (number >> at & 1) ? number : 0;
    if (run) {
      uint64_t below = ~run & ((1ull << at) - 1);
      at = below ? 64 - __builtin_clzll(below) : 0;
    } else if (at > 0) {
      at -= 1;
    }
    if (at < sure) sure = at;
  }
  *limit = sure;
  return starts & valid;
}

static inline __attribute__((always_inline)) size_t KERNEL(cut_family)(const prep_pieces *pieces, const int family,
                                                                       const uint8_t *text, size_t length, size_t *position,
                                                                       uint32_t *ends, size_t capacity) {
  size_t at = *position, written = 0;
  while (at < length && written + 64 <= capacity) {
    const size_t left = length - at;
    uint8_t copy[64];
    const uint8_t *window = text + at;
    size_t count = 64;
    if (left < 64) {
      memset(copy, 0, 64);
      memcpy(copy, window, left);
      window = copy;
      count = left;
    }
    unsigned limit;
    uint64_t starts = KERNEL(starts)(pieces, family, window, count, left <= 64, &limit);
    // The piece at the start of the window is known; those that begin up to `limit` end it and each other.
    uint64_t next = starts & ~1ull;
    if (limit < 63) next &= (2ull << limit) - 1;
    const bool is_whole = left <= 64 && limit >= left;
    if (next == 0 && !is_whole) break;
    uint32_t *out = ends + written;
    const unsigned found = __builtin_popcountll(next);
    const uint32_t base = (uint32_t)at;
    uint64_t bits = next;
    for (unsigned index = 0; index < found; index += 8)
      for (unsigned each = 0; each < 8; each++) {
        out[index + each] = base + (uint32_t)__builtin_ctzll(bits | 1ull << 63);
        bits &= bits - 1;
      }
    written += found;
    if (is_whole) {
      ends[written++] = (uint32_t)length;
      at = length;
    } else {
      at += 63 - __builtin_clzll(next);
      // What stopped the window before its end is for the scanner.
      if (limit + 8 < count) break;
    }
  }
  *position = at;
  return written;
}

static size_t KERNEL(cut)(const prep_pieces *pieces, const uint8_t *text, size_t length, size_t *position,
                          uint32_t *ends, size_t capacity) {
  switch (pieces->family) {
    case PREP_PIECES_GPT2:
      return KERNEL(cut_family)(pieces, PREP_PIECES_GPT2, text, length, position, ends, capacity);
    case PREP_PIECES_CL100K:
      return KERNEL(cut_family)(pieces, PREP_PIECES_CL100K, text, length, position, ends, capacity);
    case PREP_PIECES_O200K:
      return KERNEL(cut_family)(pieces, PREP_PIECES_O200K, text, length, position, ends, capacity);
    default:
      return KERNEL(cut_family)(pieces, PREP_PIECES_DEEPSEEK, text, length, position, ends, capacity);
  }
}
