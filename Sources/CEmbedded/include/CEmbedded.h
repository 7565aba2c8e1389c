#pragma once
#include <stddef.h>
#include <stdint.h>

// Ours alone: not exported from a library that links this.
#pragma GCC visibility push(hidden)

/// GPT-2's ranks, `base64(token) rank` a line: `gpt2.tiktoken` of openai-whisper 20250625 (MIT,
/// see LICENSE-gpt2), embedded so that the command runs on a fresh machine.
extern const uint8_t prep_gpt2_ranks[];
extern const size_t prep_gpt2_ranks_count;

/// The ranks' address, which Swift cannot take of an array without bounds.
static inline const uint8_t *prep_gpt2_ranks_start(void) { return prep_gpt2_ranks; }

/// The file VERSION, the one place of this project's version: `1.2.3` and a line end.
extern const uint8_t prep_version_file[];
extern const size_t prep_version_file_count;
static inline const uint8_t *prep_version_file_start(void) { return prep_version_file; }

#pragma GCC visibility pop

/// The page of `prep report`: HTML with marks where styles, data and script go.
extern const uint8_t prep_report_page[], prep_report_style[], prep_report_script[];
extern const size_t prep_report_page_count, prep_report_style_count, prep_report_script_count;
static inline const uint8_t *prep_report_page_start(void) { return prep_report_page; }
static inline const uint8_t *prep_report_style_start(void) { return prep_report_style; }
static inline const uint8_t *prep_report_script_start(void) { return prep_report_script; }
