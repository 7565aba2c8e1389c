/* A test in C says what must hold; the first thing that does not ends it. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                        \
  do {                                                                          \
    if (!(condition)) {                                                         \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);   \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

/* A call that must succeed; otherwise its message is shown. */
#define OK(call)                                                                \
  do {                                                                          \
    prep_error error_ = PREP_INIT(prep_error);                                  \
    prep_error *error = &error_;                                                \
    if ((call) != PREP_OK) {                                                    \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, error->message);       \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

/* A call that must fail with this status and say something of it. */
#define FAILS(wanted, part, call)                                               \
  do {                                                                          \
    prep_error error_ = PREP_INIT(prep_error);                                  \
    prep_error *error = &error_;                                                \
    CHECK((call) == (wanted));                                                  \
    CHECK(error->status == (wanted));                                           \
    if (strstr(error->message, part) == NULL) {                                 \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, error->message);       \
      exit(1);                                                                  \
    }                                                                           \
  } while (0)

/* Exactly the elements asked for, so that a sanitizer sees one written behind them. */
#define ARRAY(type, count) ((type *)make((size_t)(count) * sizeof(type)))

static inline void *make(size_t size) {
  void *memory = malloc(size ? size : 1);
  CHECK(memory != NULL);
  return memory;
}

#endif
