// The configuration of the image that a stage becomes, as its instructions change it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "dockerfile/instruction.h"
#include "oci/image_config.h"
#include "oci/platform.h"

namespace ixian::steps {

// Docker's own document (oci/image_config.h, `document`), without rootfs and history. A value.
class ImageConfigBuilder {
 public:
  // FROM scratch.
  explicit ImageConfigBuilder(const oci::Platform& platform);
  // FROM an image: its configuration, without what ONBUILD asked for.
  explicit ImageConfigBuilder(const oci::ImageConfig& base);

  // FROM a stage: a copy of its settings goes through this.
  void begin_stage();

  // What the instruction, whose words have their values, does to the configuration. RUN, COPY, ADD and ARG do
  // nothing; WORKDIR is resolved against the one before.
  void apply(const dockerfile::Instruction& instruction);

  void set_environment(const std::vector<std::string>& environment);
  void set_label(const std::string& name, const std::string& value);

  // Without these, as far as they are there.
  void unset(const std::set<std::string>& labels, const std::set<std::string>& variables);

  std::vector<std::string> environment() const { return texts("Env"); }
  std::vector<std::string> shell() const { return texts("Shell"); }  // empty: the default
  std::vector<std::string> triggers() const { return triggers_; }    // ONBUILD of the base
  std::string user() const { return text("User"); }
  std::string workdir() const;  // absolute, "/" where none is set

  // `path` as the instruction's working directory makes it absolute; a slash at its end stays.
  std::string absolute(const std::string& path) const;

  const base::Json& document() const { return document_; }

 private:
  struct Applier;

  base::Json& runtime() { return document_["config"]; }
  std::string text(const char* key) const;
  std::vector<std::string> texts(const char* key) const;

  base::Json document_;
  std::vector<std::string> triggers_;
  bool has_cmd_ = false;  // CMD was set in this stage
};

// What Docker writes into the history for the instruction, whose words have their values. `arguments`: the
// declared ARGs of a RUN, "NAME=value" each.
std::string history_text(const dockerfile::Instruction& instruction, const ImageConfigBuilder& before,
                         const std::vector<std::string>& arguments);

}  // namespace ixian::steps
