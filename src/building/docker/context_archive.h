// A build context as the tar archive that a daemon is sent, made while it is sent.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "context/file_view.h"
#include "http/message.h"
#include "tar/format.h"

namespace ixian::docker {

// Everything in the view, in order of its paths, all of it root's. Files are opened when their turn comes;
// one that has another size by then is Error{kTaskFailed}. A value that shares what it was made of.
class ContextArchive {
 public:
  // `view` may be null: an empty context. Walks it.
  ContextArchive(std::shared_ptr<const context::FileView> view, base::Cancellation& cancellation);

  // A file that is not in the view, or takes the place of one that is.
  void add_text(const std::string& path, std::string text);

  bool contains(const std::string& path) const;

  // All bytes of it; may be opened several times. `cancellation` outlives it.
  http::RequestBody body() const;

 private:
  struct Item {
    std::string path;  // in the view
    tar::TarEntry entry;
    std::shared_ptr<const std::string> text;  // null: the view's file
  };
  class Source;

  void walk(const std::string& folder);

  std::shared_ptr<const context::FileView> view_;
  base::Cancellation& cancellation_;
  std::vector<Item> items_;
  std::map<std::string, std::string> links_;  // hard_link_group → the first name
};

}  // namespace ixian::docker
