// RUN --mount.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/source_text.h"

namespace ixian::dockerfile {

enum class MountKind { kBind, kCache, kTmpfs, kSecret, kSsh };
enum class Sharing { kShared, kPrivate, kLocked };

// One mount with its variables replaced and BuildKit's defaults filled in.
struct Mount {
  MountKind kind = MountKind::kBind;
  std::string from;    // bind, cache: a stage or an image; "" is the context for bind, nothing for cache
  std::string source;  // bind, cache: the path within `from`, "" is all of it
  std::string target;  // as written, so perhaps relative to the working directory, which "" is; but "" is
                       // nowhere for a secret that is a variable and no file, and number_ssh_mounts()'s to
                       // say for ssh
  bool read_only = false;
  std::string id;  // cache: its name, by default the clean target (of "": "."); secret, ssh: which one
  Sharing sharing = Sharing::kShared;
  bool required = false;           // secret, ssh
  std::optional<std::string> env;  // secret: the variable that holds it
  std::uint64_t size = 0;          // tmpfs: bytes, 0 is no limit
  std::optional<std::uint32_t> mode, uid, gid;
  base::Position at;
};

// The value of a mount's field with its variables replaced. May throw base::Error.
using ExpandField = std::function<std::string(const std::string& field)>;

// What follows "--mount=": fields between commas, a field in double quotes may hold commas. Unknown fields
// and values, and fields that the kind does not have, are errors at `text.at`.
Mount parse_mount(const base::Word& text, const base::Source& source, const ExpandField& expand);

// Gives the ssh mounts of one RUN that name no target theirs, "/run/buildkit/ssh_agent.N" as BuildKit has it.
void number_ssh_mounts(std::vector<Mount>& mounts);

// The `from` of a mount, which may not have variables, since which stages are needed must be known before any
// is run. "" where there is none.
std::string mount_from(const base::Word& text, const base::Source& source);

// The mount with its fields in one order and under one name each, and `from` in place of its own. Different
// mounts stay different.
std::string canonical_mount(const base::Word& text, const base::Source& source, const std::string& from);

}  // namespace ixian::dockerfile
