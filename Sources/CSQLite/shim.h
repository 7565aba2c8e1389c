#pragma once
#if !__has_include(<sqlite3.h>)
#error "SQLite is not installed: apt install libsqlite3-dev (Debian, Ubuntu), brew install sqlite (macOS), or make setup"
#endif
#include <sqlite3.h>
