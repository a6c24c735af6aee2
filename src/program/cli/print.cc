// Standard output is for results. What comes from elsewhere may hold sequences that a terminal obeys, so text
// is made harmless always, and bytes only for a terminal: into a file or pipe they go as they are.
#include "cli/print.h"

#include <unistd.h>

#include "ui/printable.h"
#include "ui/terminal.h"
#include "ui/terminal_turn.h"

namespace ixian::cli {

void print(std::string_view text) {
  const ui::TerminalTurn turn(STDOUT_FILENO);
  ui::write_all(STDOUT_FILENO, ui::printable_text(text, output_style()));
}

void print_json(const base::Json& document) {
  const ui::TerminalTurn turn(STDOUT_FILENO);
  ui::write_all(
      STDOUT_FILENO,
      ui::printable_json(document.dump(2, ' ', false, base::Json::error_handler_t::replace)) + "\n");
}

void print_bytes(std::string_view bytes) {
  if (ui::is_terminal(STDOUT_FILENO)) return print(bytes);
  ui::write_all(STDOUT_FILENO, bytes);
}

const ui::Style& output_style() {
  static const ui::Style style = ui::Style::for_fd(STDOUT_FILENO).sealed();
  return style;
}

}  // namespace ixian::cli
