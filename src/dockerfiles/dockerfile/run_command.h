// What a RUN, CMD or ENTRYPOINT executes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dockerfile/instruction.h"

namespace ixian::dockerfile {

// What is executed for a command in shell form where no SHELL says otherwise.
std::vector<std::string> default_shell();  // /bin/sh -c

struct RunCommand {
  std::vector<std::string> argv;
  // RUN <<EOF with a first line "#!…": a script that must be executable (0755) at /dev/pipes/NAME while the
  // command runs, and leave nothing in the image.
  struct Script {
    std::string path;
    std::string content;
  };
  std::optional<Script> script;
};

// `shell` is what SHELL, or the base image's configuration, set; empty is default_shell().
//  - JSON form: the words.
//  - shell form: the shell and the text.
//  - one heredoc and nothing else: the shell and the heredoc's content, or a Script.
//  - heredocs in a longer command: the shell and the text with the heredocs below it, for the shell to read.
RunCommand run_command(const Run& run, const std::vector<std::string>& shell);

// Whether a RUN is a heredoc and nothing else.
bool is_one_heredoc(const Run& run);

// For the configuration of CMD and ENTRYPOINT.
std::vector<std::string> argv(const CommandLine& command, const std::vector<std::string>& shell);

// The healthcheck's Test as Docker stores it: {"NONE"}, {"CMD", …}, {"CMD-SHELL", text}.
std::vector<std::string> healthcheck_test(const Healthcheck& check);

}  // namespace ixian::dockerfile
