// An instruction as words, for keys: two spellings that mean the same give the same words, two meanings never
// do. So the words come from the parsed instruction and not from its text, flags have one order, --from is
// the digest or key of what it names, and groups keep flags, words and heredocs from being taken for each
// other.
#include "dockerfile/canonical.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>
#include <variant>

#include "dockerfile/source_url.h"

namespace ixian::dockerfile {
namespace {

using Words = std::vector<std::string>;

Words texts(const std::vector<base::Word>& words) {
  Words all;
  for (const base::Word& word : words) all.push_back(word.text);
  return all;
}

// An array cannot be mistaken for a shell's command, which is one word.
Words listed(const Words& words) {
  Words all = {"["};
  all.insert(all.end(), words.begin(), words.end());
  all.emplace_back("]");
  return all;
}

Words command_words(const CommandLine& command) {
  return command.shell ? command.words : listed(command.words);
}

class Describer {
 public:
  Describer(const base::Source& source, const std::vector<std::string>& origins, std::string_view keyword)
      : source_(source), origins_(origins), flags_{std::string(keyword)} {}

  CanonicalInstruction result() && {
    CanonicalInstruction groups = {std::move(flags_), std::move(words_)};
    groups.insert(groups.end(), std::make_move_iterator(heredocs_.begin()),
                  std::make_move_iterator(heredocs_.end()));
    return groups;
  }

  void operator()(const Add& add) {
    transfer(add);
    // A login is in no key; whom it lets in to what is in the key by what it is.
    for (std::string& word : words_) {
      if (word.find("://") != std::string::npos) word = shown_url(word);
    }
    flag("--checksum", add.checksum);
    toggle("--keep-git-dir", add.keep_git_dir);
    toggle("--unpack", add.unpack);
  }
  void operator()(const Copy& copy) {
    if (!copy.from.empty()) flags_.push_back("--from=" + origins_.at(0));
    transfer(copy);
    if (copy.parents) flags_.emplace_back("--parents");
  }
  void operator()(const Arg& arg) {
    for (const auto& each : arg.declarations)
      words_.push_back(each.name.text + (each.value ? "=" + each.value->text : ""));
  }
  void operator()(const Cmd& cmd) { words_ = command_words(cmd.command); }
  void operator()(const Entrypoint& entrypoint) { words_ = command_words(entrypoint.command); }
  void operator()(const Env& env) { pairs(env.variables); }
  void operator()(const Label& label) { pairs(label.labels); }
  void operator()(const Expose& expose) { words_ = texts(expose.words); }
  void operator()(const Healthcheck& check) {
    const auto time = [&](const char* name, std::chrono::nanoseconds value) {
      if (value.count() != 0) flags_.push_back(fmt::format("{}={}ns", name, value.count()));
    };
    time("--interval", check.interval);
    time("--timeout", check.timeout);
    time("--start-period", check.start_period);
    time("--start-interval", check.start_interval);
    if (check.retries != 0) flags_.push_back(fmt::format("--retries={}", check.retries));
    words_ = check.none ? Words{} : command_words(check.command);
    words_.insert(words_.begin(), check.none ? "NONE" : "CMD");
  }
  void operator()(const Maintainer& maintainer) { words_ = {maintainer.name}; }
  void operator()(const OnBuild& on_build) { words_ = {on_build.trigger}; }
  void operator()(const Run& run) {
    for (std::size_t i = 0; i < run.mount_flags.size(); ++i)
      flags_.push_back("--mount=" + canonical_mount(run.mount_flags[i], source_, origins_.at(i)));
    if (run.network != NetworkMode::kDefault)
      flags_.emplace_back(run.network == NetworkMode::kNone ? "--network=none" : "--network=host");
    for (const DeviceRequest& device : run.devices)
      flags_.push_back("--device=" + device.name + (device.required ? ",required" : ""));
    if (run.insecure) flags_.emplace_back("--security=insecure");
    words_ = command_words(run.command);
    for (const Heredoc& each : run.heredocs)
      heredocs_.push_back(
          {each.name, each.content, each.expand ? "" : "quoted", each.strip_tabs ? "without tabs" : ""});
  }
  void operator()(const Shell& shell) { words_ = listed(shell.words); }
  void operator()(const StopSignal& stop) { words_ = {stop.signal.text}; }
  void operator()(const User& user) { words_ = {user.user.text}; }
  void operator()(const Volume& volume) { words_ = texts(volume.paths); }
  void operator()(const Workdir& workdir) { words_ = {workdir.path.text}; }

 private:
  void flag(const char* name, const base::Word& value) {
    if (!value.empty()) flags_.push_back(fmt::format("{}={}", name, value.text));
  }
  void toggle(const char* name, std::optional<bool> value) {
    if (value) flags_.push_back(fmt::format("{}={}", name, *value));
  }

  void transfer(const CopyBase& transfer) {
    flag("--chown", transfer.chown);
    flag("--chmod", transfer.chmod);
    if (transfer.link) flags_.emplace_back("--link");
    for (const base::Word& each : transfer.excludes) flag("--exclude", each);
    words_ = texts(transfer.sources);
    words_.push_back(transfer.destination.text);
    for (const InlineFile& file : transfer.inline_files)
      heredocs_.push_back({file.name, file.content, file.expand ? "" : "quoted"});
  }

  void pairs(const std::vector<KeyValue>& all) {
    for (const auto& each : all) {
      if (each.legacy) {
        words_.push_back(each.key.text);
        words_.push_back(each.value.text);
      } else {
        words_.push_back(each.key.text + "=" + each.value.text);
      }
    }
  }

  const base::Source& source_;
  const std::vector<std::string>& origins_;
  Words flags_;
  Words words_;
  std::vector<Words> heredocs_;
};

}  // namespace

CanonicalInstruction canonical(const Instruction& instruction, const base::Source& source,
                               const std::vector<std::string>& origins) {
  Describer describer(source, origins, keyword(instruction.body));
  std::visit(describer, instruction.body);
  return std::move(describer).result();
}

std::string one_line(const CanonicalInstruction& instruction) {
  std::string line;
  for (std::size_t i = 0; i < instruction.size() && i < 2; ++i) {
    for (const std::string& word : instruction[i]) line += (line.empty() ? "" : " ") + word;
  }
  for (std::size_t i = 2; i < instruction.size(); ++i) {
    if (!instruction[i].empty()) line += " <<" + instruction[i][0];
  }
  return line;
}

}  // namespace ixian::dockerfile
