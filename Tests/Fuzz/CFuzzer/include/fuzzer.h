// libFuzzer's own changes of an input: of the runtime that `-sanitize=fuzzer` links.
#ifndef PREP_FUZZER_H
#define PREP_FUZZER_H
#include <stddef.h>
#include <stdint.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

#endif
