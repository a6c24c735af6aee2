// USER: names inside an image become numbers.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace ixian::rootfs {

struct UserIds {
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;  // supplementary
};

struct FoundUser {
  UserIds user;
  std::string home;  // of /etc/passwd; "/" where the user is not in it
};

// `text` is `name|uid[:name|gid]`, "" is root. Read from etc/passwd and etc/group below `root`, never outside
// of it, and no more than 16 MiB of each. As Docker does it: a number need not be in the files; a user
// without a group has that of /etc/passwd, or 0, and the supplementary groups that /etc/group lists it in; a
// user with a group has that one alone. Throws Error{kTaskFailed} for a name that is not there, or a number
// that is none.
FoundUser find_user(const std::string& root, std::string_view text);

// The number that a group's name or number stands for (COPY --chown). Throws as above.
gid_t find_group(const std::string& root, std::string_view text);

}  // namespace ixian::rootfs
