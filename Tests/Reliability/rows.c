// Reads the rows of data sets through the C interface: a folder a line of standard input, an answer a line of standard output.
// The answer: how many rows there are and the digest, then for each row a hash of all of its arrays, or - where it cannot be
// read; or - and the reason alone where the data set cannot be opened.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "prep.h"

static uint64_t hash(uint64_t state, const void *bytes, size_t size) {
  for (size_t index = 0; index < size; index++) state = (state ^ ((const uint8_t *)bytes)[index]) * 0x100000001b3u;
  return state;
}

static void answer(const char *folder) {
  prep_error error = {.size = sizeof error};
  prep_dataset *dataset = NULL;
  if (prep_dataset_open(folder, 0, &dataset, &error)) {
    printf("- %.60s\n", error.message);
    return;
  }
  prep_dataset_info info = {.size = sizeof info};
  if (prep_dataset_describe(dataset, &info, &error)) {
    printf("- %.60s\n", error.message);
    prep_dataset_close(dataset);
    return;
  }
  printf("%" PRId64 " %s", info.rows, prep_dataset_digest(dataset));
  size_t length = (size_t)info.context_length;
  int32_t *ids = calloc(length, 4), *labels = calloc(length, 4), *mask = calloc(length, 4), *positions = calloc(length, 4);
  float *weights = calloc(length, 4);
  int32_t lengths[1] = {0}, samples[1] = {0};
  prep_arrays arrays = {
      .size = sizeof arrays, .row_stride = info.context_length, .id_bytes = 4, .mask_bytes = 4, .input_ids = ids, .labels = labels,
      .attention_mask = mask, .position_ids = positions, .loss_weights = weights, .row_lengths = lengths, .sample_counts = samples};
  for (int64_t row = 0; row < info.rows; row++) {
    if (prep_dataset_read(dataset, NULL, row, 1, &arrays, &error)) {
      printf(" -");
      continue;
    }
    uint64_t state = hash(0xcbf29ce484222325u, ids, length * 4);
    state = hash(state, labels, length * 4);
    state = hash(state, mask, length * 4);
    state = hash(state, positions, length * 4);
    state = hash(state, weights, length * 4);
    state = hash(hash(state, lengths, sizeof lengths), samples, sizeof samples);
    printf(" %016" PRIx64, state);
  }
  printf("\n");
  free(ids), free(labels), free(mask), free(positions), free(weights);
  prep_dataset_close(dataset);
}

int main(void) {
  char folder[4096];
  while (fgets(folder, sizeof folder, stdin)) {
    folder[strcspn(folder, "\n")] = 0;
    answer(folder);
    fflush(stdout);
  }
  return 0;
}
