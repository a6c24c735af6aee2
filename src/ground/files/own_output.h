// The files that this program's own standard output and error output lead to.
#pragma once

struct stat;

namespace ixian::files {

// Called when the program starts: the descriptors may lead elsewhere later.
void remember_own_output();

// A regular file that the program writes its own output to. It grows while it is read.
bool is_own_output(const struct stat& status);

}  // namespace ixian::files
