// `ix image copy` and `ix image export`. Both are one copy between repositories (oci/copy_image.h); what
// differs is which name the image gets: the destination's, else the source's, else "latest". An archive is
// written by a repository that is finished at the end.
#include <fmt/format.h>

#include <functional>
#include <optional>

#include "app/image_location.h"
#include "base/activity.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/print.h"
#include "files/output_path.h"
#include "image_commands/image_commands.h"
#include "layout/docker_archive.h"
#include "oci/copy_image.h"
#include "oci/copy_referrers.h"
#include "ui/quantity.h"

namespace ixian::image_commands {
namespace {

oci::CopyOptions copy_options(const cli::ParsedCommand& line) {
  oci::CopyOptions options;
  options.whole_index = line.has("--all");
  if (const auto platform = line.value("--platform")) options.platform = oci::parse_platform(*platform);
  return options;
}

std::string told(const oci::CopyResult& result, const oci::ReferrersResult& referrers) {
  std::string text = "already up to date";
  if (!result.unchanged) {
    text = result.moved == 0 ? "no blobs to copy"
                             : fmt::format("{} copied, {}", base::counted(result.moved, "blob"),
                                           ui::format_bytes(static_cast<double>(result.bytes)));
  }
  if (result.mounted > 0) text += fmt::format("; {} mounted", result.mounted);
  if (result.skipped > 0) text += fmt::format("; {} already present", result.skipped);
  if (referrers.copied > 0)
    text += fmt::format("; {} copied with it", base::counted(referrers.copied, "referrer"));
  return text;
}

// With --all, signatures and the like as well. An image under another name in the same repository has them.
oci::ReferrersResult follow(const ImageContext& context, oci::ImageRepo& source, const oci::Descriptor& image,
                            oci::ImageRepo& target, const oci::CopyOptions& options) {
  if (!options.whole_index || source.name() == target.name()) return {};
  oci::ReferrersResult result = oci::copy_referrers(source, image, target, options, context.cancellation);
  for (const std::string& each : result.stays) {
    context.sink.log(base::kNoActivity, base::LogLevel::kWarning,
                     fmt::format("referrer of the image not copied: {}", each));
  }
  return result;
}

oci::CopyResult copy(const ImageContext& context, const app::ImageLocation& from, oci::ImageRepo& target,
                     const std::string& target_ref, const std::string& target_text,
                     oci::CopyOptions options) {
  const std::unique_ptr<oci::ImageRepo> source =
      app::open_source(from, context.access, context.cancellation, context.dry_run);
  // Who copies by hand wants it whole: parts that the target says it has are asked for, too.
  options.look_closer = true;
  options.events = &context.sink;
  base::Activity activity(context.sink, {"copy", from.text() + " → " + target_text});
  options.activity = activity.id();
  return activity.run([&] {
    oci::CopyResult result =
        oci::copy_image(*source, from.ref(), target, target_ref, options, context.cancellation);
    const oci::ReferrersResult referrers = follow(context, *source, result.image, target, options);
    const bool skipped = result.unchanged && referrers.copied == 0;
    activity.end(skipped ? base::ActivityStatus::kSkipped : base::ActivityStatus::kDone,
                 told(result, referrers));
    return result;
  });
}

oci::CopyResult write_archive(const ImageContext& context, const app::ImageLocation& from,
                              const std::string& file, const std::string& name,
                              const oci::CopyOptions& options) {
  const auto archive = layout::create_docker_archive(file, {name}, context.cancellation);
  const std::string tag = name.empty() ? "" : oci::parse_reference(name).identifier();
  const oci::CopyResult result = copy(context, from, *archive, tag, "docker-archive:" + file, options);
  archive->finish();
  return result;
}

// Whether the source is there is asked, and whether the target has it; nothing is written.
int tell_of_copy(const ImageContext& context, const app::ImageLocation& from, const oci::CopyOptions& options,
                 const std::string& target,
                 const std::function<std::optional<oci::Descriptor>()>& find_there) {
  const auto source = app::open_source(from, context.access, context.cancellation, context.dry_run);
  std::optional<oci::Descriptor> here = source->find(from.ref());
  if (here && !options.whole_index) {
    const auto one = oci::read_image(*source, from.ref(), options.platform.value_or(oci::host_platform()));
    if (one) here = one->descriptor;
  }
  if (!here) throw base::Error(base::ErrorCode::kRegistry, app::not_found_text(from));
  const auto there = find_there();
  cli::print(there && there->digest == here->digest
                 ? fmt::format("would copy nothing: {} is already {}\n", target, from.text())
                 : fmt::format("would copy {}, {}, to {}{}\n", from.text(), here->digest.text(), target,
                               there ? ", replacing another image" : ""));
  return 0;
}

// A destination folder without a tag gets the source's.
std::string tag_for(const app::ImageLocation& from, const app::ImageLocation& to) {
  if (!to.name.empty()) return to.name;
  if (from.has_reference()) return from.reference.tag.empty() ? "latest" : from.reference.tag;
  return from.name.empty() ? "latest" : from.name;
}

// "store:" alone is the store under the source's own name.
app::ImageLocation complete(app::ImageLocation to, const app::ImageLocation& from) {
  if (to.kind != app::ImageLocation::Kind::kStore || !to.name.empty()) return to;
  if (!from.has_reference() || from.reference.digest) {
    throw base::Error(base::ErrorCode::kUsage,
                      "missing name for the image in the store\nhint: name it as store:NAME:TAG");
  }
  to.reference = from.reference;
  to.name = from.reference.text();
  return to;
}

}  // namespace

int image_copy(const ImageContext& context) {
  const std::vector<std::string>& args = context.line.arguments;
  const oci::CopyOptions options = copy_options(context.line);
  const app::ImageLocation from = app::parse_image_location(args[0]);
  const app::ImageLocation to = complete(app::parse_image_location(args[1]), from);
  if (to.kind == app::ImageLocation::Kind::kDockerArchive) {
    const std::string name = !to.name.empty()                                 ? to.name
                             : from.has_reference() && !from.reference.digest ? from.reference.text()
                                                                              : "";
    const std::string target_text = "docker-archive:" + files::OutputPath(to.path).shown();
    if (context.dry_run)
      return tell_of_copy(context, from, options, target_text, [] { return std::nullopt; });
    const oci::CopyResult result = write_archive(context, from, to.path, name, options);
    cli::print(result.image.digest.text() + "\n");
    return 0;
  }
  if (to.has_reference() && to.reference.digest) {
    throw base::Error(
        base::ErrorCode::kUsage,
        "a digest cannot be chosen, it follows from the content\nhint: give the destination a tag");
  }
  const std::string ref = to.has_reference() ? to.ref() : tag_for(from, to);
  if (context.dry_run) {
    return tell_of_copy(context, from, options, to.text(), [&]() -> std::optional<oci::Descriptor> {
      // A folder that would be made has nothing yet.
      if (!app::can_be_read(to)) return std::nullopt;
      return app::open_source(to, context.access, context.cancellation, context.dry_run)->find(ref);
    });
  }
  const std::unique_ptr<oci::ImageRepo> target = app::open_target(to, context.access, context.cancellation);
  const oci::CopyResult result = copy(context, from, *target, ref, to.text(), options);
  cli::print(result.image.digest.text() + "\n");
  return 0;
}

int image_export(const ImageContext& context) {
  const std::vector<std::string>& args = context.line.arguments;
  const oci::CopyOptions options = copy_options(context.line);
  const app::ImageLocation from = app::parse_image_location(args[0]);
  std::string name = from.has_reference() ? from.reference.text() : from.name;
  if (from.has_reference() && from.reference.digest) name = "";
  if (from.kind == app::ImageLocation::Kind::kLayout && !name.empty() && name.find(':') == std::string::npos)
    name = "";
  if (context.dry_run) return tell_of_copy(context, from, options, args[1], [] { return std::nullopt; });
  write_archive(context, from, args[1], name, options);
  return 0;
}

}  // namespace ixian::image_commands
