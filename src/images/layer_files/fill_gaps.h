// Folders that a layer has something in, and no entry for, as the layers below have them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "layer/listing.h"
#include "layer_files/attributes.h"

namespace ixian::layer_files {

struct StackedTree {
  std::string path;  // an overlay's lower directory
  // Of layers whose LayerListing::depends_on_below() holds; of others null.
  std::shared_ptr<const layer::LayerListing> listing;
  // Its root is what that of the image is, though the layer need not say so: a RUN has left it.
  bool knows_root = false;
};

// Overlayfs shows a folder as the uppermost of its directories has it. A tree cannot have a folder that says
// nothing of itself; so where layers leave it to others what a folder is like, as tar, Bazel and Kaniko write
// them, this makes, in the empty folder `into`, these folders as MergedTree shows them: one more directory,
// for above the others. So it does with folders that one layer alone has, with whiteouts in them: overlayfs
// would list these, as it does not merge the folder with anything. False where it is not needed. `trees` are
// lowest first. Throws Error{kTaskFailed}.
bool fill_gaps(const std::vector<StackedTree>& trees, Marks marks, const std::string& into);

}  // namespace ixian::layer_files
