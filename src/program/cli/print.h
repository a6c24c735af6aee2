// Results, as opposed to progress: what a command was asked for goes to standard output. All of the program
// that writes there does it by these; progress and errors go through the views of ui/.
#pragma once

#include <string_view>

#include "base/json.h"
#include "ui/style.h"

namespace ixian::cli {

// Text for people, in output_style() or without colours. Whatever it quotes of images, registries and files
// cannot steer a terminal: controls come out as \x1b or \u009b. All of it, or as much as the reader takes: a
// closed pipe is not an error.
void print(std::string_view text);

// A document for programs, indented.
void print_json(const base::Json& document);

// Bytes for programs, such as a manifest: as they are to a file or a pipe, and as print() has them to a
// terminal.
void print_bytes(std::string_view bytes);

// The only one whose colours print() lets through.
const ui::Style& output_style();

}  // namespace ixian::cli
