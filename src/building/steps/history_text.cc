// The history of an image says what was done in Docker's words, so that `docker history` and its like read
// it.

#include <fmt/format.h>

#include <variant>

#include "base/text.h"
#include "dockerfile/run_command.h"
#include "dockerfile/source_url.h"
#include "steps/image_config_builder.h"

namespace ixian::steps {
namespace {

std::string json_list(const std::vector<std::string>& words) {
  return base::Json(words).dump(-1, ' ', false, base::Json::error_handler_t::replace);
}

std::string pairs(const std::vector<dockerfile::KeyValue>& all) {
  std::string text;
  for (const auto& each : all) text += fmt::format(" {}={}", each.key.text, each.value.text);
  return text;
}

struct Writer {
  const ImageConfigBuilder& before;
  const std::vector<std::string>& arguments;

  std::string operator()(const dockerfile::Run& run) const {
    const std::vector<std::string> argv = dockerfile::run_command(run, before.shell()).argv;
    const std::string declared =
        arguments.empty() ? "" : fmt::format("|{} {} ", arguments.size(), base::join(arguments, " "));
    return fmt::format("RUN {}{}", declared, base::join(argv, " "));
  }
  std::string operator()(const dockerfile::Cmd& cmd) const {
    return "CMD " + json_list(dockerfile::argv(cmd.command, before.shell()));
  }
  std::string operator()(const dockerfile::Entrypoint& entrypoint) const {
    return "ENTRYPOINT " + json_list(dockerfile::argv(entrypoint.command, before.shell()));
  }
  std::string operator()(const dockerfile::Arg& arg) const {
    std::string text = "ARG";
    for (const auto& each : arg.declarations)
      text += " " + each.name.text + (each.value ? "=" + each.value->text : "");
    return text;
  }
  std::string operator()(const dockerfile::Env& env) const { return "ENV" + pairs(env.variables); }
  std::string operator()(const dockerfile::Label& label) const { return "LABEL" + pairs(label.labels); }
  std::string operator()(const dockerfile::Expose& expose) const {
    std::string text;
    for (const std::string& port : expose.ports) text += (text.empty() ? "" : " ") + port + ":{}";
    return fmt::format("EXPOSE map[{}]", text);
  }
  std::string operator()(const dockerfile::Healthcheck& check) const {
    return "HEALTHCHECK " + json_list(dockerfile::healthcheck_test(check));
  }
  std::string operator()(const dockerfile::Maintainer& maintainer) const {
    return "MAINTAINER " + maintainer.name;
  }
  std::string operator()(const dockerfile::OnBuild& onbuild) const { return "ONBUILD " + onbuild.trigger; }
  std::string operator()(const dockerfile::Shell& shell) const {
    return fmt::format("SHELL [{}]", base::join(shell.words, " "));
  }
  std::string operator()(const dockerfile::StopSignal& stop) const {
    return "STOPSIGNAL " + stop.signal.text;
  }
  std::string operator()(const dockerfile::User& user) const { return "USER " + user.user.text; }
  std::string operator()(const dockerfile::Volume& volume) const {
    std::string text;
    for (const auto& path : volume.paths) text += (text.empty() ? "" : " ") + path.text;
    return fmt::format("VOLUME [{}]", text);
  }
  std::string operator()(const dockerfile::Workdir& workdir) const {
    // A relative WORKDIR stands in the history as what it leads to.
    ImageConfigBuilder after = before;
    dockerfile::Instruction instruction;
    instruction.body = workdir;
    after.apply(instruction);
    return "WORKDIR " + after.workdir();
  }
  std::string operator()(const dockerfile::Copy& copy) const {
    return transfer("COPY", copy);  // what a stage or an image is called is not what was copied
  }
  std::string operator()(const dockerfile::Add& add) const { return transfer("ADD", add); }

  std::string transfer(const char* name, const dockerfile::CopyBase& transfer) const {
    std::string text = name;
    if (!transfer.chown.empty()) text += " --chown=" + transfer.chown.text;
    if (!transfer.chmod.empty()) text += " --chmod=" + transfer.chmod.text;
    if (transfer.link) text += " --link";
    for (const auto& source : transfer.sources) text += " " + dockerfile::shown_url(source.text);
    for (const auto& file : transfer.inline_files) text += " <<" + file.name;
    return text + " " + transfer.destination.text;
  }
};

}  // namespace

std::string history_text(const dockerfile::Instruction& instruction, const ImageConfigBuilder& before,
                         const std::vector<std::string>& arguments) {
  return std::visit(Writer{before, arguments}, instruction.body);
}

}  // namespace ixian::steps
