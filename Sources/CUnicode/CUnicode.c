#include "CUnicode.h"

#include <string.h>

#include "tables/Classes.h"
#include "tables/Folds.h"
#include "tables/Lowercase.h"
#include "tables/Normalization.h"
#include "tables/Properties.h"
#include "tables/Scripts.h"

int32_t prep_property_number(const char *name) {
  int32_t low = 0, high = (int32_t)prep_property_count;
  while (low < high) {
    int32_t middle = (low + high) / 2;
    int order = strcmp(prep_property_names[middle], name);
    if (order == 0) return prep_property_sets[middle];
    if (order < 0) low = middle + 1; else high = middle;
  }
  return -1;
}

uint32_t prep_property_span_count(int32_t number) {
  return (prep_property_starts[number + 1] - prep_property_starts[number]) / 2;
}

uint32_t prep_property_bound(int32_t number, uint32_t index) {
  return prep_property_spans[prep_property_starts[number] + index];
}

uint32_t prep_fold_value(uint32_t index) { return prep_folds[index]; }

uint32_t prep_several_folds_value(uint32_t index) { return prep_several_folds[index]; }

typedef struct {
  const uint32_t *keys;
  const uint16_t *starts;
  const uint32_t *values;
  uint32_t count;
} Mapping;

static const Mapping mappings[3] = {
    {prep_canonical_keys, prep_canonical_starts, prep_canonical_values,
     sizeof(prep_canonical_keys) / sizeof(uint32_t)},
    {prep_compatible_keys, prep_compatible_starts, prep_compatible_values,
     sizeof(prep_compatible_keys) / sizeof(uint32_t)},
    {prep_lowercase_keys, prep_lowercase_starts, prep_lowercase_values,
     sizeof(prep_lowercase_keys) / sizeof(uint32_t)},
};

uint32_t prep_mapping(uint32_t table, uint32_t scalar) {
  const Mapping *m = &mappings[table];
  uint32_t low = 0, high = m->count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (m->keys[middle] < scalar) low = middle + 1; else high = middle;
  }
  if (low == m->count || m->keys[low] != scalar) return 0;
  return (uint32_t)m->starts[low] << 8 | (uint32_t)(m->starts[low + 1] - m->starts[low]);
}

uint32_t prep_mapping_value(uint32_t table, uint32_t index) { return mappings[table].values[index]; }

uint32_t prep_composition(uint32_t first, uint32_t second) {
  uint32_t low = 0, high = prep_pair_count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    const uint32_t *pair = prep_pairs + middle * 3;
    if (pair[0] == first && pair[1] == second) return pair[2];
    if (pair[0] < first || (pair[0] == first && pair[1] < second)) low = middle + 1; else high = middle;
  }
  return 0;
}
