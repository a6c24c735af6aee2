// What an ADD source is: a file of the context, a URL, a git repository.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "dockerfile/source_url.h"

namespace ixian::stages {

struct ContextPath {
  std::string path;
  friend bool operator==(const ContextPath&, const ContextPath&) = default;
};

// http:// or https://.
struct UrlSource {
  std::string url;        // without user information
  std::string file_name;  // its last path component, decoded; "__unnamed__" where there is none
  dockerfile::Login login{};
  friend bool operator==(const UrlSource&, const UrlSource&) = default;
};

// https://host/repo.git[?query][#ref[:folder]], git://…, ssh://…, git@host:repo. The query may have ref, tag,
// branch, subdir, checksum or commit, keep-git-dir, submodules, mtime, fetch-by-commit.
struct GitSource {
  std::string remote;    // without query, fragment and user information, but for the user of ssh
  std::string ref;       // "" is the default branch
  std::string subdir;    // clean, without a leading slash; "" is all
  std::string checksum;  // a commit, or how one begins
  std::optional<bool> keep_git_dir;
  std::optional<bool> submodules;
  bool commit_times = false;  // mtime=commit
  bool fetch_by_commit = false;
  dockerfile::Login login{};
  friend bool operator==(const GitSource&, const GitSource&) = default;
};

using AddSource = std::variant<ContextPath, UrlSource, GitSource>;

// Throws std::invalid_argument with a sentence: a query that git sources do not have, a scheme that is none
// of the above.
AddSource classify_source(std::string_view source);

}  // namespace ixian::stages
