// What a RUN leaves in the upper directory of its overlay, made what its layer holds.
#pragma once

#include <string>
#include <vector>

#include "base/cancel.h"
#include "layer/layer_writer.h"
#include "layer_files/attributes.h"

namespace ixian::layer_files {

// The instructions that follow see this folder as long as they run on this machine, and what was extracted
// from its layer elsewhere: both are one. So of `upper`, an upper directory that is not mounted any more,
// remains what from_upper() writes:
//   - times as `options` have them; of attributes those that layers hold (where an access control list goes,
//     the group gets what its own entry said); no sockets;
//   - nothing that is as it was in `lowers` (lowest first, as they were mounted): no file that was only
//     opened, or set to what it was, no folder of which only the time is new;
//   - whiteouts of what `lowers` have, instead of opaque marks.
// True where the root folder itself has become another (mode, owner, attributes).
//
// Nobody else uses the folder meanwhile. Throws Error{kTaskFailed}, Cancelled: where files have redirect or
// metacopy attributes, the overlay was mounted with these options, which cannot become a layer.
bool tidy_upper(const std::string& upper, const std::vector<std::string>& lowers, Marks marks,
                const layer::WriteOptions& options, base::Cancellation& cancellation);

// Throws Error{kTaskFailed} for redirect and metacopy. `path` is for the message.
void refuse_redirects(const std::map<std::string, std::string>& on_disk, Marks marks,
                      const std::string& path);

}  // namespace ixian::layer_files
