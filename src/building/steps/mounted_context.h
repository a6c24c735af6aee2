// What RUN --mount=type=bind shows of the build context.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "context/file_view.h"
#include "context/selection.h"
#include "files/stat_cache.h"

namespace ixian::steps {

// Looked at once for each source, however many mounts show it. What was seen then is what the keys hold, what
// copies are made of, and what the files must still be when a command has run over them. Thread-safe.
class MountedContext {
 public:
  // `context` null: there is none. The others outlive this.
  MountedContext(std::shared_ptr<const context::FileView> context, files::StatCache& known_files,
                 base::Cancellation& cancellation)
      : context_(std::move(context)), known_files_(known_files), cancellation_(cancellation) {}

  // The digest of the files that `source` shows. Throws Error{kUsage} without a context, Error{kTaskFailed}
  // where it is not in there.
  std::string digest(const std::string& source);

  // Where `source` leads: links in it have been followed. "" is the context itself.
  std::string path(const std::string& source);

  // Makes the files anew as `target`, which is not there yet, exactly as they were seen. Throws
  // Error{kTaskFailed} for one that is another by now.
  void copy(const std::string& source, const std::string& target);

  // Throws Error{kTaskFailed} with the name of a file that is not what was seen any more.
  void check(const std::string& source);

 private:
  struct Shown {
    std::vector<context::SelectedSource> files;  // one
    std::string digest;
  };

  const Shown& shown(const std::string& source);
  Shown look(const std::string& source) const;
  void copy_file(const context::SelectedFile& file, const std::string& target) const;

  const std::shared_ptr<const context::FileView> context_;
  files::StatCache& known_files_;
  base::Cancellation& cancellation_;
  // Guards `shown_`, and is held while files are hashed: two RUNs that show one source hash it once.
  std::mutex mutex_;
  std::map<std::string, Shown> shown_;
};

}  // namespace ixian::steps
