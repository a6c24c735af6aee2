#include <fmt/format.h>

#include "app/image_location.h"
#include "base/error.h"
#include "cli/print.h"
#include "image_commands/image_commands.h"

namespace ixian::image_commands {

namespace {

void tell_of_missing(const ImageContext& context, const app::ImageLocation& place, int& missing) {
  ++missing;
  context.sink.log(base::kNoActivity, base::LogLevel::kError, app::not_found_text(place));
}

}  // namespace

int image_remove(const ImageContext& context) {
  // All names are parsed before the first one goes: a misspelt last word removes nothing.
  std::vector<app::ImageLocation> places;
  for (const std::string& arg : context.line.arguments) {
    app::ImageLocation place = app::parse_image_location(arg);
    const bool named = place.has_reference()
                           ? !place.reference.tag.empty() || place.reference.digest.has_value()
                           : !place.name.empty();
    if (!named)
      throw base::Error(base::ErrorCode::kUsage,
                        "missing tag or digest: " + arg + "\nhint: name one, such as " + arg + ":latest");
    places.push_back(std::move(place));
  }
  int missing = 0;
  for (const app::ImageLocation& place : places) {
    context.cancellation.throw_if_requested();
    if (context.dry_run) {
      const auto there =
          app::open_source(place, context.access, context.cancellation, context.dry_run)->find(place.ref());
      if (there) cli::print(fmt::format("would remove {}, {}\n", place.text(), there->digest.text()));
      if (!there) tell_of_missing(context, place, missing);
      continue;
    }
    const bool removed = app::open_target(place, context.access, context.cancellation)->remove(place.ref());
    if (removed) {
      context.sink.log(base::kNoActivity, base::LogLevel::kInfo, fmt::format("removed {}", place.text()));
    } else {
      tell_of_missing(context, place, missing);
    }
  }
  return missing == 0 ? 0 : static_cast<int>(base::ErrorCode::kRegistry);
}

}  // namespace ixian::image_commands
