// Results and views may share one terminal: whoever writes results has it to itself meanwhile.
#pragma once

#include <mutex>
#include <vector>

namespace ixian::ui {

class TtyView;

// While it lives, no TtyView draws, and nothing of what runs is on the screen; lines that waited have been
// printed. Does nothing where `fd`, which is written to, is no terminal. Short-lived: who prints lines waits.
class TerminalTurn {
 public:
  explicit TerminalTurn(int fd);
  ~TerminalTurn();
  TerminalTurn(const TerminalTurn&) = delete;
  TerminalTurn& operator=(const TerminalTurn&) = delete;

  // For a program that ends at once: nothing of what runs stays on the screen, and nothing is drawn any more.
  // Waits for no lock: a view that is just drawing is left as it is.
  static void leave_all();

  // Called by each view when it begins and ends.
  static void enter(TtyView& view);
  static void leave(TtyView& view);

 private:
  std::unique_lock<std::mutex> lock_;  // of the list of views
};

}  // namespace ixian::ui
