#define TOML_EXCEPTIONS 0
#include "CToml.h"

#include <string>
#include <toml++/toml.h>
#include <vector>

struct Node {
    std::string path;
    int kind = CTOML_OTHER;
    std::string text;
    int64_t integer = 0;
    double number = 0;
    uint32_t line = 0, column = 0;
};

struct ctoml_document {
    std::vector<Node> nodes;
    bool failed = false;
    std::string error;
    uint32_t line = 0, column = 0;
};

static void walk(const toml::node &node, const std::string &path, toml::source_position at, std::vector<Node> &out) {
    Node flat;
    flat.path = path;
    flat.line = at.line;
    flat.column = at.column;
    if (const auto *table = node.as_table()) {
        flat.kind = CTOML_TABLE;
        if (!path.empty()) out.push_back(flat);
        for (const auto &[key, value] : *table) {
            std::string child = path.empty() ? std::string(key.str()) : path + '\x1f' + std::string(key.str());
            walk(value, child, key.source().begin, out);
        }
        return;
    }
    if (const auto *array = node.as_array()) {
        flat.kind = CTOML_ARRAY;
        out.push_back(flat);
        size_t index = 0;
        for (const auto &value : *array) {
            walk(value, path + '\x1f' + std::to_string(index), value.source().begin, out);
            index += 1;
        }
        return;
    }
    if (const auto *string = node.as_string()) {
        flat.kind = CTOML_STRING;
        flat.text = string->get();
    } else if (const auto *integer = node.as_integer()) {
        flat.kind = CTOML_INTEGER;
        flat.integer = integer->get();
        flat.number = static_cast<double>(integer->get());
    } else if (const auto *number = node.as_floating_point()) {
        flat.kind = CTOML_FLOAT;
        flat.number = number->get();
    } else if (const auto *boolean = node.as_boolean()) {
        flat.kind = CTOML_BOOLEAN;
        flat.integer = boolean->get() ? 1 : 0;
    }
    out.push_back(flat);
}

extern "C" ctoml_document *ctoml_parse(const char *text, size_t length) {
    auto *document = new ctoml_document;
    toml::parse_result result = toml::parse(std::string_view(text, length));
    if (!result) {
        document->failed = true;
        document->error = std::string(result.error().description());
        document->line = result.error().source().begin.line;
        document->column = result.error().source().begin.column;
        return document;
    }
    walk(result.table(), "", {1, 1}, document->nodes);
    return document;
}

extern "C" void ctoml_free(ctoml_document *document) { delete document; }

extern "C" const char *ctoml_error(const ctoml_document *document, uint32_t *line, uint32_t *column) {
    if (!document->failed) return nullptr;
    *line = document->line;
    *column = document->column;
    return document->error.c_str();
}

extern "C" size_t ctoml_count(const ctoml_document *document) { return document->nodes.size(); }

extern "C" ctoml_node ctoml_at(const ctoml_document *document, size_t index) {
    const Node &node = document->nodes[index];
    return {node.path.c_str(), node.kind, node.text.c_str(), node.integer, node.number, node.line, node.column};
}
