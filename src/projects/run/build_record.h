// What a registry remembers of a build: which images it was about, and what led to them.
//
// A record is an artifact of its own tag: an OCI manifest with an empty config and one layer of JSON
// {"schema": 1, "branch", "stages": [{"stage", "image", "key", "inputs"}]}. What making room needs of it
// stands in the manifest's annotations too, so that one question is enough. Nothing is ever changed, so that
// builds that end at the same time lose nothing. Builds of the same inputs have the same layer, which is
// stored once.
//
//   begun-<branch>-<UTC time>-<8 digits>   before the first push: this may be pushed now
//   build-<branch>-<UTC time>-<8 digits>   at the end of what went well; the time is that of the beginning
//
// The digits are those of the layer, so that tags with the same branch and digits are about the same: of what
// such records say only `cache` may differ. The branch in a tag is for people: the record has its name as it
// is.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "oci/image_repo.h"

namespace ixian::run {

struct RecordedStage {
  std::string stage;  // "runtime"
  std::string image;  // "registry.local/shop/web:runtime-…"
  std::string key;
  base::Json inputs;               // keys::ResolvedStage::inputs; null: another repository's record has them
  std::vector<std::string> cache;  // tags of the instructions that led to it, where this build pushed them

  friend bool operator==(const RecordedStage&, const RecordedStage&) = default;
};

struct BuildRecord {
  std::string branch;
  std::vector<RecordedStage> stages;  // the last one is what was asked for

  friend bool operator==(const BuildRecord&, const BuildRecord&) = default;
};

enum class RecordKind { kBegun, kDone };

// A record's tag, taken apart.
struct RecordTag {
  std::string tag;
  RecordKind kind = RecordKind::kDone;
  std::string branch;  // as it is in the tag
  std::string time;    // "20261126T014500123Z", which sorts
  std::string digits;  // 8
};

// Nullopt for the tag of anything else.
std::optional<RecordTag> parse_record_tag(std::string_view tag);
std::string tag_text(const RecordTag& tag);

// The records of what went well among a repository's tags, the newest first.
std::vector<RecordTag> record_tags(const std::vector<std::string>& tags);

// "20261126T014500123Z".
std::string time_in_tag(std::chrono::system_clock::time_point time);

// A branch's name as it can be in a tag, at most 60 characters. One that had to be changed or cut ends with 8
// digits of its digest.
std::string tag_safe_branch(std::string_view branch);

// Returns the tag. Throws Error{kRegistry}.
std::string write_record(oci::ImageRepo& repo, const BuildRecord& record,
                         std::chrono::system_clock::time_point time, RecordKind kind = RecordKind::kDone);

// Nullopt where the tag is not there, or holds something else.
std::optional<BuildRecord> read_record(oci::ImageRepo& repo, const std::string& tag);

// The same without inputs, and what it costs less: one question, or two for the record of an older ix.
struct RecordSummary {
  BuildRecord record;
  oci::Digest manifest;
};
std::optional<RecordSummary> summarize_record(oci::ImageRepo& repo, const std::string& tag);

// What led to the newest image of a stage that is written down; null where none is.
base::Json recorded_inputs(oci::ImageRepo& repo, const std::string& stage);

// Puts the same record under another tag, as a manifest of its own: registries remove by digest, with every
// tag on it.
void renew_record(oci::ImageRepo& repo, const std::string& tag, const std::string& to);

// What the branch is called that this build is of: `configured`, else what the CI says (GitHub, GitLab,
// Jenkins, Buildkite, CircleCI), else what is checked out in `project_folder`, else "none".
std::string branch_name(const std::string& configured, const std::string& project_folder);

}  // namespace ixian::run
