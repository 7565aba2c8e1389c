#pragma once
#if !__has_include(<pcre2.h>)
#error "PCRE2 is not installed: apt install libpcre2-dev (Debian, Ubuntu), brew install pcre2 (macOS), or make setup"
#endif
// PCRE2 needs the code unit width before its header; UTF-8 bytes are the only one used.
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
