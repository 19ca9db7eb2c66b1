// Handles are opaque, as the header offers them to programs that link the shared library.
#define HPDF_SHARED
#include <hpdf.h>
