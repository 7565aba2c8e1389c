/*
 * Every function of prep.h, with good and with bad arguments, by one thread and by several at once.
 *
 * usage: interface RECORDS.jsonl PLAIN PACKED
 * where PLAIN is the folder of `prep run RECORDS.jsonl --context-length 512`, PACKED the same with --pack.
 */
#include <pthread.h>

#include "batch.h"
#include "prep.h"

#define LENGTH 512
#define THREADS 4

static const char *const SPEC = "{\"tokenizer\": \"gpt2\", \"context-length\": 512}";

/* Rows as padded arrays of every column. */
typedef struct columns {
  int64_t rows;
  int32_t *ids, *labels, *mask, *positions, *lengths, *sample_counts, *sample_lengths;
  float *weights;
  prep_arrays arrays;
} columns;

static columns make_columns(int64_t rows, int64_t samples) {
  int64_t size = rows * LENGTH;
  columns made = {
      rows, ARRAY(int32_t, size), ARRAY(int32_t, size), ARRAY(int32_t, size), ARRAY(int32_t, size), ARRAY(int32_t, rows),
      ARRAY(int32_t, rows), ARRAY(int32_t, samples), ARRAY(float, size), {0}};
  made.arrays = (prep_arrays){
      .size = sizeof(prep_arrays), .row_stride = LENGTH, .id_bytes = 4, .mask_bytes = 4, .input_ids = made.ids, .labels = made.labels,
      .attention_mask = made.mask, .position_ids = made.positions, .loss_weights = made.weights,
      .row_lengths = made.lengths, .sample_counts = made.sample_counts, .sample_lengths = made.sample_lengths,
      .sample_capacity = samples};
  return made;
}

static void free_columns(columns made) {
  free(made.ids), free(made.labels), free(made.mask), free(made.positions), free(made.lengths);
  free(made.sample_counts), free(made.sample_lengths), free(made.weights);
}

static int equal(columns a, columns b) {
  size_t size = (size_t)a.rows * LENGTH * 4;
  return a.rows == b.rows && !memcmp(a.ids, b.ids, size) && !memcmp(a.labels, b.labels, size) &&
         !memcmp(a.mask, b.mask, size) && !memcmp(a.positions, b.positions, size) && !memcmp(a.weights, b.weights, size) &&
         !memcmp(a.lengths, b.lengths, (size_t)a.rows * 4);
}

static int64_t sum(const int32_t *values, int64_t count) {
  int64_t total = 0;
  for (int64_t i = 0; i < count; i++) total += values[i];
  return total;
}

static columns read_dataset(const prep_dataset *dataset, int64_t first, int64_t count) {
  int32_t *samples = ARRAY(int32_t, count);
  OK(prep_dataset_measure(dataset, NULL, first, count, NULL, samples, error));
  columns made = make_columns(count, sum(samples, count));
  free(samples);
  OK(prep_dataset_read(dataset, NULL, first, count, &made.arrays, error));
  return made;
}

/* --- Tokenizers -------------------------------------------------------------------------------------------------- */

static void tokenizer_encodes_and_decodes(void) {
  prep_tokenizer *gpt2 = NULL;
  OK(prep_tokenizer_open("gpt2", NULL, &gpt2, error));
  CHECK(prep_tokenizer_id_count(gpt2) == 50257);
  CHECK(prep_tokenizer_special(gpt2, PREP_EOS) == 50256);
  CHECK(prep_tokenizer_special(gpt2, PREP_PAD) == 50256);
  CHECK(prep_tokenizer_special(gpt2, PREP_BOS) == -1 && prep_tokenizer_special(gpt2, 9) == -1);
  CHECK(prep_tokenizer_id(gpt2, (const uint8_t *)"<|endoftext|>", 13) == 50256);
  CHECK(prep_tokenizer_id(gpt2, (const uint8_t *)"no such token", 13) == -1);

  batch texts = batch_of((const char *const[]){"Hello world", "", "a<|endoftext|>", NULL});
  const int32_t parsed[] = {15496, 995, 64, 50256};
  prep_encoding *encoding = NULL;
  OK(prep_tokenizer_encode(
      gpt2, texts.bytes, texts.offsets, 3, PREP_PARSE_SPECIALS | PREP_BYTE_RANGES, 2, &encoding, error));
  CHECK(prep_encoding_id_count(encoding) == 4);
  int32_t *ids = ARRAY(int32_t, 4);
  int64_t *wide = ARRAY(int64_t, 4), *starts = ARRAY(int64_t, 4), *ranges = ARRAY(int64_t, 8);
  OK(prep_encoding_read(encoding, ids, 4, starts, ranges, error));
  OK(prep_encoding_read(encoding, wide, 8, NULL, NULL, error));
  for (int i = 0; i < 4; i++) CHECK(ids[i] == parsed[i] && wide[i] == parsed[i]);
  CHECK(starts[0] == 0 && starts[1] == 2 && starts[2] == 2 && starts[3] == 4);
  CHECK(ranges[2] == 5 && ranges[3] == 11 && ranges[6] == 1 && ranges[7] == 14);
  FAILS(PREP_ARGUMENT, "id_bytes", prep_encoding_read(encoding, ids, 2, NULL, NULL, error));
  prep_encoding_close(encoding);

  OK(prep_tokenizer_encode(gpt2, texts.bytes, texts.offsets, 3, PREP_PLAIN_SPECIALS, 1, &encoding, error));
  CHECK(prep_encoding_id_count(encoding) > 4);
  FAILS(PREP_ARGUMENT, "PREP_BYTE_RANGES", prep_encoding_read(encoding, NULL, 4, NULL, ranges, error));
  prep_encoding_close(encoding);

  int64_t ends[4];
  uint8_t *text = ARRAY(uint8_t, 25);
  OK(prep_tokenizer_decode(gpt2, ids, 4, starts, 3, 0, text, 25, ends, error));
  CHECK(ends[3] == 25 && memcmp(text, texts.bytes, 25) == 0);
  OK(prep_tokenizer_decode(gpt2, wide, 8, starts, 3, PREP_SKIP_SPECIALS, text, 25, ends, error));
  CHECK(ends[3] == 12);
  FAILS(PREP_TOO_SMALL, "25 bytes", prep_tokenizer_decode(gpt2, ids, 4, starts, 3, 0, text, 24, ends, error));
  CHECK(ends[3] == 25);
  OK(prep_tokenizer_decode(gpt2, NULL, 4, starts, 0, 0, NULL, 0, ends, error));
  for (int bad = 0; bad < 3; bad++) {
    wide[1] = (const int64_t[]){-100, 50257, INT64_MAX}[bad];
    FAILS(PREP_RANGE, "there is no id", prep_tokenizer_decode(gpt2, wide, 8, starts, 3, 0, text, 25, ends, error));
  }
  free(ids), free(wide), free(starts), free(ranges), free(text);
  batch_free(texts);
  prep_tokenizer_close(gpt2);
}

static void tokenizer_refuses_bad_arguments(void) {
  prep_tokenizer *tokenizer = (prep_tokenizer *)1;
  FAILS(PREP_TOKENIZER, "/nowhere", prep_tokenizer_open("/nowhere/tokenizer.json", NULL, &tokenizer, error));
  CHECK(tokenizer == NULL);
  FAILS(PREP_ARGUMENT, "reference", prep_tokenizer_open(NULL, NULL, &tokenizer, error));
  FAILS(PREP_ARGUMENT, "UTF-8", prep_tokenizer_open("\xff", NULL, &tokenizer, error));
  FAILS(PREP_ARGUMENT, "tokenizer", prep_tokenizer_open("gpt2", NULL, NULL, error));
  FAILS(PREP_SPEC, "not JSON", prep_tokenizer_open("gpt2", "encoding", &tokenizer, error));
  FAILS(PREP_TOKENIZER, "gpt2", prep_tokenizer_open("gpt2", "{\"encoding\": \"no such\"}", &tokenizer, error));
  CHECK(prep_tokenizer_open("/nowhere", NULL, &tokenizer, NULL) == PREP_TOKENIZER);
  CHECK(prep_tokenizer_id_count(NULL) == 0 && prep_tokenizer_special(NULL, 0) == -1);
  CHECK(prep_tokenizer_id(NULL, NULL, 0) == -1 && prep_encoding_id_count(NULL) == 0);
  prep_tokenizer_close(NULL), prep_encoding_close(NULL);

  OK(prep_tokenizer_open("gpt2", NULL, &tokenizer, error));
  CHECK(prep_tokenizer_id(tokenizer, NULL, 3) == -1 && prep_tokenizer_id(tokenizer, (const uint8_t *)"a", -1) == -1);
  const uint8_t bytes[] = "ab\xff";
  prep_encoding *encoding = (prep_encoding *)1;
  FAILS(PREP_ARGUMENT, "text 1 is not UTF-8",
        prep_tokenizer_encode(tokenizer, bytes, (const int64_t[]){0, 2, 3}, 2, 0, 0, &encoding, error));
  CHECK(encoding == NULL);
  FAILS(PREP_ARGUMENT, "ascend",
        prep_tokenizer_encode(tokenizer, bytes, (const int64_t[]){0, 2, 1}, 2, 0, 0, &encoding, error));
  FAILS(PREP_ARGUMENT, "begin at -1",
        prep_tokenizer_encode(tokenizer, bytes, (const int64_t[]){-1, 2}, 1, 0, 0, &encoding, error));
  FAILS(PREP_ARGUMENT, "count", prep_tokenizer_encode(tokenizer, bytes, (const int64_t[]){0}, -1, 0, 0, &encoding, error));
  FAILS(PREP_ARGUMENT, "NULL", prep_tokenizer_encode(tokenizer, NULL, (const int64_t[]){0, 2}, 1, 0, 0, &encoding, error));
  FAILS(PREP_ARGUMENT, "offsets", prep_tokenizer_encode(tokenizer, bytes, NULL, 1, 0, 0, &encoding, error));
  FAILS(PREP_ARGUMENT, "flags", prep_tokenizer_encode(tokenizer, bytes, (const int64_t[]){0}, 0, 6, 0, &encoding, error));
  FAILS(PREP_ARGUMENT, "flags", prep_tokenizer_encode(tokenizer, bytes, (const int64_t[]){0}, 0, 64, 0, &encoding, error));
  FAILS(PREP_ARGUMENT, "threads", prep_tokenizer_encode(tokenizer, bytes, (const int64_t[]){0}, 0, 0, -1, &encoding, error));
  FAILS(PREP_ARGUMENT, "tokenizer", prep_tokenizer_encode(NULL, bytes, (const int64_t[]){0}, 0, 0, 0, &encoding, error));
  FAILS(PREP_ARGUMENT, "encoding", prep_tokenizer_encode(tokenizer, bytes, (const int64_t[]){0}, 0, 0, 0, NULL, error));
  FAILS(PREP_ARGUMENT, "encoding", prep_encoding_read(NULL, NULL, 4, NULL, NULL, error));
  OK(prep_tokenizer_encode(tokenizer, NULL, (const int64_t[]){0}, 0, 0, 0, &encoding, error));
  CHECK(prep_encoding_id_count(encoding) == 0);
  prep_encoding_close(encoding);
  int64_t ends[2];
  FAILS(PREP_ARGUMENT, "ids", prep_tokenizer_decode(tokenizer, NULL, 4, (const int64_t[]){0, 1}, 1, 0, NULL, 0, ends, error));
  FAILS(PREP_ARGUMENT, "ascend",
        prep_tokenizer_decode(tokenizer, bytes, 4, (const int64_t[]){0, -1}, 1, 0, NULL, 0, ends, error));
  FAILS(PREP_ARGUMENT, "id_bytes", prep_tokenizer_decode(tokenizer, bytes, 3, (const int64_t[]){0}, 0, 0, NULL, 0, ends, error));
  FAILS(PREP_ARGUMENT, "text_offsets", prep_tokenizer_decode(tokenizer, bytes, 4, ends, 0, 0, NULL, 0, NULL, error));
  prep_tokenizer_close(tokenizer);
}

/* --- Pipelines --------------------------------------------------------------------------------------------------- */

static columns encode(const prep_pipeline *pipeline, batch records, int32_t threads) {
  prep_rows *rows = NULL;
  OK(prep_pipeline_encode(pipeline, records.bytes, records.offsets, records.count, threads, &rows, error));
  CHECK(prep_rows_reject_count(rows) == 0);
  columns made = make_columns(prep_rows_count(rows), prep_rows_count(rows));
  OK(prep_rows_read(rows, 0, made.rows, &made.arrays, error));
  prep_rows_close(rows);
  return made;
}

static void pipeline_gives_the_rows_of_the_shards(const char *file, const char *folder) {
  prep_pipeline *pipeline = NULL;
  prep_dataset *dataset = NULL;
  OK(prep_pipeline_open(SPEC, &pipeline, error));
  CHECK(prep_pipeline_context_length(pipeline) == LENGTH && prep_pipeline_pad_id(pipeline) == 50256);
  OK(prep_dataset_open(folder, 0, &dataset, error));
  batch records = batch_of_lines(file);
  columns expected = read_dataset(dataset, 0, records.count);
  for (int32_t threads = 0; threads < 4; threads++) {
    columns found = encode(pipeline, records, threads);
    CHECK(equal(found, expected));
    free_columns(found);
  }
  free_columns(expected);
  batch_free(records);
  prep_dataset_close(dataset);
  prep_pipeline_close(pipeline);
}

static void pipeline_keeps_rejects(void) {
  prep_pipeline *pipeline = NULL;
  OK(prep_pipeline_open("{\"context-length\": 8, \"field\": [\"task=q\"], \"pack\": true}", &pipeline, error));
  batch records = batch_of((const char *const[]){
      "{\"q\": \"a\", \"response\": \"b\"}", "{", "{\"q\": \"c\"}", "{\"q\": \"d\", \"response\": \"e\"}", NULL});
  prep_rows *rows = NULL;
  OK(prep_pipeline_encode(pipeline, records.bytes, records.offsets, records.count, 0, &rows, error));
  CHECK(prep_rows_count(rows) == 1 && prep_rows_reject_count(rows) == 2);
  int32_t length, samples;
  int64_t record;
  OK(prep_rows_measure(rows, &length, &samples, &record, error));
  CHECK(length == 8 && samples == 2 && record == 0);
  OK(prep_rows_measure(rows, NULL, NULL, NULL, error));
  prep_reject reject = PREP_INIT(prep_reject);
  OK(prep_rows_reject(rows, 0, &reject, error));
  CHECK(reject.record == 1 && strcmp(reject.reason, "invalid-json") == 0);
  OK(prep_rows_reject(rows, 1, &reject, error));
  CHECK(reject.record == 2 && strcmp(reject.reason, "missing-field") == 0 && strstr(reject.message, "response"));
  FAILS(PREP_RANGE, "no reject 2", prep_rows_reject(rows, 2, &reject, error));
  FAILS(PREP_RANGE, "no reject -1", prep_rows_reject(rows, -1, &reject, error));
  FAILS(PREP_ARGUMENT, "reject", prep_rows_reject(rows, 0, NULL, error));
  reject.size -= 1;
  FAILS(PREP_ARGUMENT, "PREP_INIT(prep_reject)", prep_rows_reject(rows, 0, &reject, error));

  int64_t *ids = ARRAY(int64_t, 8), *labels = ARRAY(int64_t, 8);
  int8_t *mask = ARRAY(int8_t, 8);
  prep_arrays arrays = {
      .size = sizeof arrays, .row_stride = 8, .id_bytes = 8, .mask_bytes = 1, .flags = PREP_MASK_FIRST_LABELS, .input_ids = ids,
      .labels = labels, .attention_mask = mask};
  OK(prep_rows_read(rows, 0, 1, &arrays, error));
  CHECK(labels[0] == -100 && labels[4] == -100 && labels[3] == 50256 && labels[7] == 50256 && mask[7] == 1);
  FAILS(PREP_RANGE, "no row 1", prep_rows_read(rows, 1, 1, &arrays, error));
  FAILS(PREP_RANGE, "no row -1", prep_rows_read(rows, -1, 1, &arrays, error));
  FAILS(PREP_ARGUMENT, "count", prep_rows_read(rows, 0, -1, &arrays, error));
  FAILS(PREP_ARGUMENT, "arrays", prep_rows_read(rows, 0, 1, NULL, error));
  FAILS(PREP_ARGUMENT, "rows", prep_rows_read(NULL, 0, 1, &arrays, error));
  FAILS(PREP_ARGUMENT, "rows", prep_rows_measure(NULL, NULL, NULL, NULL, error));
  CHECK(prep_rows_count(NULL) == 0 && prep_rows_reject_count(NULL) == 0);
  arrays.row_stride = 7;
  FAILS(PREP_TOO_SMALL, "8 tokens", prep_rows_read(rows, 0, 1, &arrays, error));
  free(ids), free(labels), free(mask);
  batch_free(records);
  prep_rows_close(rows), prep_rows_close(NULL);
  prep_pipeline_close(pipeline), prep_pipeline_close(NULL);
}

static void pipeline_refuses_bad_specs(void) {
  const char *const specs[][2] = {
      {"{", "not JSON"}, {"[]", "not a JSON object"}, {"{\"output\": \"x\"}", "\"output\""},
      {"{\"context-length\": 0}", "from 1 to"}, {"{\"context-length\": \"8\"}", "a number"},
      {"{\"truncate\": \"up\"}", "keep-response"}, {"{\"field\": \"task=q\"}", "list"},
      {"{\"field\": [\"who=q\"]}", "no role who"}, {"{\"template-arg\": [\"x\"]}", "name=value"},
      {"{\"special-token\": [\"x=y\"]}", "no id"},
      {"{\"pack-align\": 4}", "\"pack\""}, {"{\"parse-special\": 1}", "true or false"},
      {"{\"template\": \"/nowhere\"}", "/nowhere"}, {"{\"date\": \"today\", \"template\": \"chatml\"}", "today"}};
  for (size_t i = 0; i < sizeof specs / sizeof *specs; i++) {
    prep_pipeline *pipeline = (prep_pipeline *)1;
    FAILS(PREP_SPEC, specs[i][1], prep_pipeline_open(specs[i][0], &pipeline, error));
    CHECK(pipeline == NULL);
  }
  prep_pipeline *pipeline = NULL;
  FAILS(PREP_TOKENIZER, "/nowhere", prep_pipeline_open("{\"tokenizer\": \"/nowhere\"}", &pipeline, error));
  FAILS(PREP_ARGUMENT, "spec", prep_pipeline_open(NULL, &pipeline, error));
  FAILS(PREP_ARGUMENT, "pipeline", prep_pipeline_open("{}", NULL, error));
  CHECK(prep_pipeline_context_length(NULL) == 0 && prep_pipeline_pad_id(NULL) == -1);
  prep_rows *rows = (prep_rows *)1;
  FAILS(PREP_ARGUMENT, "pipeline", prep_pipeline_encode(NULL, NULL, (const int64_t[]){0}, 0, 0, &rows, error));
  CHECK(rows == NULL);
}

/* --- Data sets --------------------------------------------------------------------------------------------------- */

static void dataset_reads_padded_ragged_and_by_index(const char *folder) {
  prep_dataset *dataset = NULL;
  OK(prep_dataset_open(folder, 0, &dataset, error));
  prep_dataset_info info = PREP_INIT(prep_dataset_info);
  OK(prep_dataset_describe(dataset, &info, error));
  CHECK(info.rows > 4 && info.context_length == LENGTH && info.pad_id == 50256 && info.packed == 1);
  CHECK(strlen(prep_dataset_digest(dataset)) == 32);
  int64_t *frames = ARRAY(int64_t, info.frames + 1);
  OK(prep_dataset_frames(dataset, frames, error));
  CHECK(frames[0] == 0 && frames[info.frames] == info.rows);
  free(frames);

  columns all = read_dataset(dataset, 0, info.rows);
  CHECK(sum(all.lengths, info.rows) == info.tokens);
  int64_t rows[] = {info.rows - 1, 0, 3, 3}, starts[5] = {0};
  int32_t lengths[4], samples[4];
  OK(prep_dataset_measure(dataset, rows, 0, 4, lengths, samples, error));
  for (int i = 0; i < 4; i++) starts[i + 1] = starts[i] + lengths[i];
  int64_t *ids = ARRAY(int64_t, starts[4]), *positions = ARRAY(int64_t, starts[4]);
  int32_t *parts = ARRAY(int32_t, sum(samples, 4));
  prep_arrays ragged = {
      .size = sizeof ragged, .row_starts = starts, .id_bytes = 8, .mask_bytes = 8, .input_ids = ids, .position_ids = positions,
      .sample_lengths = parts, .sample_capacity = sum(samples, 4)};
  OK(prep_dataset_read(dataset, rows, 0, 4, &ragged, error));
  for (int i = 0; i < 4; i++) {
    CHECK(lengths[i] == all.lengths[rows[i]] && samples[i] == all.sample_counts[rows[i]]);
    for (int64_t j = 0; j < lengths[i]; j++) {
      CHECK(ids[starts[i] + j] == all.ids[rows[i] * LENGTH + j]);
      CHECK(positions[starts[i] + j] == all.positions[rows[i] * LENGTH + j]);
    }
  }
  CHECK(sum(parts, sum(samples, 4)) == starts[4]);
  ragged.sample_capacity -= 1;
  FAILS(PREP_TOO_SMALL, "sample_lengths", prep_dataset_read(dataset, rows, 0, 4, &ragged, error));
  ragged.sample_capacity += 1;
  starts[2] = starts[1] - 1;
  FAILS(PREP_ARGUMENT, "ascend", prep_dataset_read(dataset, rows, 0, 4, &ragged, error));
  rows[2] = info.rows;
  FAILS(PREP_RANGE, "there is no row", prep_dataset_measure(dataset, rows, 0, 4, lengths, samples, error));
  FAILS(PREP_RANGE, "there is no row", prep_dataset_measure(dataset, NULL, -1, 1, lengths, samples, error));
  FAILS(PREP_RANGE, "there is no row", prep_dataset_measure(dataset, NULL, INT64_MAX, 1, lengths, samples, error));
  free(ids), free(positions), free(parts);

  prep_arrays arrays = all.arrays;
  arrays.id_bytes = 5;
  FAILS(PREP_ARGUMENT, "id_bytes", prep_dataset_read(dataset, NULL, 0, 1, &arrays, error));
  arrays = all.arrays, arrays.size = 0;
  FAILS(PREP_ARGUMENT, "PREP_INIT(prep_arrays)", prep_dataset_read(dataset, NULL, 0, 1, &arrays, error));
  prep_dataset_info small = {.size = 8, .rows = 7};
  FAILS(PREP_ARGUMENT, "PREP_INIT(prep_dataset_info)", prep_dataset_describe(dataset, &small, error));
  FAILS(PREP_ARGUMENT, "info", prep_dataset_describe(dataset, NULL, error));
  CHECK(small.rows == 7);
  arrays = all.arrays, arrays.mask_bytes = 2;
  FAILS(PREP_ARGUMENT, "mask_bytes", prep_dataset_read(dataset, NULL, 0, 1, &arrays, error));
  arrays = all.arrays, arrays.flags = 2;
  FAILS(PREP_ARGUMENT, "flags", prep_dataset_read(dataset, NULL, 0, 1, &arrays, error));
  arrays = all.arrays, arrays.row_stride = -1;
  FAILS(PREP_ARGUMENT, "row_stride", prep_dataset_read(dataset, NULL, 0, 1, &arrays, error));
  arrays = all.arrays, arrays.row_stride = INT64_MAX;
  arrays.input_ids = arrays.labels = arrays.attention_mask = arrays.position_ids = arrays.loss_weights = NULL;
  FAILS(PREP_ARGUMENT, "row_stride", prep_dataset_read(dataset, NULL, 0, 2, &arrays, error));
  free_columns(all);
  prep_dataset_close(dataset);
}

static void dataset_refuses_bad_arguments(void) {
  prep_dataset *dataset = (prep_dataset *)1;
  FAILS(PREP_DATA_SET, "/nowhere", prep_dataset_open("/nowhere", 0, &dataset, error));
  FAILS(PREP_DATA_SET, "/nowhere", prep_dataset_open_learning("/nowhere", "last", 0, &dataset, error));
  FAILS(PREP_SPEC, "no loss nonsense", prep_dataset_open_learning("/nowhere", "nonsense", 0, &dataset, error));
  CHECK(dataset == NULL);
  FAILS(PREP_ARGUMENT, "cache_bytes", prep_dataset_open("/nowhere", -1, &dataset, error));
  FAILS(PREP_ARGUMENT, "folder", prep_dataset_open(NULL, 0, &dataset, error));
  FAILS(PREP_ARGUMENT, "dataset", prep_dataset_open("/nowhere", 0, NULL, error));
  FAILS(PREP_ARGUMENT, "dataset", prep_dataset_frames(NULL, NULL, error));
  FAILS(PREP_ARGUMENT, "dataset", prep_dataset_measure(NULL, NULL, 0, 0, NULL, NULL, error));
  FAILS(PREP_ARGUMENT, "dataset", prep_dataset_read(NULL, NULL, 0, 0, NULL, error));
  CHECK(prep_dataset_digest(NULL) == NULL);
  prep_dataset_info info = {.rows = 7};
  FAILS(PREP_ARGUMENT, "dataset", prep_dataset_describe(NULL, &info, error));
  CHECK(info.rows == 7);
  prep_dataset_close(NULL);
}

static void messages_are_cut_to_their_room(void) {
  char *path = ARRAY(char, 4001);
  memset(path, 'x', 4000), path[4000] = 0;
  prep_error error;
  memset(&error, 'y', sizeof error);
  error.size = sizeof error;
  prep_dataset *dataset;
  CHECK(prep_dataset_open(path, 0, &dataset, &error) == PREP_DATA_SET);
  CHECK(memchr(error.message, 0, sizeof error.message) != NULL);
  CHECK(strlen(error.file) == sizeof error.file - 1 && error.line == 0 && error.offset == -1);
  /* A struct of another version is left alone. */
  memset(&error, 'y', sizeof error);
  error.size = sizeof error - 1;
  CHECK(prep_dataset_open(path, 0, &dataset, &error) == PREP_DATA_SET && error.message[0] == 'y');
  free(path);
}

/* --- Threads ----------------------------------------------------------------------------------------------------- */

typedef struct shared {
  const prep_tokenizer *tokenizer;
  const prep_pipeline *pipeline;
  const prep_dataset *dataset;
  const prep_encoding *encoding;
  batch records;
  columns expected;
} shared;

/* What one thread does with handles that others use at the same time. */
static void *work(void *argument) {
  const shared *all = argument;
  for (int pass = 0; pass < 3; pass++) {
    columns rows = encode(all->pipeline, all->records, 1 + pass % 2);
    CHECK(equal(rows, all->expected));
    free_columns(rows);
    rows = read_dataset(all->dataset, 0, all->expected.rows);
    CHECK(equal(rows, all->expected));
    free_columns(rows);

    prep_encoding *encoding = NULL;
    OK(prep_tokenizer_encode(
        all->tokenizer, all->records.bytes, all->records.offsets, all->records.count, 0, 2, &encoding, error));
    int64_t count = prep_encoding_id_count(encoding);
    CHECK(count == prep_encoding_id_count(all->encoding));
    int32_t *ids = ARRAY(int32_t, count), *same = ARRAY(int32_t, count);
    int64_t *starts = ARRAY(int64_t, all->records.count + 1), *ends = ARRAY(int64_t, all->records.count + 1);
    OK(prep_encoding_read(encoding, ids, 4, starts, NULL, error));
    OK(prep_encoding_read(all->encoding, same, 4, NULL, NULL, error));
    CHECK(memcmp(ids, same, (size_t)count * 4) == 0);
    prep_encoding_close(encoding);
    int64_t size = all->records.offsets[all->records.count];
    uint8_t *text = ARRAY(uint8_t, size);
    OK(prep_tokenizer_decode(all->tokenizer, ids, 4, starts, all->records.count, 0, text, size, ends, error));
    CHECK(memcmp(text, all->records.bytes, (size_t)size) == 0);
    free(ids), free(same), free(starts), free(ends), free(text);
    FAILS(PREP_RANGE, "no row", prep_dataset_measure(all->dataset, NULL, 1 << 30, 1, NULL, NULL, error));
  }
  return NULL;
}

static void handles_are_shared_by_threads(const char *file, const char *folder) {
  prep_tokenizer *tokenizer = NULL;
  prep_pipeline *pipeline = NULL;
  prep_dataset *dataset = NULL;
  prep_encoding *encoding = NULL;
  OK(prep_tokenizer_open("gpt2", NULL, &tokenizer, error));
  OK(prep_pipeline_open(SPEC, &pipeline, error));
  /* One byte of cache: frames come and go under the threads. */
  OK(prep_dataset_open(folder, 1, &dataset, error));
  batch records = batch_of_lines(file);
  OK(prep_tokenizer_encode(tokenizer, records.bytes, records.offsets, records.count, 0, 0, &encoding, error));
  shared all = {tokenizer, pipeline, dataset, encoding, records, read_dataset(dataset, 0, records.count)};
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, work, &all) == 0);
  for (int i = 0; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  free_columns(all.expected);
  batch_free(records);
  prep_encoding_close(encoding);
  prep_dataset_close(dataset);
  prep_pipeline_close(pipeline);
  prep_tokenizer_close(tokenizer);
}

int main(int count, char **arguments) {
  CHECK(count == 4);
  CHECK(prep_abi_version() == PREP_ABI_VERSION);
  CHECK(strspn(prep_version(), "0123456789.") >= 5);
  tokenizer_encodes_and_decodes();
  tokenizer_refuses_bad_arguments();
  pipeline_gives_the_rows_of_the_shards(arguments[1], arguments[2]);
  pipeline_keeps_rejects();
  pipeline_refuses_bad_specs();
  dataset_reads_padded_ragged_and_by_index(arguments[3]);
  dataset_refuses_bad_arguments();
  messages_are_cut_to_their_room();
  handles_are_shared_by_threads(arguments[1], arguments[2]);
  puts("9 passed, 0 failed");
  return 0;
}
