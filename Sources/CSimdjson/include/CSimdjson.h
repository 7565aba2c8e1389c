#pragma once
#include <stddef.h>
#include <stdint.h>

// Ours alone: not exported from a library that links this.
#pragma GCC visibility push(hidden)

#ifdef __cplusplus
extern "C" {
#endif

/// A simdjson DOM parser with its reusable buffers. One a thread.
typedef struct prep_json_parser prep_json_parser;

/// Bytes that must be readable (not necessarily zero) after the text given to `prep_json_parse`.
#define PREP_JSON_PADDING 64

/// The parsed document: simdjson's tape (`doc/tape.md` of simdjson) and its string buffer
/// (`u32 length | bytes | NUL` at each offset). Valid until the parser's next parse.
typedef struct {
  const uint64_t *tape;
  const uint8_t *strings;
} prep_json_tape;

/// NULL when memory is exhausted.
prep_json_parser *prep_json_parser_create(void);
void prep_json_parser_destroy(prep_json_parser *parser);

/// Parses one JSON text of `length` bytes at `text`, followed by PREP_JSON_PADDING readable bytes.
/// Returns 0 and fills `out`, or simdjson's error code.
int prep_json_parse(prep_json_parser *parser, const uint8_t *text, size_t length,
                    prep_json_tape *out);

/// The message of a code that `prep_json_parse` returned.
const char *prep_json_error_message(int code);

#ifdef __cplusplus
}
#endif

#pragma GCC visibility pop
