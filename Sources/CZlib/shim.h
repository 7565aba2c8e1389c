#pragma once
#if !__has_include(<zlib.h>)
#error "zlib is not installed: apt install zlib1g-dev (Debian, Ubuntu), brew install zlib (macOS), or make setup"
#endif
#include <zlib.h>
