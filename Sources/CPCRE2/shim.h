#pragma once
// PCRE2 needs the code unit width before its header; UTF-8 bytes are the only one used.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
