// What an ADD takes from elsewhere: one URL or one repository, with everything that decides what comes of it.
#pragma once

#include <optional>
#include <string>

#include "stages/add_source.h"

namespace ixian::stages {

// Exactly one of `url` and `git` is there.
struct RemoteSource {
  std::optional<UrlSource> url;
  std::optional<GitSource> git;
  std::string checksum;       // of the url "sha256:<64 hex digits>"; of git how its commit (or tag) begins
  bool keep_git_dir = false;  // of git
  bool submodules = true;     // of git

  std::string shown() const;  // as messages call it: without a login
  friend bool operator==(const RemoteSource&, const RemoteSource&) = default;
};

// The source with the instruction's --checksum ("" is none) and --keep-git-dir; nullopt where it is a file of
// the context. Throws std::invalid_argument with a sentence: what cannot be a checksum, flags and queries
// that disagree, a source that classify_source() refuses.
std::optional<RemoteSource> remote_source(const std::string& source, const std::string& checksum,
                                          std::optional<bool> keep_git_dir);

// 40 or 64 hexadecimal digits in lower case: SHA-1 or SHA-256.
bool is_commit(std::string_view text);

}  // namespace ixian::stages
