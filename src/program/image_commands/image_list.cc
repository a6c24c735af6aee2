// `ix image ls` and `ix image tags`. What is shown costs one request for each name: more (an image's
// platform) would cost another.
#include <fmt/format.h>

#include <algorithm>

#include "app/image_location.h"
#include "base/error.h"
#include "base/thread_pool.h"
#include "base/utf8.h"
#include "cli/print.h"
#include "image_commands/image_commands.h"
#include "layout/layout_repo.h"
#include "oci/copy_image.h"
#include "ui/printable.h"
#include "ui/quantity.h"

namespace ixian::image_commands {
namespace {

constexpr unsigned kAtOnce = 8;

struct Row {
  std::string name;
  std::string digest;
  std::string size;
  std::string platforms;
};

// Names in a folder or archive, tags in a repository.
std::vector<std::string> names_in(const app::ImageLocation& place, oci::ImageRepo& repo) {
  std::vector<std::string> names =
      place.kind == app::ImageLocation::Kind::kLayout ? layout::layout_names(place.path) : repo.tags();
  if (!place.has_reference() && !place.name.empty())
    std::erase_if(names, [&](const std::string& name) { return name != place.name; });
  const oci::Reference& reference = place.reference;
  if (place.has_reference() && (reference.digest || !reference.tag.empty())) {
    return {reference.identifier()};
  }
  return names;
}

std::uint64_t size_of(const oci::Manifest& manifest) {
  std::uint64_t size = manifest.config.size;
  for (const oci::Descriptor& layer : manifest.layers) size += layer.size;
  return size;
}

// An image's platform stands in its config, which costs a request; an index names them itself.
Row describe(oci::ImageRepo& repo, const std::string& name) {
  const std::optional<oci::RawManifest> manifest = repo.read_manifest(name);
  if (!manifest) return {name, "", "", "removed while listing"};
  Row row{name, "sha256:" + manifest->descriptor.digest.short_hex(), "", ""};
  const oci::AnyManifest parsed = manifest->parsed();
  if (const auto* index = std::get_if<oci::Index>(&parsed)) {
    row.platforms = oci::platforms(*index);
  } else {
    row.size = ui::format_bytes(static_cast<double>(size_of(std::get<oci::Manifest>(parsed))));
  }
  return row;
}

std::string table(const std::vector<Row>& rows) {
  std::size_t name = 4;
  std::size_t size = 4;
  for (const Row& row : rows) {
    name = std::max(name, base::display_width(ui::printable_line(row.name)));
    size = std::max(size, row.size.size());
  }
  std::string out =
      fmt::format("{:<{}}  {:<19}  {:>{}}  {}\n", "NAME", name, "DIGEST", "SIZE", size, "PLATFORMS");
  for (const Row& row : rows) {
    std::string line = fmt::format("{:<{}}  {:<19}  {:>{}}  {}", ui::printable_line(row.name), name,
                                   row.digest, row.size, size, row.platforms);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::unique_ptr<oci::ImageRepo> open_place(const ImageContext& context, const std::string& text,
                                           app::ImageLocation& place) {
  place = app::parse_image_location(text);
  return app::open_source(place, context.access, context.cancellation, context.dry_run);
}

void tell_of_none(const ImageContext& context, const app::ImageLocation& place, const oci::ImageRepo& repo) {
  const bool whole_store = place.kind == app::ImageLocation::Kind::kStore && place.name.empty();
  context.sink.log(base::kNoActivity, base::LogLevel::kInfo,
                   "no images in " + (whole_store ? "the local store" : repo.name()));
}

}  // namespace

int image_list(const ImageContext& context) {
  const auto& arguments = context.line.arguments;
  app::ImageLocation place;
  const auto repo = open_place(context, arguments.empty() ? "store:" : arguments[0], place);
  const std::vector<std::string> names = names_in(place, *repo);
  if (names.empty()) {
    tell_of_none(context, place, *repo);
    return 0;
  }
  std::vector<Row> rows(names.size());
  base::parallel_for(names.size(), kAtOnce, [&](std::size_t i) {
    context.cancellation.throw_if_requested();
    rows[i] = describe(*repo, names[i]);
  });
  cli::print(table(rows));
  return 0;
}

int image_tags(const ImageContext& context) {
  app::ImageLocation place;
  const auto repo = open_place(context, context.line.arguments[0], place);
  if (place.has_reference() && (place.reference.digest || !place.reference.tag.empty())) {
    throw base::Error(
        base::ErrorCode::kUsage,
        fmt::format(
            "`ix image tags` needs a repository without a tag or digest\nhint: run `ix image tags {}{}`",
            place.kind == app::ImageLocation::Kind::kStore ? "store:" : "", place.reference.name()));
  }
  const std::vector<std::string> names = names_in(place, *repo);
  if (names.empty()) tell_of_none(context, place, *repo);
  for (const std::string& name : names) cli::print_bytes(name + "\n");
  return 0;
}

}  // namespace ixian::image_commands
