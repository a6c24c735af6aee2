// `ix completion SHELL`: a script that completes tasks and flags.
#include <fmt/format.h>

#include "app/workspace.h"
#include "base/error.h"
#include "cli/print.h"
#include "commands/table.h"

namespace ixian::commands {
namespace {

constexpr const char* kBash = R"script(# bash completion for ix: eval "$(ix completion bash)"
_ix() {
    local word=${COMP_WORDS[COMP_CWORD]} i
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
            help|plan|why|graph|completion) ;;
            --log|--progress|--engine|-j|--jobs) ((i++)) ;;
            -*) ;;
            *) COMPREPLY=($(compgen -f -- "$word")); return ;;
        esac
    done
    case ${COMP_WORDS[COMP_CWORD-1]} in
        --log) COMPREPLY=($(compgen -W "DEBUG INFO WARN ERROR NONE" -- "$word")); return ;;
        --progress) COMPREPLY=($(compgen -W "auto tty plain json quiet" -- "$word")); return ;;
        --engine) COMPREPLY=($(compgen -W "embedded docker" -- "$word")); return ;;
        completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$word")); return ;;
    esac
    if [[ $word == -* ]]; then
        COMPREPLY=($(compgen -W "--help --version --log --force --force-all --clean --clean-all --show --dry-run --jobs --progress --engine" -- "$word"))
    else
        COMPREPLY=($(compgen -W "$(ix completion --tasks 2>/dev/null | cut -f1)" -- "$word"))
    fi
}
complete -o default -F _ix ix
)script";

constexpr const char* kZsh = R"script(#compdef ix
# zsh completion for ix: eval "$(ix completion zsh)"
_ix() {
    local -a tasks
    local name text
    while IFS=$'\t' read -r name text; do
        tasks+=("${name//:/\\:}:${text}")
    done < <(ix completion --tasks 2>/dev/null)
    _arguments -S \
        '(-h --help)'{-h,--help}'[show help]' \
        '--version[show the version]' \
        '--log[what to tell]:level:(DEBUG INFO WARN ERROR NONE)' \
        '--force[run the task even if it is complete]' \
        '--force-all[run it and all that it needs]' \
        '--clean[clean the task first]' \
        '--clean-all[clean it and all that it needs first]' \
        '--show[show what is complete]' \
        '--dry-run[show what would run and why]' \
        '(-j --jobs)'{-j,--jobs}'[tasks at a time]:number:' \
        '--progress[how to show progress]:how:(auto tty plain json quiet)' \
        '--engine[who builds images]:engine:(embedded docker)' \
        '1:task:{_describe task tasks}' \
        '*::argument:_files'
}
if [ "$funcstack[1]" = "_ix" ]; then _ix "$@"; else compdef _ix ix; fi
)script";

constexpr const char* kFish = R"script(# fish completion for ix: ix completion fish | source
function __ix_tasks
    ix completion --tasks 2>/dev/null
end
complete -c ix -n __fish_use_subcommand -f -a '(__ix_tasks)'
complete -c ix -n '__fish_seen_subcommand_from help plan why graph' -f -a '(__ix_tasks)'
complete -c ix -n '__fish_seen_subcommand_from completion' -f -a 'bash zsh fish'
complete -c ix -n __fish_use_subcommand -s h -l help -d 'show help'
complete -c ix -n __fish_use_subcommand -l version -d 'show the version'
complete -c ix -n __fish_use_subcommand -l log -x -a 'DEBUG INFO WARN ERROR NONE' -d 'what to tell'
complete -c ix -n __fish_use_subcommand -l force -d 'run the task even if it is complete'
complete -c ix -n __fish_use_subcommand -l force-all -d 'run it and all that it needs'
complete -c ix -n __fish_use_subcommand -l clean -d 'clean the task first'
complete -c ix -n __fish_use_subcommand -l clean-all -d 'clean it and all that it needs first'
complete -c ix -n __fish_use_subcommand -l show -d 'show what is complete'
complete -c ix -n __fish_use_subcommand -l dry-run -d 'show what would run and why'
complete -c ix -n __fish_use_subcommand -s j -l jobs -x -d 'tasks at a time'
complete -c ix -n __fish_use_subcommand -l progress -x -a 'auto tty plain json quiet' -d 'how to show progress'
complete -c ix -n __fish_use_subcommand -l engine -x -a 'embedded docker' -d 'who builds images'
)script";

// One line a task, name and text with a tab between them.
std::string task_lines(app::Workspace* workspace) {
  std::string out;
  if (workspace != nullptr) {
    for (const auto& task : workspace->graph().tasks()) {
      if (task.in_context) out += fmt::format("{}\t{}\n", task.name, task.short_description);
    }
  }
  // A task of the project's own takes the place of a command.
  for (const auto& command : commands())
    if (workspace == nullptr || workspace->graph().find(command.name) == task::TaskGraph::kNone)
      out += fmt::format("{}\t{}\n", command.name, command.short_description);
  return out;
}

int run_completion(const CommandContext& context) {
  for (const std::string& arg : context.options.run.args) {
    if (arg.starts_with('-') && arg != "--tasks")
      throw cli::unknown_option(arg, "completion", {}, "ix completion bash, zsh or fish");
  }
  const std::string shell = context.options.run.args.size() == 1 ? context.options.run.args[0] : "";
  if (shell == "bash") {
    cli::print(kBash);
  } else if (shell == "zsh") {
    cli::print(kZsh);
  } else if (shell == "fish") {
    cli::print(kFish);
  } else if (shell == "--tasks") {
    cli::print(task_lines(context.workspace));
  } else {
    throw base::Error(base::ErrorCode::kUsage,
                      "`ix completion` needs a shell: ix completion bash, zsh or fish.");
  }
  return 0;
}

}  // namespace

Command completion_command() {
  return {"completion",
          "bash | zsh | fish",
          "Print a script that completes tasks in your shell",
          "Completes ix's flags and the tasks of the project in the current folder.\n"
          "The Debian package installs it. To try it in the shell that you are in:\n"
          "\n"
          "    eval \"$(ix completion bash)\"\n"
          "    eval \"$(ix completion zsh)\"\n"
          "    ix completion fish | source",
          ProjectUse::kIfItLoads,
          kOnlyAsks,
          run_completion};
}

}  // namespace ixian::commands
