#if !__has_include(<simdjson.h>)
#error "simdjson is not installed: apt install libsimdjson-dev (Debian, Ubuntu), brew install simdjson (macOS), or make setup"
#endif
#include "CSimdjson.h"

#include <new>
#include <simdjson.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

static_assert(PREP_JSON_PADDING >= simdjson::SIMDJSON_PADDING, "the shim promises enough padding");

struct prep_json_parser {
  simdjson::dom::parser parser;
};

extern "C" prep_json_parser *prep_json_parser_create(void) {
  return new (std::nothrow) prep_json_parser();
}

extern "C" void prep_json_parser_destroy(prep_json_parser *parser) { delete parser; }

// Advice only, for memory that nobody has touched yet: a large text then costs a fraction of the page faults.
static void advise_huge_pages(void *start, size_t length) {
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const uintptr_t huge = 2u << 20;
  uintptr_t first = (reinterpret_cast<uintptr_t>(start) + huge - 1) & ~(huge - 1);
  uintptr_t last = (reinterpret_cast<uintptr_t>(start) + length) & ~(huge - 1);
  if (first < last) (void)madvise(reinterpret_cast<void *>(first), last - first, MADV_HUGEPAGE);
#else
  (void)start;
  (void)length;
#endif
}

extern "C" int prep_json_parse(prep_json_parser *parser, const uint8_t *text, size_t length,
                               prep_json_tape *out) {
  auto &document = parser->parser.doc;
  if (length >= (4u << 20) && document.capacity() < length) {
    if (auto error = document.allocate(length)) return static_cast<int>(error);
    // A text has at most one word of the tape for two bytes, and rarely as much as that.
    advise_huge_pages(document.tape.get(), length * 4);
    advise_huge_pages(document.string_buf.get(), length);
  }
  auto result = parser->parser.parse(text, length, false);
  if (result.error()) return static_cast<int>(result.error());
  out->tape = parser->parser.doc.tape.get();
  out->strings = parser->parser.doc.string_buf.get();
  return 0;
}

extern "C" const char *prep_json_error_message(int code) {
  return simdjson::error_message(static_cast<simdjson::error_code>(code));
}
