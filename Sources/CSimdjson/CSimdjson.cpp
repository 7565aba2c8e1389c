#if !__has_include(<simdjson.h>)
#error "simdjson is not installed: apt install libsimdjson-dev (Debian, Ubuntu), brew install simdjson (macOS), or make setup"
#endif
#include "CSimdjson.h"

#include <new>
#include <simdjson.h>

static_assert(PREP_JSON_PADDING >= simdjson::SIMDJSON_PADDING, "the shim promises enough padding");

struct prep_json_parser {
  simdjson::dom::parser parser;
};

extern "C" prep_json_parser *prep_json_parser_create(void) {
  return new (std::nothrow) prep_json_parser();
}

extern "C" void prep_json_parser_destroy(prep_json_parser *parser) { delete parser; }

extern "C" int prep_json_parse(prep_json_parser *parser, const uint8_t *text, size_t length,
                               prep_json_tape *out) {
  auto result = parser->parser.parse(text, length, false);
  if (result.error()) return static_cast<int>(result.error());
  out->tape = parser->parser.doc.tape.get();
  out->strings = parser->parser.doc.string_buf.get();
  return 0;
}

extern "C" const char *prep_json_error_message(int code) {
  return simdjson::error_message(static_cast<simdjson::error_code>(code));
}
