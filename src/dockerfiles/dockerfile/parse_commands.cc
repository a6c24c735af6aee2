// RUN, CMD, ENTRYPOINT, HEALTHCHECK and SHELL: what holds commands.
#include "base/text.h"
#include "dockerfile/expand.h"
#include "dockerfile/go_values.h"
#include "dockerfile/parse_instruction.h"
#include "dockerfile/run_command.h"

namespace ixian::dockerfile {
namespace {

CommandLine command_line(const ParseContext& context) {
  CommandLine command;
  const auto json = context.json();
  // What is no JSON is a command for a shell, even if it looks much like JSON: Docker has it so.
  command.shell = !json;
  if (!json) {
    command.words.push_back(context.statement.arguments().text);
    return command;
  }
  for (const base::Word& word : *json) command.words.push_back(word.text);
  return command;
}

template <typename Value>
Value one_of(const base::Word& flag, const ParseContext& context, const char* name,
             std::initializer_list<std::pair<const char*, Value>> values) {
  std::vector<std::string> names;
  for (const auto& [value_name, value] : values) {
    if (flag.text == value_name) return value;
    names.emplace_back(value_name);
  }
  throw context.source().error(flag.at, "invalid value \"" + base::shown(flag.text) + "\" for --" + name +
                                            " (expected: " + base::join(names, ", ") + ")");
}

// Checks at once what holds no variables; the rest waits for their values.
void check_mount(const base::Word& mount, const ParseContext& context) {
  mount_from(mount, context.source());
  if (mount.text.find('$') != std::string::npos) return;
  parse_mount(mount, context.source(), [](const std::string& value) { return value; });
}

// "NAME", "name=NAME", "NAME,required": NAME holds a "=" itself.
DeviceRequest device_request(const base::Word& flag, const ParseContext& context) {
  DeviceRequest device;
  const auto fail = [&](const std::string& reason) {
    throw context.source().error(flag.at, "--device: " + reason);
  };
  for (const std::string_view field : base::split(flag.text, ',')) {
    if (field == "required" || field == "required=true") {
      device.required = true;
    } else if (field != "required=false") {
      if (!device.name.empty()) fail("two devices are named (expected: one, then perhaps required)");
      device.name = field.starts_with("name=") ? field.substr(5) : field;
    }
  }
  if (device.name.find('/') == std::string::npos) {
    fail("invalid device \"" + base::shown(device.name) + "\" (expected: VENDOR/CLASS=NAME)");
  }
  return device;
}

std::chrono::nanoseconds interval(const Flags& flags, const std::string& name, const ParseContext& context) {
  const base::Word flag = flags.text(name);
  if (flag.empty()) return std::chrono::nanoseconds(0);
  const auto value = parse_duration(flag.text);
  if (!value) {
    throw context.source().error(flag.at, "invalid value \"" + base::shown(flag.text) + "\" for --" + name +
                                              " (expected: a duration such as 30s, 1m30s or 500ms)");
  }
  if (value->count() != 0 && *value < std::chrono::milliseconds(1)) {
    throw context.source().error(flag.at, "--" + name + " cannot be less than 1ms");
  }
  return *value;
}

int retries(const Flags& flags, const ParseContext& context) {
  const base::Word flag = flags.text("retries");
  if (flag.empty()) return 0;
  const auto value = parse_number(flag.text, 10, 0x7fffffff);
  if (!value) {
    throw context.source().error(flag.at, "invalid value \"" + base::shown(flag.text) +
                                              "\" for --retries (expected: a number, 0 or more)");
  }
  return static_cast<int>(*value);
}

}  // namespace

InstructionBody parse_run(const ParseContext& context) {
  const Flags flags(context.statement, {{"device", FlagKind::kTexts},
                                        {"mount", FlagKind::kTexts},
                                        {"network", FlagKind::kText},
                                        {"security", FlagKind::kText}});
  if (!context.statement.has_arguments()) throw context.error("RUN needs a command");
  Run run;
  run.command = command_line(context);
  if (run.command.words.empty()) throw context.error("RUN needs a command");
  run.heredocs = context.heredocs;
  for (const Heredoc& heredoc : run.heredocs) {
    // It may become the name of a script; see run_command.h.
    if (heredoc.name.find('/') == std::string::npos && heredoc.name != "." && heredoc.name != "..") continue;
    if (!is_one_heredoc(run)) break;
    throw context.error("invalid name for a heredoc: " + base::shown(heredoc.name));
  }
  run.mount_flags = flags.texts("mount");
  for (const base::Word& mount : run.mount_flags) check_mount(mount, context);
  for (const base::Word& device : flags.texts("device"))
    run.devices.push_back(device_request(device, context));
  if (const base::Word network = flags.text("network"); network.at.line > 0) {
    run.network = one_of<NetworkMode>(
        network, context, "network",
        {{"default", NetworkMode::kDefault}, {"none", NetworkMode::kNone}, {"host", NetworkMode::kHost}});
  }
  if (const base::Word security = flags.text("security"); security.at.line > 0) {
    run.insecure = one_of<bool>(security, context, "security", {{"sandbox", false}, {"insecure", true}});
  }
  return run;
}

InstructionBody parse_cmd(const ParseContext& context) {
  const Flags no_flags(context.statement, {});
  return Cmd{command_line(context)};
}

InstructionBody parse_entrypoint(const ParseContext& context) {
  const Flags no_flags(context.statement, {});
  return Entrypoint{command_line(context)};
}

InstructionBody parse_healthcheck(const ParseContext& context) {
  const Flags flags(context.statement, {{"interval", FlagKind::kText},
                                        {"timeout", FlagKind::kText},
                                        {"start-period", FlagKind::kText},
                                        {"start-interval", FlagKind::kText},
                                        {"retries", FlagKind::kText}});
  const Statement& statement = context.statement;
  const auto words = plain_words(*statement.line, statement.begin, statement.end);
  if (words.empty()) throw context.error("HEALTHCHECK needs NONE, or CMD and a command");
  const std::string type = base::to_upper(words.front().text);
  if (type != "NONE" && type != "CMD") {
    throw context.source().error(words.front().at,
                                 "invalid argument \"" + base::shown(words.front().text) +
                                     "\" of HEALTHCHECK (expected: NONE, or CMD and a command)");
  }
  Healthcheck check;
  if (type == "NONE") {
    check.none = true;
    if (words.size() > 1) throw context.source().error(words[1].at, "HEALTHCHECK NONE takes no arguments");
    return check;
  }
  if (words.size() == 1) throw context.error("HEALTHCHECK CMD needs a command");

  Statement command = statement;
  command.begin = statement.begin + words.front().text.size();
  while (statement.line->text[command.begin] == ' ' || statement.line->text[command.begin] == '\t')
    ++command.begin;
  // What follows the word CMD is a CMD's own argument.
  check.command = command_line({command, context.escape, {}});
  if (check.command.words.empty()) throw context.error("HEALTHCHECK CMD needs a command");
  check.interval = interval(flags, "interval", context);
  check.timeout = interval(flags, "timeout", context);
  check.start_period = interval(flags, "start-period", context);
  check.start_interval = interval(flags, "start-interval", context);
  check.retries = retries(flags, context);
  return check;
}

InstructionBody parse_shell(const ParseContext& context) {
  const Flags no_flags(context.statement, {});
  const auto json = context.json();
  if (!json) throw context.error("SHELL needs a JSON array, such as `SHELL [\"/bin/bash\", \"-c\"]`");
  if (json->empty()) throw context.error("SHELL needs at least 1 word in its array");
  Shell shell;
  for (const base::Word& word : *json) shell.words.push_back(word.text);
  return shell;
}

}  // namespace ixian::dockerfile
