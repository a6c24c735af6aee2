// What goes into a key is exactly what the instructions read, after .dockerignore, so that a change elsewhere
// in the context builds nothing. Files get git's view of them (path, executable or not, content), because
// that is what two checkouts of one commit have in common; links that lead to a source count as well, since
// moving one changes what is copied.
#include "keys/context_inputs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <set>

#include "base/error.h"
#include "base/sha256.h"
#include "base/thread_pool.h"
#include "context/directory_view.h"
#include "context/filtered_view.h"
#include "context/git_mode_view.h"
#include "context/selection.h"
#include "pattern/ignore_rules.h"

namespace ixian::keys {
namespace {

std::string digest_by_reading(int fd, const std::string& name) {
  base::Sha256 digest;
  constexpr std::size_t kSize = 128 << 10;
  const auto buffer = std::make_unique_for_overwrite<char[]>(kSize);
  for (;;) {
    const ssize_t count = ::read(fd, buffer.get(), kSize);
    if (count == 0) return base::to_hex(digest.finish());
    if (count > 0) {
      digest.update(buffer.get(), static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      throw base::Error(
          base::ErrorCode::kTaskFailed,
          fmt::format("cannot read {}: {}", base::printable_path(name), base::errno_text(errno)));
    }
  }
}

std::string mode_of(const tar::TarEntry& entry) {
  switch (entry.type) {
    case tar::TarType::kFile:
      // As the file hasher of tasks writes them, and git: `explain` reads both.
      return (entry.mode & 0100) != 0 ? "100755" : "100644";
    case tar::TarType::kSymlink:
      return "120000 " + base::sha256_hex(entry.link);
    case tar::TarType::kFolder:
      return "040000";
    case tar::TarType::kCharacterDevice:
      return fmt::format("020000 {}:{}", entry.device_major, entry.device_minor);
    case tar::TarType::kBlockDevice:
      return fmt::format("060000 {}:{}", entry.device_major, entry.device_minor);
    default:
      return "010000";
  }
}

context::SelectionOptions options_for(const ContextRead& read) {
  context::SelectionOptions options;
  options.parents = read.parents;
  options.excludes = context::exclude_rules(read.excludes);
  return options;
}

class ContextReader {
 public:
  ContextReader(const context::FileView& view, const ContextOptions& options,
                base::Cancellation& cancellation)
      : view_(view), options_(options), cancellation_(cancellation) {}

  void take(const ContextRead& read) {
    cancellation_.throw_if_requested();
    const auto selection = context::select(view_, read.sources, options_for(read));
    for (auto& source : selection) {
      for (const std::string& link : source.links) {
        if (auto entry = view_.find(link)) entries_.emplace(link, std::move(*entry));
      }
      for (const auto& file : source.files) entries_.emplace(file.path, file.entry);
    }
  }

  ContextInputs run() {
    std::vector<const std::string*> paths;
    std::vector<std::string> facts;
    for (const auto& [path, entry] : entries_) {
      paths.push_back(&path);
      facts.push_back(mode_of(entry));
    }
    base::parallel_for(paths.size(), options_.threads, [&](std::size_t i) {
      if (entries_.at(*paths[i]).type != tar::TarType::kFile) return;
      cancellation_.throw_if_requested();
      const files::UniqueFd fd = view_.open(*paths[i]);
      facts[i] += " " + (options_.digest ? options_.digest(fd.get(), *paths[i])
                                         : digest_by_reading(fd.get(), *paths[i]));
    });
    ContextInputs inputs;
    const std::set<std::string> full = folders_with_something();
    for (std::size_t i = 0; i < paths.size(); ++i) {
      const std::string& path = *paths[i];
      const tar::TarEntry& entry = entries_.at(path);
      const bool is_folder = entry.type == tar::TarType::kFolder;
      // Git has no directories either: one counts only where it is copied empty.
      if (is_folder && full.contains(path)) continue;
      inputs.bytes += entry.size;
      inputs.has_git = inputs.has_git || path == ".git" || path.starts_with(".git/");
      std::string name = path.empty() ? "." : base::printable_path(path);
      if (is_folder) name += '/';
      inputs.files.emplace(std::move(name), std::move(facts[i]));
    }
    return inputs;
  }

 private:
  std::set<std::string> folders_with_something() const {
    std::set<std::string> folders;
    for (const auto& [path, entry] : entries_) {
      std::string below = path;
      while (!below.empty()) {
        below = context::parent_path(below);
        if (!folders.insert(below).second) break;
      }
    }
    return folders;
  }

  const context::FileView& view_;
  const ContextOptions& options_;
  base::Cancellation& cancellation_;
  std::map<std::string, tar::TarEntry> entries_;  // by path
};

ContextInputs read_context(const std::string& folder, pattern::IgnoreRules rules,
                           const std::vector<const ContextRead*>& reads, const ContextOptions& options,
                           base::Cancellation& cancellation) {
  const auto disk = std::make_shared<const context::DirectoryView>(folder);
  const context::GitModeView view(std::make_shared<const context::FilteredView>(disk, std::move(rules)),
                                  context::kFixedTime);
  ContextReader reader(view, options, cancellation);
  for (const ContextRead* read : reads) {
    try {
      reader.take(*read);
    } catch (const base::Error& error) {
      if (!read->source) throw;
      const base::Error placed = read->source->error(read->at, error.message());
      throw base::Error(error.code(), placed.message(),
                        placed.context() + (error.context().empty() ? "" : "\n" + error.context()));
    }
  }
  return reader.run();
}

}  // namespace

ContextInputs context_inputs(const task::StageDeclaration& declared, const DockerfileInputs& inputs,
                             const ContextOptions& options, base::Cancellation& cancellation) {
  std::map<std::string, std::vector<const ContextRead*>> reads;  // by context
  for (const ContextRead& read : inputs.reads) reads[read.context].push_back(&read);
  // What is read in whole includes what is read in part.
  const ContextRead everything{{""}, {}, false, "", {}, nullptr};
  if (inputs.whole_context && !declared.context.empty()) reads[""] = {&everything};
  ContextInputs all;
  if (const auto own = reads.find(""); own != reads.end()) {
    if (declared.context.empty()) {
      throw own->second.front()->source->error(
          own->second.front()->at, "no build context to copy files from\nhint: give the image a context");
    }
    all =
        read_context(declared.context,
                     context::read_ignore_rules(declared.context, declared.dockerfile_path, options.excluded),
                     own->second, options, cancellation);
  }
  for (const task::StageContext& named : declared.contexts) {
    const auto its = reads.find(named.name);
    if (named.folder.empty() || its == reads.end()) continue;
    const ContextInputs more =
        read_context(named.folder, context::read_ignore_rules(named.folder, "", options.excluded),
                     its->second, options, cancellation);
    for (const auto& [path, fact] : more.files) all.named.emplace(named.name + "=" + path, fact);
    all.bytes += more.bytes;
  }
  return all;
}

}  // namespace ixian::keys
