// What a registry remembers of a build: which images it was about, and what led to them.
//
// A record is an artifact of its own tag, "build-<branch>-<UTC time>-<8 of its digest>": an OCI manifest with
// an empty config and one layer of JSON {"schema": 1, "branch", "stages": [{"stage", "image", "key",
// "inputs"}]}. Nothing is ever changed, so that builds that end at the same time lose nothing. Builds of the
// same inputs have the same layer, which is stored once.
#pragma once

#include <chrono>
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
  base::Json inputs;               // plan::KeyedStage::inputs
  std::vector<std::string> cache;  // tags of the instructions that led to it, where this build pushed them
};

struct BuildRecord {
  std::string branch;
  std::vector<RecordedStage> stages;  // the last one is what was asked for
};

// A record's tag, taken apart.
struct RecordTag {
  std::string tag;
  std::string branch;  // as it can be in a tag: "feature-login"
  std::string time;    // "20261126T014500123Z", which sorts
};

// Nullopt for the tag of anything else.
std::optional<RecordTag> parse_record_tag(std::string_view tag);

// The records among a repository's tags, the newest first.
std::vector<RecordTag> record_tags(const std::vector<std::string>& tags);

// A branch's name with everything that a tag cannot hold replaced, at most 60 characters.
std::string branch_in_tag(std::string_view branch);

// Throws Error{kRegistry}.
void write_record(oci::ImageRepo& repo, const BuildRecord& record, std::chrono::system_clock::time_point now);

// Nullopt where the tag is not there, or holds something else.
std::optional<BuildRecord> read_record(oci::ImageRepo& repo, const std::string& tag);

// What the branch is called that this build is of: `configured`, else what the CI says (GitHub, GitLab,
// Jenkins, Buildkite, CircleCI), else what is checked out in `project_folder`, else "none".
std::string branch_name(const std::string& configured, const std::string& project_folder);

}  // namespace ixian::run
