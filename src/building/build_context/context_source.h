// What a build context is named by.
#pragma once

#include <optional>
#include <string>

#include "stages/remote_source.h"

namespace ixian::build_context {

struct ContextSource {
  enum class Kind {
    kDirectory,
    kArchive,        // a file of this machine, which is to be a tar archive
    kStandardInput,  // an archive, or a Dockerfile without a context
    kUrl,            // the same, by http or https
    kGit,
  };
  Kind kind = Kind::kDirectory;
  std::string path;                            // absolute; of kDirectory and kArchive
  std::optional<stages::RemoteSource> remote;  // of kUrl and kGit
  std::string url;                             // the same as text, in the spelling of ADD
  std::string shown;                           // as messages call it: without a login

  bool is_remote() const { return kind == Kind::kUrl || kind == Kind::kGit; }
};

// In Docker's order: "-"; what is there on this machine; a URL or a git repository in any spelling of buildx
// (https://host/repo.git?query#ref:directory, git://, ssh://, user@host:path, github.com/user/repo). `what`
// is how messages call the value: "build context". Relative paths are looked for from `here`, absolute.
// Throws Error{kUsage} for anything else.
ContextSource parse_context_source(const std::string& text, const std::string& what, const std::string& here);

// "http://…" or "https://…".
bool is_http_url(const std::string& text);

}  // namespace ixian::build_context
