// A tar archive, however it is compressed, as files on disk.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "store/store.h"

namespace ixian::build_context {

// Whether a file that begins so is an archive, and no Dockerfile: tar, or something compressed. 512 bytes
// are enough.
constexpr std::size_t kArchiveStart = 512;
bool begins_as_archive(std::string_view start);

// Unpacks into `folder`, which is empty, and nowhere else: names and links of the archive lead out of it no
// more than out of "/". Modes and times are the archive's, owners are not; devices and pipes are left out.
// `work` is for what is to be spooled meanwhile, `name` for messages. Throws Error{kTaskFailed} for what is
// no archive, damaged, or larger than a layer may be; Cancelled.
void unpack_archive(int fd, const std::string& name, const std::string& folder,
                    const std::shared_ptr<store::WorkDir>& work, base::Cancellation& cancellation);

}  // namespace ixian::build_context
