// Names of users and groups, as the /etc/passwd and /etc/group of an image have them.
#pragma once

#include <cstdint>
#include <string_view>

#include "context/file_view.h"

namespace ixian::executor {

struct Owner {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  friend bool operator==(const Owner&, const Owner&) = default;
};

// --chown=USER[:GROUP] of COPY and ADD: names or numbers. Without a group, a number is the number of both, a
// name has the group of its passwd entry. Throws Error{kTaskFailed} for a name that the image does not have.
Owner parse_chown(std::string_view text, const context::FileView& image);

// Whom USER stands for, likewise. Without a group, that of the passwd, else 0; a number need not be in there.
// The groups that this user is in besides are for the RUN to find.
Owner parse_user(std::string_view text, const context::FileView& image);

}  // namespace ixian::executor
