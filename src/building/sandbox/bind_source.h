// Where the source of a mount is looked for, once.
#pragma once

#include <string>
#include <string_view>

#include "files/fs.h"
#include "sandbox/run_spec.h"

namespace ixian::sandbox {

// Opens `path` without leaving `root`: links, ".." and all are followed as if it were "/". `root` "" is this
// machine's root. Throws Error{kTaskFailed}.
BindMount open_bind(const std::string& root, std::string_view path, bool read_only);

// Of what is open already. `name` is what messages call it.
BindMount bind_of(files::UniqueFd source, std::string name, bool read_only);

bool is_directory(const BindMount& bind);

// A detached copy of the mount that the source lies in, from the source on, with all that is mounted below
// it, restricted as a RUN's mounts are: no devices, no set-user-ID programs. To be called in the mount
// namespace that the source was opened in; the copy may be attached in any other. Throws Error{kTaskFailed}.
files::UniqueFd detached_mount(const BindMount& bind);

}  // namespace ixian::sandbox
