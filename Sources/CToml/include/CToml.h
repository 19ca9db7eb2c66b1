#pragma once
// A C face for toml++: the document as a flat list of nodes, each with its place in the text.
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ctoml_document ctoml_document;

enum ctoml_kind {
    CTOML_TABLE = 0,
    CTOML_ARRAY = 1,
    CTOML_STRING = 2,
    CTOML_INTEGER = 3,
    CTOML_FLOAT = 4,
    CTOML_BOOLEAN = 5,
    CTOML_OTHER = 6,
};

typedef struct {
    const char *path;   // components joined by U+001F; array elements are their index
    int kind;           // enum ctoml_kind
    const char *text;   // strings: the value; otherwise ""
    int64_t integer;    // integers and booleans (0, 1)
    double number;      // floats and integers
    uint32_t line;      // of the key (or of the value inside an array), from 1
    uint32_t column;    // from 1
} ctoml_node;

// Never null. A document with an error has no nodes.
ctoml_document *ctoml_parse(const char *text, size_t length);
void ctoml_free(ctoml_document *document);

// Null when the text is well formed; otherwise a sentence, with its place.
const char *ctoml_error(const ctoml_document *document, uint32_t *line, uint32_t *column);
size_t ctoml_count(const ctoml_document *document);
ctoml_node ctoml_at(const ctoml_document *document, size_t index);

#ifdef __cplusplus
}
#endif
