// What the sources of a COPY or ADD are: the files that are taken, and one digest over all of them.
#pragma once

#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/json.h"
#include "context/file_view.h"
#include "files/stat_cache.h"
#include "pattern/ignore_rules.h"

namespace ixian::context {

struct SelectionOptions {
  bool parents = false;  // --parents: each source keeps its path, from "/./" on where it has that
  // --exclude: of paths below a source; with `parents`, of the paths that are kept.
  pattern::IgnoreRules excludes;
  std::string where = "the build context";  // for messages
};

struct SelectedFile {
  std::string path;      // in the view
  std::string relative;  // below its source; "" is the source itself
  tar::TarEntry entry;
  std::string content;  // of a regular file, the SHA-256 that digest_of() found; "" before
};

// One thing that a source names; a wildcard may name several.
struct SelectedSource {
  std::string name;    // its own name, which it gets in a destination folder; "" is the tree's root
  std::string prefix;  // --parents: the folders that it keeps, "" is none
  std::vector<tar::TarEntry> prefix_folders;  // the metadata of these, outermost first
  bool is_folder = false;
  std::vector<std::string> links;   // in the view, that had to be followed to get to the source
  std::vector<SelectedFile> files;  // folders before what is in them; the source itself first
};

// The rules of --exclude. Throws Error{kTaskFailed} for a malformed pattern.
pattern::IgnoreRules exclude_rules(const std::vector<std::string>& patterns);

// Sources are paths in the view, with or without a leading slash, and with wildcards, in the language that
// WildcardLanguage tells; before the "/./" of --parents it is that of other sources. A link that is named
// itself is followed, one that lies in a folder is taken as it is. A wildcard that nothing matches selects
// nothing. Throws Error{kTaskFailed} for a source that is not there.
std::vector<SelectedSource> select(const FileView& view, const std::vector<std::string>& sources,
                                   const SelectionOptions& options);

// Which of the files' properties decide whether two selections are the same. Never a time.
struct DigestOptions {
  bool owners = false;   // of files from an image, unless --chown gives them others
  unsigned threads = 1;  // that read
  // What files held whose status has not changed; null: all are read.
  files::StatCache* known = nullptr;
};

// SHA-256 over what select() gave, contents included, in hexadecimal. Notes the digest of each content, so
// that whoever copies it later can tell that it is still the same.
std::string digest_of(const FileView& view, std::vector<SelectedSource>& sources,
                      const DigestOptions& options, base::Cancellation& cancellation);

}  // namespace ixian::context
