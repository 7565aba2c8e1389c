/* Compiles the header as C. The functions are in Sources/PrepABI. */
#include "prep.h"
