/*
 * prep.h: the C interface of prep.
 *
 * Tokenizers, record pipelines and data sets are opaque handles. Every array belongs to the caller: prep fills it and
 * keeps no pointer to it after the call.
 *
 * Errors. A function that can fail returns a prep_status and, unless `error` is NULL, fills the caller's prep_error.
 * On failure an output handle is NULL and the content of output arrays is unspecified (but always written in bounds).
 *
 * Threads. A handle may be used by any number of threads at once; only its `close` must come after all other uses.
 * A prep_error belongs to one call at a time. `close` takes NULL.
 *
 * Structs. A struct begins with its size, which the caller sets: `prep_error error = PREP_INIT(prep_error);`. A later
 * version adds members at the end, and neither reads nor writes those that the caller's size does not cover.
 *
 * Texts are UTF-8. A batch of texts is one buffer and `count + 1` ascending offsets: text i is bytes
 * [offsets[i], offsets[i + 1]). Token ids are 32 bits; arrays take them as int32_t or int64_t (`id_bytes` 4 or 8).
 */
#ifndef PREP_H
#define PREP_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Rises when a declaration below changes; compare with prep_abi_version(). */
#define PREP_ABI_VERSION 3

/* The value of a new struct: its size, and zeros. */
#ifdef __cplusplus
#define PREP_INIT(type) (type{sizeof(type)})
#else
#define PREP_INIT(type) ((type){.size = sizeof(type)})
#endif

typedef int32_t prep_status;
#define PREP_OK 0
#define PREP_ARGUMENT 1  /* a NULL, negative or contradictory argument */
#define PREP_TOKENIZER 2 /* a tokenizer's files: missing, malformed, unsupported */
#define PREP_SPEC 3      /* a spec or chat template that cannot be used */
#define PREP_DATA_SET 4  /* a data set: missing, unfinished, damaged */
#define PREP_RANGE 5     /* a row, id or text that does not exist */
#define PREP_TOO_SMALL 6 /* the caller's array has no room */

/* What went wrong, and where as far as it is known. Texts always end with a NUL; long ones are cut. */
typedef struct prep_error {
  size_t size;
  prep_status status;
  int32_t reserved;
  int64_t line;       /* from 1; 0 where lines mean nothing */
  int64_t offset;     /* byte in the file, from 0; -1 where it is not known */
  char kind[48];      /* stable name of the kind of problem, such as "tokenizer"; "" where only the status says it */
  char file[512];     /* file or folder; "" where none is at fault */
  char message[1448]; /* one line: file, place, reason, remedy */
} prep_error;

typedef struct prep_tokenizer prep_tokenizer;
typedef struct prep_encoding prep_encoding;
typedef struct prep_pipeline prep_pipeline;
typedef struct prep_rows prep_rows;
typedef struct prep_dataset prep_dataset;

/* PREP_ABI_VERSION of the library. */
int32_t prep_abi_version(void);
/* The version of prep, such as "1.2.3". */
const char *prep_version(void);

/* --- Rows into arrays -------------------------------------------------------------------------------------------- */

/* For prep_arrays.flags: the label of each sample's first token is -100, so that no document of a packed row is
 * predicted from the one before it. */
#define PREP_MASK_FIRST_LABELS 1u

/*
 * Where rows are written. Row i occupies elements [i * row_stride, (i + 1) * row_stride) of each array, or
 * [row_starts[i], row_starts[i + 1]) where row_starts (count + 1 offsets) is not NULL: equal strides give padded rows,
 * cumulated row lengths give rows without padding. A row longer than its room is PREP_TOO_SMALL, never cut.
 * After a row's tokens follow padding: the data set's padding id, label -100, mask 0, positions counting from 0.
 * Every array may be NULL.
 */
typedef struct prep_arrays {
  size_t size;
  int64_t row_stride;
  const int64_t *row_starts;
  int32_t id_bytes;        /* 4 or 8: elements of input_ids, labels and position_ids are int32_t or int64_t */
  int32_t mask_bytes;      /* 1, 4 or 8 */
  uint32_t flags;          /* PREP_MASK_FIRST_LABELS or 0 */
  uint32_t reserved;       /* 0 */
  void *input_ids;
  void *labels;            /* aligned with input_ids (the trainer shifts), -100 where not learned */
  void *attention_mask;    /* 1 over tokens, 0 over padding */
  void *position_ids;      /* restart at 0 with each sample */
  float *loss_weights;     /* weight of each token: 0 where not learned, 1 unless the records say otherwise */
  int32_t *row_lengths;    /* one a row: tokens */
  int32_t *sample_counts;  /* one a row: samples packed in it */
  int32_t *sample_lengths; /* tokens of each sample, rows in order */
  int64_t sample_capacity; /* elements of sample_lengths */
} prep_arrays;

/* --- Tokenizers -------------------------------------------------------------------------------------------------- */

/* For prep_tokenizer_encode. */
#define PREP_ADD_SPECIALS 1u   /* what the tokenizer's own files add around a text: BOS, EOS */
#define PREP_PARSE_SPECIALS 2u /* control tokens written in a text are control tokens */
#define PREP_PLAIN_SPECIALS 4u /* they are text; with neither flag, as in the tokenizer's own library */
#define PREP_BYTE_RANGES 8u    /* keep each token's byte range for prep_encoding_read */
/* For prep_tokenizer_decode. */
#define PREP_SKIP_SPECIALS 16u /* leave control tokens out of the text */

/* For prep_tokenizer_special. */
#define PREP_BOS 0
#define PREP_EOS 1
#define PREP_PAD 2

/* Opens "gpt2" (built in), a tokenizer file, a model folder or a name in the Hugging Face cache. `options` is NULL, or for
 * a .tiktoken file a JSON object such as {"encoding": "cl100k_base", "special-token": ["<|im_end|>=100265"]}. */
prep_status prep_tokenizer_open(
    const char *reference, const char *options, prep_tokenizer **tokenizer, prep_error *error);
void prep_tokenizer_close(prep_tokenizer *tokenizer);

/* Highest id + 1. */
int64_t prep_tokenizer_id_count(const prep_tokenizer *tokenizer);
/* The id of PREP_BOS, PREP_EOS or PREP_PAD, -1 where the tokenizer has none. */
int64_t prep_tokenizer_special(const prep_tokenizer *tokenizer, int32_t which);
/* The id of a token given as its bytes, -1 where there is none. */
int64_t prep_tokenizer_id(const prep_tokenizer *tokenizer, const uint8_t *token, int64_t count);

/* Encodes `count` texts on up to `threads` threads (0: one a core) into a new handle that prep_encoding_close frees. */
prep_status prep_tokenizer_encode(
    const prep_tokenizer *tokenizer, const uint8_t *texts, const int64_t *offsets, int64_t count, uint32_t flags,
    int32_t threads, prep_encoding **encoding, prep_error *error);

/* Ids of all texts together. */
int64_t prep_encoding_id_count(const prep_encoding *encoding);
/* Fills `ids` (prep_encoding_id_count elements), `row_starts` (texts + 1) and `byte_ranges` (two a token: begin and end
 * in its text; 0, 0 for an added special). Each may be NULL; byte_ranges needs PREP_BYTE_RANGES at encoding. */
prep_status prep_encoding_read(
    const prep_encoding *encoding, void *ids, int32_t id_bytes, int64_t *row_starts, int64_t *byte_ranges,
    prep_error *error);
void prep_encoding_close(prep_encoding *encoding);

/* Decodes `count` id sequences, laid out like texts. `text_offsets` (count + 1) is always filled, `text` where
 * `capacity` bytes are enough: PREP_TOO_SMALL otherwise, text_offsets[count] being the bytes it takes. An id that is not
 * in 0 ..< prep_tokenizer_id_count is PREP_RANGE; one without a token gives no text. */
prep_status prep_tokenizer_decode(
    const prep_tokenizer *tokenizer, const void *ids, int32_t id_bytes, const int64_t *offsets, int64_t count,
    uint32_t flags, uint8_t *text, int64_t capacity, int64_t *text_offsets, prep_error *error);

/* --- Pipelines: records to rows ---------------------------------------------------------------------------------- */

/* A record that gives no row. Texts live as long as the prep_rows. */
typedef struct prep_reject {
  size_t size;
  int64_t record;      /* index in the batch */
  const char *reason;  /* the reason's name, as in rejects.jsonl */
  const char *message; /* one line: what is wrong and what to do */
} prep_reject;

/* Opens a pipeline from a spec: a JSON object whose keys are those long flags of `prep run` that decide rows, without
 * dashes in front, such as {"tokenizer": "gpt2", "context-length": 1024, "field": ["task=question"], "pack": true}. */
prep_status prep_pipeline_open(const char *spec, prep_pipeline **pipeline, prep_error *error);
void prep_pipeline_close(prep_pipeline *pipeline);
int64_t prep_pipeline_context_length(const prep_pipeline *pipeline);
int64_t prep_pipeline_pad_id(const prep_pipeline *pipeline);

/* Encodes `count` records (JSON objects) on up to `threads` threads (0: one a core) into rows, in the records' order,
 * and rejects. A bad record is a reject, not an error. With "pack" the batch is packed as a whole. */
prep_status prep_pipeline_encode(
    const prep_pipeline *pipeline, const uint8_t *records, const int64_t *offsets, int64_t count, int32_t threads,
    prep_rows **rows, prep_error *error);

int64_t prep_rows_count(const prep_rows *rows);
/* Tokens, samples and record (index in the batch; of packed rows that of the first sample) of each row; each array has prep_rows_count elements or is NULL. */
prep_status prep_rows_measure(
    const prep_rows *rows, int32_t *lengths, int32_t *samples, int64_t *records, prep_error *error);
/* Fills the caller's arrays with rows first ..< first + count. */
prep_status prep_rows_read(
    const prep_rows *rows, int64_t first, int64_t count, const prep_arrays *arrays, prep_error *error);
int64_t prep_rows_reject_count(const prep_rows *rows);
prep_status prep_rows_reject(const prep_rows *rows, int64_t index, prep_reject *reject, prep_error *error);
void prep_rows_close(prep_rows *rows);

/* --- Data sets: rows from shards --------------------------------------------------------------------------------- */

typedef struct prep_dataset_info {
  size_t size;
  int64_t rows;
  int64_t tokens;          /* of all rows, without padding */
  int64_t context_length;
  int64_t pad_id;
  int64_t frames;          /* runs of rows that are decompressed together */
  int64_t packed;          /* 1 where rows may hold several samples */
} prep_dataset_info;

/* Opens a finished folder of shards. Up to `cache_bytes` of decompressed frames are kept (0: 256 MiB); a row in a kept
 * frame costs a copy, any other costs the decompression of its frame. */
prep_status prep_dataset_open(const char *folder, int64_t cache_bytes, prep_dataset **dataset, prep_error *error);
/* The same, and what is learned of the rows: `loss` is a policy as for the key "loss" of a spec, such as
 * "assistant-reasoning", or NULL for what the run chose. Rows are those of a run with that loss, without tokenizing again;
 * where such a run would give others, PREP_DATA_SET says why. */
prep_status prep_dataset_open_learning(
    const char *folder, const char *loss, int64_t cache_bytes, prep_dataset **dataset, prep_error *error);
void prep_dataset_close(prep_dataset *dataset);
prep_status prep_dataset_describe(const prep_dataset *dataset, prep_dataset_info *info, prep_error *error);
/* The digest of the data set, as `prep verify` prints it: of its content alone. Lives as long as the handle. */
const char *prep_dataset_digest(const prep_dataset *dataset);
/* First row of each frame, ascending, then the number of rows: info.frames + 1 elements. */
prep_status prep_dataset_frames(const prep_dataset *dataset, int64_t *starts, prep_error *error);

/* Tokens and samples of rows; NULL `rows` stands for first ..< first + count. Each output may be NULL. */
prep_status prep_dataset_measure(
    const prep_dataset *dataset, const int64_t *rows, int64_t first, int64_t count, int32_t *lengths,
    int32_t *samples, prep_error *error);
/* Fills the caller's arrays with the rows at these indices, in their order; NULL `rows` stands for
 * first ..< first + count. Linear in the tokens written, and in the frames decompressed. */
prep_status prep_dataset_read(
    const prep_dataset *dataset, const int64_t *rows, int64_t first, int64_t count, const prep_arrays *arrays,
    prep_error *error);

#ifdef __cplusplus
}
#endif

#endif
