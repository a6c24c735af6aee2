// What a source names becomes a list of files in a fixed order, and one digest over the list. The digest is
// over canonical JSON, one object per file:
//
//   [{"files":[{"content":"<sha256>","mode":420,"path":"a","type":"0"},…],
//     "folder":true,"folders":[[mode,uid,gid],…],"name":"","prefix":""},…]
//
// It holds what an instruction can make a difference of: relative paths, types, modes, contents, extended
// attributes, link targets; owners where they are kept. It holds no times, since a checkout makes new ones,
// and no path of the source itself where only its contents are taken, so that a renamed directory builds
// nothing.
#include "context/selection.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>

#include "base/error.h"
#include "base/sha256.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "context/wildcard.h"
#include "pattern/path_match.h"

namespace ixian::context {
namespace {

using base::Error;
using base::ErrorCode;

class Selector {
 public:
  Selector(const FileView& view, const SelectionOptions& options) : view_(view), options_(options) {}

  std::vector<SelectedSource> run(const std::vector<std::string>& sources) {
    for (const std::string& source : sources) {
      if (options_.parents) {
        take_with_parents(source);
      } else {
        take_alone(source);
      }
    }
    return std::move(selected_);
  }

 private:
  void take_alone(const std::string& source) {
    const std::string cleaned = clean_in_root(source);
    if (!pattern::has_wildcards(cleaned)) return take(unescaped(cleaned), "", source);
    for (const std::string& path : expand_wildcards(view_, cleaned, WildcardLanguage::kSources)) {
      if (!options_.excludes.excludes(path)) take(path, "", source);
    }
  }

  // "a/./b": what is before the pivot is where b is looked for, and is not kept.
  void take_with_parents(const std::string& source) {
    const std::size_t pivot = source.find("/./");
    const bool has_pivot = pivot != std::string::npos;
    const std::string before = has_pivot ? clean_in_root(source.substr(0, pivot)) : "";
    const std::string kept = clean_in_root(has_pivot ? std::string_view(source).substr(pivot + 3) : source);
    const bool several = pattern::has_wildcards(before);
    if (!several && !pattern::has_wildcards(kept))
      return take(join_path(unescaped(before), unescaped(kept)), unescaped(before), source);
    const std::vector<std::string> folders = several
                                                 ? expand_wildcards(view_, before, WildcardLanguage::kSources)
                                                 : std::vector<std::string>{unescaped(before)};
    for (const std::string& folder : folders) {
      for (const std::string& path : expand_wildcards(view_, kept, WildcardLanguage::kIncludes, folder))
        take(path, folder, source);
    }
  }

  void take(const std::string& path, const std::string& dropped, const std::string& source) {
    SelectedSource one;
    const std::string real = resolve_path(view_, path, true, &one.links);
    const std::optional<tar::TarEntry> entry = view_.find(real);
    if (!entry) {
      throw Error(ErrorCode::kTaskFailed,
                  fmt::format("\"{}\" not found in {}{}", base::printable_path(source), options_.where,
                              options_.where == "the build context" ? ", or excluded by .dockerignore" : ""));
    }
    one.name = base_name(path);
    one.is_folder = entry->type == tar::TarType::kFolder;
    if (options_.parents) {
      const std::string kept =
          dropped.empty() ? path : path.substr(std::min(path.size(), dropped.size() + 1));
      keep_parents(one, dropped, kept);
      if (!walk(one, real, "", *entry, kept)) return;
    } else {
      walk(one, real, "", *entry, "");
    }
    selected_.push_back(std::move(one));
  }

  // With --parents a folder is kept itself, too, and is not only its contents.
  void keep_parents(SelectedSource& one, const std::string& dropped, const std::string& kept) {
    one.prefix = one.is_folder ? kept : parent_path(kept);
    std::string folder = dropped;
    for (std::string_view part : base::split(one.prefix, '/')) {
      if (part.empty()) continue;
      folder = join_path(folder, part);
      const auto entry = view_.find(resolve_path(view_, folder, true));
      if (entry) one.prefix_folders.push_back(*entry);
    }
  }

  // Adds what is at `path`, which --exclude knows as `rule_path`, with all below it. False where nothing was
  // added.
  bool walk(SelectedSource& one, const std::string& path, const std::string& relative,
            const tar::TarEntry& entry, const std::string& rule_path) {
    const bool is_folder = entry.type == tar::TarType::kFolder;
    const bool excluded = options_.excludes.excludes(rule_path);
    if (excluded && (!is_folder || options_.excludes.can_skip_folder(rule_path))) return false;
    const std::size_t count = one.files.size();
    one.files.push_back({path, relative, entry, ""});
    if (is_folder || entry.type == tar::TarType::kFile) one.files.back().entry.xattrs = view_.xattrs(path);
    if (!is_folder) return true;
    for (const std::string& name : view_.children(path)) {
      const std::string child = join_path(path, name);
      if (const auto found = view_.find(child))
        walk(one, child, join_path(relative, name), *found, join_path(rule_path, name));
    }
    // A folder that is left out comes along where a pattern with "!" takes something in it out again.
    if (excluded && one.files.size() == count + 1) one.files.pop_back();
    return one.files.size() > count;
  }

  const FileView& view_;
  const SelectionOptions& options_;
  std::vector<SelectedSource> selected_;
};

std::string content_digest(const FileView& view, const std::string& path, files::StatCache* known,
                           base::Cancellation& cancellation) {
  const files::UniqueFd fd = view.open(path);
  struct stat before = {};
  base::Sha256Bytes digest;
  const bool is_open = ::fstat(fd.get(), &before) == 0;
  const bool has_status = known != nullptr && is_open;
  if (has_status && known->find(before, digest)) return base::to_hex(digest);
  // Before the first byte: a file that is written to in the same tick as it is read must not be believed next
  // time.
  const std::int64_t began = has_status ? known->now_ns() : 0;
  base::Sha256 sha;
  // Most files are small. One byte more shows at once that a file has not grown.
  const std::size_t size =
      std::clamp<std::size_t>(static_cast<std::size_t>(before.st_size) + 1, 4 << 10, 256 << 10);
  const std::unique_ptr<char[]> buffer(new char[size]);
  ssize_t count = 0;
  while ((count = ::read(fd.get(), buffer.get(), size)) != 0) {
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      throw Error(ErrorCode::kTaskFailed,
                  fmt::format("cannot read {}: {}", base::printable_path(path), base::errno_text(errno)));
    }
    cancellation.throw_if_requested();
    sha.update(buffer.get(), static_cast<std::size_t>(count));
  }
  digest = sha.finish();
  struct stat after;
  if (has_status && ::fstat(fd.get(), &after) == 0 && after.st_size == before.st_size &&
      files::mtime_ns(after) == files::mtime_ns(before) &&
      files::ctime_ns(after) == files::ctime_ns(before)) {
    known->store(after, began, digest);
  }
  return base::to_hex(digest);
}

base::Json describe(const SelectedFile& file, const DigestOptions& options) {
  base::Json json = {{"path", base::printable_path(file.relative)},
                     {"type", std::string(1, static_cast<char>(file.entry.type))},
                     {"mode", file.entry.mode}};
  if (file.entry.type == tar::TarType::kFile) json["content"] = file.content;
  if (file.entry.type == tar::TarType::kSymlink) {
    json["link"] = base::printable_path(file.entry.link);
    json.erase("mode");
  }
  if (options.owners) json["owner"] = {file.entry.uid, file.entry.gid};
  if (file.entry.device_major != 0 || file.entry.device_minor != 0)
    json["device"] = {file.entry.device_major, file.entry.device_minor};
  for (const auto& [name, value] : file.entry.xattrs) json["xattrs"][name] = base::sha256_hex(value);
  return json;
}

// The SHA-256 of the canonical JSON of an array of sources, which is never held as a whole: it would take
// more memory than all else that is known of the files.
class DocumentDigest {
 public:
  void add(const SelectedSource& source, const DigestOptions& options) {
    add(first_ ? "[{\"files\":[" : ",{\"files\":[");
    first_ = false;
    bool first_file = true;
    for (const SelectedFile& file : source.files) {
      // Of a folder whose contents are taken, nothing but these is.
      if (source.is_folder && file.relative.empty()) continue;
      if (!first_file) add(",");
      first_file = false;
      add(base::canonical_json(describe(file, options)));
    }
    base::Json folders = base::Json::array();
    for (const tar::TarEntry& folder : source.prefix_folders)
      folders.push_back({folder.mode, folder.uid, folder.gid});
    // What a folder is called does not matter where only its contents are taken.
    const base::Json rest = {{"folder", source.is_folder},
                             {"folders", folders},
                             {"name", source.is_folder ? "" : base::printable_path(source.name)},
                             {"prefix", base::printable_path(source.prefix)}};
    add("],");
    add(std::string_view(base::canonical_json(rest)).substr(1));
  }

  std::string finish() {
    add(first_ ? "[]" : "]");
    return base::to_hex(sha_.finish());
  }

 private:
  void add(std::string_view text) { sha_.update(text.data(), text.size()); }

  base::Sha256 sha_;
  bool first_ = true;
};

}  // namespace

pattern::IgnoreRules exclude_rules(const std::vector<std::string>& patterns) {
  try {
    return pattern::IgnoreRules::from_patterns(patterns);
  } catch (const std::invalid_argument& error) {
    throw Error(ErrorCode::kTaskFailed, error.what());
  }
}

std::vector<SelectedSource> select(const FileView& view, const std::vector<std::string>& sources,
                                   const SelectionOptions& options) {
  return Selector(view, options).run(sources);
}

std::string digest_of(const FileView& view, std::vector<SelectedSource>& sources,
                      const DigestOptions& options, base::Cancellation& cancellation) {
  std::vector<SelectedFile*> files;
  for (SelectedSource& source : sources) {
    for (SelectedFile& file : source.files) files.push_back(&file);
  }
  base::parallel_for(files.size(), options.threads, [&](std::size_t i) {
    if (files[i]->entry.type == tar::TarType::kFile)
      files[i]->content = content_digest(view, files[i]->path, options.known, cancellation);
  });
  DocumentDigest digest;
  for (const SelectedSource& source : sources) digest.add(source, options);
  return digest.finish();
}

}  // namespace ixian::context
