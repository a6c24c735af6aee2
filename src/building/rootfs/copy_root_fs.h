// RootFs by copying.
#pragma once

#include <memory>
#include <string>

#include "rootfs/root_fs.h"

namespace ixian::rootfs {

// `marks` and `reason` are what RootFs answers by these names.
std::unique_ptr<RootFs> make_copying(std::string marks, std::string reason);

}  // namespace ixian::rootfs
