// The instructions of a Dockerfile, as data. Everything that the text says is here; what it means for an
// image is the engine's to say.
//
// A Word still has its variables, quotes and escapes in it: StageScope::resolve() (scope.h) gives the same
// instruction with all of them replaced. Strings have none that anybody would replace.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/source_text.h"
#include "dockerfile/mount.h"

namespace ixian::dockerfile {

// <<NAME of a RUN, with the lines up to NAME, as they are.
struct Heredoc {
  std::string name;
  std::string content;
  bool expand = true;       // false: NAME was quoted
  bool strip_tabs = false;  // <<-
};

// <<NAME of a COPY or ADD: a file of that name. Tabs that <<- takes away are gone.
struct InlineFile {
  std::string name;
  std::string content;
  bool expand = true;  // variables in the content are replaced, quotes stay
  base::Position at;
};

// What stands after RUN, CMD, ENTRYPOINT or HEALTHCHECK CMD.
struct CommandLine {
  bool shell = true;               // false: written as a JSON array
  std::vector<std::string> words;  // shell: exactly one, the text
};

struct KeyValue {
  base::Word key;
  base::Word value;
  bool legacy = false;  // `ENV key value`, without "="
};

struct ArgDeclaration {
  base::Word name;
  std::optional<base::Word> value;
};

// What COPY and ADD share.
struct CopyBase {
  std::vector<base::Word> sources;
  std::vector<InlineFile> inline_files;
  base::Word destination;
  base::Word chown;  // "" is none
  base::Word chmod;  // "" is none; see file_mode.h
  bool link = false;
  std::vector<base::Word> excludes;  // for IgnoreRules::from_patterns
};

struct Add : CopyBase {
  std::optional<bool> keep_git_dir;
  base::Word checksum;  // "" is none
  std::optional<bool> unpack;
};

struct Copy : CopyBase {
  base::Word from;  // "" is the context; never has variables
  bool parents = false;
};

struct Arg {
  std::vector<ArgDeclaration> declarations;
};

struct Cmd {
  CommandLine command;
};

struct Entrypoint {
  CommandLine command;
};

struct Env {
  std::vector<KeyValue> variables;
};

struct Expose {
  std::vector<base::Word> words;
  std::vector<std::string> ports;  // after resolve(): "80/tcp", each port of a range
};

// Durations and retries: 0 is the default of whoever runs the container.
struct Healthcheck {
  bool none = false;
  CommandLine command;  // unless `none`
  std::chrono::nanoseconds interval{0}, timeout{0}, start_period{0}, start_interval{0};
  int retries = 0;
};

struct Label {
  std::vector<KeyValue> labels;
};

struct Maintainer {
  std::string name;
};

// The trigger as it goes into the image's configuration, heredocs included. It has been parsed once, so
// parse_trigger() (dockerfile.h) reads it.
struct OnBuild {
  std::string trigger;
};

enum class NetworkMode { kDefault, kNone, kHost };

// --device of a RUN: a device of the machine, "vendor.com/class=name".
struct DeviceRequest {
  std::string name;
  bool required = false;
};

struct Run {
  CommandLine command;
  std::vector<Heredoc> heredocs;  // only with a command that is `shell`; see run_command.h
  std::vector<base::Word> mount_flags;
  std::vector<Mount> mounts;  // after resolve()
  std::vector<DeviceRequest> devices;
  NetworkMode network = NetworkMode::kDefault;
  bool insecure = false;  // --security=insecure
};

struct Shell {
  std::vector<std::string> words;
};

struct StopSignal {
  base::Word signal;
};

struct User {
  base::Word user;
};

struct Volume {
  std::vector<base::Word> paths;
};

struct Workdir {
  base::Word path;
};

using InstructionBody = std::variant<Add, Arg, Cmd, Copy, Entrypoint, Env, Expose, Healthcheck, Label,
                                     Maintainer, OnBuild, Run, Shell, StopSignal, User, Volume, Workdir>;

struct Instruction {
  InstructionBody body;
  std::string name;  // as written: "RUN", "run"
  std::string text;  // the instruction on one line, as written; without the content of heredocs
  base::SourceRange where;
  std::vector<std::string> comments;  // those that stand directly above
};

// "RUN", whatever the case it was written in.
std::string_view keyword(const InstructionBody& body);

}  // namespace ixian::dockerfile
