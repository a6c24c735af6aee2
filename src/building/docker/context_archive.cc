// The daemon takes the context as a tar in the body of a POST, whose length is said first. So the tree is
// walked and all headers are sized before the first byte goes out; contents are read as they are sent, and a
// file that has another length by then ends the build. Nothing is written to a temporary file.
#include "docker/context_archive.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.h"
#include "base/text.h"
#include "context/changed.h"
#include "files/fs.h"
#include "tar/writer.h"

namespace ixian::docker {

using base::Error;
using base::ErrorCode;

ContextArchive::ContextArchive(std::shared_ptr<const context::FileView> view,
                               base::Cancellation& cancellation)
    : view_(std::move(view)), cancellation_(cancellation) {
  if (view_) walk("");
}

void ContextArchive::walk(const std::string& folder) {
  cancellation_.throw_if_requested();
  for (const std::string& name : view_->children(folder)) {
    const std::string path = context::join_path(folder, name);
    auto entry = view_->find(path);
    if (!entry) continue;
    entry->name = path;
    // Of whoever sends it, nothing is to get into the image.
    entry->uid = entry->gid = 0;
    // Whole seconds need no PAX header.
    entry->mtime_ns = 0;
    const bool is_folder = entry->type == tar::TarType::kFolder;
    if (entry->type == tar::TarType::kFile) {
      entry->xattrs = view_->xattrs(path);
      if (const std::string group = view_->hard_link_group(path); !group.empty()) {
        const auto [first, fresh] = links_.try_emplace(group, path);
        if (!fresh) {
          entry->type = tar::TarType::kHardLink;
          entry->link = first->second;
          entry->size = 0;
          entry->xattrs.clear();
        }
      }
    }
    items_.push_back({path, std::move(*entry), nullptr});
    if (is_folder) walk(path);
  }
}

void ContextArchive::add_text(const std::string& path, std::string text) {
  std::erase_if(items_, [&](const Item& item) { return item.path == path; });
  Item item{path, {}, std::make_shared<const std::string>(std::move(text))};
  item.entry.name = path;
  item.entry.size = item.text->size();
  items_.push_back(std::move(item));
}

bool ContextArchive::contains(const std::string& path) const {
  return std::any_of(items_.begin(), items_.end(), [&](const Item& item) { return item.path == path; });
}

class ContextArchive::Source : public base::ByteSource {
 public:
  explicit Source(ContextArchive archive) : archive_(std::move(archive)) {}

  std::size_t read(char* buffer, std::size_t size) override {
    archive_.cancellation_.throw_if_requested();
    while (true) {
      if (!pending_.empty()) {
        const std::size_t count = pending_.copy(buffer, size);
        pending_.remove_prefix(count);
        return count;
      }
      if (fd_.valid()) {
        if (const std::size_t count = read_file(buffer, size)) return count;
        continue;
      }
      if (next_ == archive_.items_.size()) {
        if (ended_) return 0;
        ended_ = true;
        give(tar::tar_end());
        continue;
      }
      begin(archive_.items_[next_++]);
    }
  }

 private:
  void give(std::string text) {
    text_ = std::move(text);
    pending_ = text_;
  }

  void begin(const Item& item) {
    std::string text = tar::tar_header(item.entry);
    if (item.text) {
      text += *item.text + std::string(tar::tar_padding(item.text->size()), '\0');
    } else if (item.entry.type == tar::TarType::kFile) {
      fd_ = archive_.view_->open(item.path);
      left_ = item.entry.size;
      path_ = item.path;
    }
    give(std::move(text));
  }

  // 0: the file is at its end, and what follows it is pending.
  std::size_t read_file(char* buffer, std::size_t size) {
    char further = 0;
    const std::size_t wanted = std::min<std::uint64_t>(size, left_);
    ssize_t count = 0;
    do {
      count = ::read(fd_.get(), wanted > 0 ? buffer : &further, std::max<std::size_t>(wanted, 1));
    } while (count < 0 && errno == EINTR);
    if (count < 0) {
      throw Error(ErrorCode::kTaskFailed,
                  fmt::format("cannot read {}: {}", base::printable_path(path_), base::errno_text(errno)));
    }
    // One byte is asked for behind the end: a file that has grown is another one, too.
    if ((count == 0) != (left_ == 0)) context::fail_changed(path_);
    left_ -= static_cast<std::uint64_t>(count);
    if (count > 0) return static_cast<std::size_t>(count);
    fd_ = files::UniqueFd();
    give(std::string(tar::tar_padding(archive_.items_[next_ - 1].entry.size), '\0'));
    return 0;
  }

  const ContextArchive archive_;
  std::size_t next_ = 0;
  bool ended_ = false;
  std::string text_;
  std::string_view pending_;
  files::UniqueFd fd_;
  std::uint64_t left_ = 0;
  std::string path_;
};

http::RequestBody ContextArchive::body() const {
  std::uint64_t size = tar::tar_end().size();
  for (const Item& item : items_)
    size += tar::tar_header(item.entry).size() + item.entry.size + tar::tar_padding(item.entry.size);
  return {size, [archive = *this](std::uint64_t offset) {
            auto source = std::make_unique<Source>(archive);
            char buffer[4096];
            for (std::uint64_t skipped = 0; skipped < offset;)
              skipped += source->read(buffer, std::min<std::uint64_t>(sizeof(buffer), offset - skipped));
            return source;
          }};
}

}  // namespace ixian::docker
