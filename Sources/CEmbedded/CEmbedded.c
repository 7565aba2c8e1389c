#include "CEmbedded.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

const uint8_t prep_gpt2_ranks[] = {
#embed "gpt2.tiktoken"
};
const size_t prep_gpt2_ranks_count = sizeof(prep_gpt2_ranks);

const uint8_t prep_version_file[] = {
#embed "../../VERSION"
};
const size_t prep_version_file_count = sizeof(prep_version_file);
