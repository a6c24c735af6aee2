// Whether all is as it must be.
#pragma once

#include <string>
#include <vector>

#include "store/collector.h"

namespace ixian::store {

// What is wrong, one sentence each:
//   every blob hashes to its name (if `read_blobs`);
//   all that a name or an entry leads to is there (of an index, the images that are there);
//   what is recorded as a whole tree is a folder, and every folder among the trees is recorded;
//   nothing is left of processes that are no longer there: no temporary file, work folder, trash or lease;
//   the database is sound.
std::vector<std::string> check_store(const CollectorContext& parts, bool read_blobs);

}  // namespace ixian::store
