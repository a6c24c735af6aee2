// ADD, COPY and VOLUME: what names files.
#include <map>

#include "dockerfile/expand.h"
#include "dockerfile/heredocs.h"
#include "dockerfile/parse_instruction.h"

namespace ixian::dockerfile {
namespace {

struct List {
  std::vector<base::Word> words;
  bool json;
};

List list_of(const ParseContext& context) {
  if (auto words = context.json()) return {*std::move(words), true};
  return {plain_words(*context.statement.line, context.statement.begin, context.statement.end), false};
}

std::optional<Heredoc> heredoc_of(const base::Word& word, const ParseContext& context) {
  try {
    return heredoc_of_word(word.text);
  } catch (const ExpandError& error) {
    throw context.source().error(word.at, error.what());
  }
}

void parse_transfer(const ParseContext& context, const Flags& flags, CopyBase& transfer) {
  auto [words, json] = list_of(context);
  if (words.size() < 2) {
    throw context.error(context.keyword() + " needs at least 2 arguments: sources and a destination");
  }
  transfer.destination = std::move(words.back());
  words.pop_back();
  // The words of a JSON array are names, and announce nothing.
  if (!json && heredoc_of(transfer.destination, context)) {
    throw context.source().error(transfer.destination.at,
                                 context.keyword() + " needs a destination after its heredoc");
  }

  std::map<std::string, const Heredoc*> contents;
  for (const Heredoc& heredoc : context.heredocs) contents[heredoc.name] = &heredoc;
  for (base::Word& word : words) {
    const auto heredoc = json ? std::nullopt : heredoc_of(word, context);
    if (!heredoc) {
      transfer.sources.push_back(std::move(word));
      continue;
    }
    if (heredoc->name.find('/') != std::string::npos || heredoc->name == "." || heredoc->name == "..") {
      throw context.source().error(word.at, "invalid file name for a heredoc: " + base::shown(heredoc->name));
    }
    InlineFile file{heredoc->name, "", heredoc->expand, word.at};
    const auto found = contents.find(heredoc->name);
    if (found == contents.end()) {
      throw context.source().error(word.at, "heredoc " + base::shown(heredoc->name) +
                                                " is a duplicate, or in a line with an open quote");
    }
    const std::string& content = found->second->content;
    file.content = heredoc->strip_tabs ? without_leading_tabs(content) : content;
    // Each content once: a name that comes twice is an error.
    contents.erase(found);
    transfer.inline_files.push_back(std::move(file));
  }

  transfer.chown = flags.text("chown");
  transfer.chmod = flags.text("chmod");
  transfer.link = flags.boolean("link").value_or(false);
  transfer.excludes = flags.texts("exclude");
}

}  // namespace

InstructionBody parse_add(const ParseContext& context) {
  const Flags flags(context.statement, {{"chown", FlagKind::kText},
                                        {"chmod", FlagKind::kText},
                                        {"link", FlagKind::kBool},
                                        {"keep-git-dir", FlagKind::kBool},
                                        {"checksum", FlagKind::kText},
                                        {"unpack", FlagKind::kBool},
                                        {"exclude", FlagKind::kTexts}});
  Add add;
  parse_transfer(context, flags, add);
  add.keep_git_dir = flags.boolean("keep-git-dir");
  add.checksum = flags.text("checksum");
  add.unpack = flags.boolean("unpack");
  return add;
}

InstructionBody parse_copy(const ParseContext& context) {
  const Flags flags(context.statement, {{"from", FlagKind::kText},
                                        {"chown", FlagKind::kText},
                                        {"chmod", FlagKind::kText},
                                        {"link", FlagKind::kBool},
                                        {"parents", FlagKind::kBool},
                                        {"exclude", FlagKind::kTexts}});
  Copy copy;
  parse_transfer(context, flags, copy);
  copy.from = flags.text("from");
  copy.parents = flags.boolean("parents").value_or(false);
  // Which stages a target needs must be known before there are values.
  if (needs_expansion(copy.from.text, context.escape)) {
    throw context.source().error(copy.from.at, "--from cannot have variables\nhint: name a stage, `FROM " +
                                                   base::shown(copy.from.text) +
                                                   " AS name`, and copy from it");
  }
  return copy;
}

InstructionBody parse_volume(const ParseContext& context) {
  const Flags no_flags(context.statement, {});
  Volume volume{list_of(context).words};
  if (volume.paths.empty()) throw context.error("VOLUME needs at least 1 path");
  for (const base::Word& path : volume.paths) {
    if (path.text.find_first_not_of(" \t\n\v\f\r") == std::string::npos) {
      throw context.source().error(path.at, "empty path for VOLUME");
    }
  }
  return volume;
}

}  // namespace ixian::dockerfile
