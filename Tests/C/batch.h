/* Texts laid out as prep.h takes them. */
#ifndef BATCH_H
#define BATCH_H

#include <stdint.h>
#include <string.h>

#include "check.h"

typedef struct batch {
  uint8_t *bytes;
  int64_t *offsets;
  int64_t count;
} batch;

/* The texts of an array that ends with NULL. */
static inline batch batch_of(const char *const *texts) {
  batch made = {0};
  int64_t size = 0;
  for (; texts[made.count]; made.count++) size += (int64_t)strlen(texts[made.count]);
  made.bytes = ARRAY(uint8_t, size);
  made.offsets = ARRAY(int64_t, made.count + 1);
  made.offsets[0] = 0;
  for (int64_t i = 0; i < made.count; i++) {
    int64_t length = (int64_t)strlen(texts[i]);
    memcpy(made.bytes + made.offsets[i], texts[i], (size_t)length);
    made.offsets[i + 1] = made.offsets[i] + length;
  }
  return made;
}

/* The lines of a file. */
static inline batch batch_of_lines(const char *path) {
  FILE *file = fopen(path, "rb");
  CHECK(file != NULL);
  CHECK(fseek(file, 0, SEEK_END) == 0);
  long size = ftell(file);
  rewind(file);
  batch made = {.bytes = ARRAY(uint8_t, size), .offsets = ARRAY(int64_t, size + 1)};
  CHECK(fread(made.bytes, 1, (size_t)size, file) == (size_t)size);
  fclose(file);
  made.offsets[0] = 0;
  for (long i = 0; i < size; i++) {
    if (made.bytes[i] == '\n') made.offsets[++made.count] = i + 1;
  }
  return made;
}

static inline void batch_free(batch made) {
  free(made.bytes);
  free(made.offsets);
}

#endif
