// What RUN starts. A RUN that is nothing but one heredoc is that heredoc: a script of its own if it begins
// with "#!", which is given as a file, else text for the shell. With other words around them heredocs are the
// shell's own, and go back into its text.
#include "dockerfile/run_command.h"

#include "dockerfile/expand.h"
#include "dockerfile/heredocs.h"

namespace ixian::dockerfile {
namespace {

constexpr std::string_view kScriptFolder = "/dev/pipes/";

std::vector<std::string> in_shell(const std::string& text, std::vector<std::string> shell) {
  if (shell.empty()) shell = default_shell();
  shell.push_back(text);
  return shell;
}

}  // namespace

std::vector<std::string> default_shell() {
  return {"/bin/sh", "-c"};
}

bool is_one_heredoc(const Run& run) {
  if (!run.command.shell || run.heredocs.size() != 1) return false;
  try {
    return heredoc_of_word(run.command.words.front()).has_value();
  } catch (const ExpandError&) {
    return false;
  }
}

RunCommand run_command(const Run& run, const std::vector<std::string>& shell) {
  if (!run.command.shell || run.heredocs.empty()) return {argv(run.command, shell), std::nullopt};
  const std::string& text = run.command.words.front();
  if (!is_one_heredoc(run)) {
    std::string command = text;
    for (const Heredoc& heredoc : run.heredocs) command += "\n" + heredoc.content + heredoc.name;
    return {in_shell(command, shell), std::nullopt};
  }
  const Heredoc& heredoc = run.heredocs.front();
  std::string content = heredoc.strip_tabs ? without_leading_tabs(heredoc.content) : heredoc.content;
  if (!content.starts_with("#!")) return {in_shell(content, shell), std::nullopt};
  std::string path = std::string(kScriptFolder) + heredoc.name;
  return {in_shell(path, shell), RunCommand::Script{path, std::move(content)}};
}

std::vector<std::string> argv(const CommandLine& command, const std::vector<std::string>& shell) {
  return command.shell ? in_shell(command.words.front(), shell) : command.words;
}

std::vector<std::string> healthcheck_test(const Healthcheck& check) {
  if (check.none) return {"NONE"};
  std::vector<std::string> test = {check.command.shell ? "CMD-SHELL" : "CMD"};
  test.insert(test.end(), check.command.words.begin(), check.command.words.end());
  return test;
}

}  // namespace ixian::dockerfile
