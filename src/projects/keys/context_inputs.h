// The files of a build context that a Dockerfile reads, as facts for a key.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "keys/dockerfile_inputs.h"

namespace ixian::keys {

// SHA-256 in hex of an open regular file, which messages call `name`. Called by several threads.
using ContentDigest = std::function<std::string(int fd, const std::string& name)>;

struct ContextInputs {
  // Path in the context as base::printable_path() shows it → "<git mode> <hex of content>". A link's content
  // is its target. A folder has an entry, "lib/": "040000", only where nothing of what is in it is read.
  // Links that lead to a source are there, too.
  std::map<std::string, std::string> files;
  std::map<std::string, std::string> named;  // the same of named contexts, as "NAME=PATH"
  std::uint64_t bytes = 0;
  bool has_git = false;  // .git at the root is among them
};

struct ContextOptions {
  std::vector<std::string> excluded;  // patterns of .dockerignore that have the last word
  ContentDigest digest;               // null: every file is read
  unsigned threads = 1;
};

// Throws Error{kUsage} where there is no such folder, Error{kTaskFailed} at the instruction whose source is
// not there.
ContextInputs context_inputs(const task::StageDeclaration& declared, const DockerfileInputs& inputs,
                             const ContextOptions& options, base::Cancellation& cancellation);

}  // namespace ixian::keys
