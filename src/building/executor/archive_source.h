// ADD unpacks local tar archives, however they are compressed.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/cancel.h"
#include "layer_files/from_entries.h"
#include "store/store.h"
#include "tar/format.h"

namespace ixian::executor {

using OnArchiveEntry = std::function<void(tar::TarEntry entry, layer_files::LayerEntry content)>;

// Calls back with each entry of the archive, in its order. False, and nothing was called, where the file is
// no archive: Docker copies it then. What files hold is spooled to `work`, which must live as long as the
// entries are used. Throws Error{kTaskFailed} for an archive that breaks off, or holds more than a layer may.
bool read_archive(int fd, const std::string& name, const std::shared_ptr<store::WorkDir>& work,
                  const OnArchiveEntry& on_entry, base::Cancellation& cancellation);

// A name of an archive, from the archive's root, as a clean path. Throws Error{kTaskFailed} where cleaning
// would have to drop a "..": the archive does not mean what it would give.
std::string archive_path(const std::string& name);

}  // namespace ixian::executor
