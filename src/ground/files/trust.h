// Files that decide what this program does, and that somebody else could write to.
#pragma once

#include <sys/types.h>

#include <functional>
#include <initializer_list>
#include <optional>
#include <string>

namespace ixian::files {

// Why the file or folder at `path` cannot be trusted, one sentence; "" where it can, or is not there: it
// belongs to this user, to root or to one of `others`, and not everybody may write to it. In a user namespace
// owners that have no number there are not doubted.
std::string why_untrusted(const std::string& path, std::initializer_list<uid_t> others = {});

// Tells whoever listens, once for each path. Thread-safe.
void warn_if_untrusted(const std::string& path, std::initializer_list<uid_t> others = {});

// read_file() of a file of credentials, after warn_if_untrusted().
std::optional<std::string> read_credentials_file(const std::string& path);

// Who hears of it. Nobody does before somebody listens.
void listen_for_untrusted(std::function<void(const std::string& sentence)> listener);

}  // namespace ixian::files
