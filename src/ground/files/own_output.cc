// The file that our own output goes to grows while we read: `ix … > log` in the project. Whoever walks files
// passes over it, told by device and inode, not by its name.
#include "files/own_output.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>

namespace ixian::files {
namespace {

struct Output {
  bool is_file = false;
  dev_t device = 0;
  ino_t inode = 0;
};

std::array<Output, 2> outputs;

}  // namespace

void remember_own_output() {
  for (int i = 0; i < 2; ++i) {
    struct stat status;
    const bool is_file = ::fstat(STDOUT_FILENO + i, &status) == 0 && S_ISREG(status.st_mode);
    outputs[static_cast<std::size_t>(i)] = is_file ? Output{true, status.st_dev, status.st_ino} : Output{};
  }
}

bool is_own_output(const struct stat& status) {
  for (const Output& output : outputs) {
    if (output.is_file && output.device == status.st_dev && output.inode == status.st_ino) return true;
  }
  return false;
}

}  // namespace ixian::files
