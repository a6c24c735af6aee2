// RootFs by overlayfs.
#pragma once

#include <memory>
#include <string>

#include "rootfs/root_fs.h"

namespace ixian::rootfs {

// `kind` is kOverlay or kUserOverlay; `reason` is what RootFs::reason() says.
std::unique_ptr<RootFs> make_overlay(RootFsKind kind, std::string reason);

}  // namespace ixian::rootfs
