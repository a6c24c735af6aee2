// What Python code may ask about images that it names itself.
#pragma once

#include "app/project_images.h"
#include "base/cancel.h"
#include "base/event.h"
#include "script/image_hooks.h"

namespace ixian::app {

// All but those about image tasks, which are the workspace's. All outlive what is returned.
script::ImageHooks image_hooks(ProjectImages& access, base::EventSink& sink,
                               base::Cancellation& cancellation);

}  // namespace ixian::app
