#pragma once
#if !__has_include(<zstd.h>)
#error "Zstandard is not installed: apt install libzstd-dev (Debian, Ubuntu), brew install zstd (macOS), or make setup"
#endif
#include <zstd.h>
