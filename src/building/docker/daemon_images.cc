// An image gets into a daemon by two ways. If the daemon can reach the registry, it pulls and pushes by
// itself with our credentials, layer by layer, which is fast and needs no room here. Else ix reads the image
// and loads it as a docker archive, or saves it and pushes it: all of it, through a temporary file, since
// archives must be read from both ends.
#include "docker/daemon_images.h"

#include <fmt/format.h>
#include <unistd.h>

#include <map>
#include <vector>

#include "base/activity.h"
#include "base/error.h"
#include "base/text.h"
#include "files/fs.h"
#include "files/temporary_folder.h"
#include "layout/docker_archive.h"
#include "layout/file_io.h"
#include "layout/temporary_file.h"
#include "oci/copy_image.h"

namespace ixian::docker {
namespace {

using base::Error;
using base::ErrorCode;

// The repository of a registry that an ImageRepo stands for, by its name; nullopt for a store or a file.
std::optional<oci::Reference> registry_of(const oci::ImageRepo& repo) {
  const std::string name = repo.name();
  const std::size_t slash = name.find('/');
  if (slash == std::string::npos || !oci::looks_like_host(name.substr(0, slash))) return std::nullopt;
  try {
    return oci::parse_reference(name);
  } catch (const Error&) {
    return std::nullopt;
  }
}

oci::Reference with_identifier(oci::Reference repository, const std::string& ref) {
  repository.digest = oci::Digest::parse(ref);
  repository.tag = repository.digest ? "" : ref;
  return repository;
}

// Tells of bytes that move, as the daemon tells of them: by layer.
class Transfer {
 public:
  Transfer(base::EventSink& sink, const std::string& what, const std::string& detail)
      : activity_(sink, {what, detail}) {}

  void take(const base::Json& message) {
    const auto id = message.find("id");
    const auto detail = message.find("progressDetail");
    if (id == message.end() || detail == message.end() || !id->is_string() || !detail->is_object()) return;
    if (!detail->contains("current") || !detail->contains("total")) return;
    if (!detail->at("current").is_number_unsigned() || !detail->at("total").is_number_unsigned()) return;
    layers_[id->get<std::string>()] = {detail->at("current").get<std::uint64_t>(),
                                       detail->at("total").get<std::uint64_t>()};
    base::Progress progress{0, 0, "B"};
    for (const auto& [name, layer] : layers_) {
      progress.done += layer.first;
      progress.total += layer.second;
    }
    activity_.progress(progress);
  }
  base::Activity& activity() { return activity_; }

 private:
  base::Activity activity_;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> layers_;
};

void write_all(base::ByteSource& source, int fd, const std::string& path) {
  std::vector<char> buffer(256 << 10);
  std::uint64_t offset = 0;
  while (const std::size_t count = source.read(buffer.data(), buffer.size())) {
    layout::write_at(fd, {buffer.data(), count}, offset, path);
    offset += count;
  }
}

}  // namespace

std::optional<RegistryAuth> DaemonImages::login(const std::string& host) const {
  return services_.login ? services_.login(host) : std::nullopt;
}

bool DaemonImages::pull(const oci::Reference& reference, const std::string& platform, std::string& problem) {
  if (services_.daemon_can_reach && !services_.daemon_can_reach(reference.host)) {
    problem = fmt::format("the Docker daemon cannot reach {}", reference.host);
    return false;
  }
  Transfer transfer(sink_, "pull", reference.text());
  try {
    transfer.activity().run([&] {
      api_.pull(reference.name(), reference.identifier(), platform,
                registry_auth(reference.host, login(reference.host)),
                [&](const base::Json& message) { transfer.take(message); });
    });
  } catch (const Error& error) {
    problem = error.message();
    return false;
  }
  return true;
}

void DaemonImages::provide(const std::string& name, const std::string& platform) {
  const oci::Reference reference = oci::parse_reference(name);
  std::string problem;
  if (pull(reference, platform, problem)) return;
  // An archive gives names, and no digests, to what is loaded.
  if (services_.open_repo && !reference.digest) {
    sink_.log(base::kNoActivity, base::LogLevel::kDebug, problem + "; reading it by ix instead");
    try {
      const auto repo = services_.open_repo(reference);
      if (repo->find(reference.identifier())) return load(*repo, reference.identifier(), {reference.text()});
    } catch (const Error& error) {
      throw Error(ErrorCode::kRegistry, error.message(), problem);
    }
  }
  throw Error(ErrorCode::kRegistry,
              fmt::format("base image {} not found by the Docker daemon: {}", name, problem));
}

void DaemonImages::load(oci::ImageRepo& from, const std::string& ref, const std::vector<std::string>& names) {
  Transfer transfer(sink_, "load", names.empty() ? ref : base::join(names, ", "));
  transfer.activity().run([&] {
    const std::string path = fmt::format("{}/ix-load-{}-{}.tar", files::temporary_folder(), ::getpid(),
                                         static_cast<void*>(&transfer));
    const auto archive = layout::create_docker_archive(path, names, cancellation_);
    oci::copy_image(from, ref, *archive, "", {}, cancellation_);
    archive->finish();
    auto file = layout::open_for_reading(path);
    // Open already: it is gone whatever ends this process.
    ::unlink(path.c_str());
    const auto fd = std::make_shared<const files::UniqueFd>(std::move(file.fd));
    api_.load({file.size,
               [&, fd](std::uint64_t offset) {
                 return layout::read_range(fd, path, offset, file.size - offset, cancellation_);
               }},
              [&](const base::Json& message) { transfer.take(message); });
  });
}

void DaemonImages::import(oci::ImageRepo& from, const std::string& ref, const oci::Reference& name) {
  if (const auto repository = registry_of(from); repository && !ref.empty()) {
    const oci::Reference there = with_identifier(*repository, ref);
    std::string problem;
    if (pull(there, "", problem)) {
      if (there.text() != name.text()) api_.tag(there.text(), name.name(), name.identifier());
      return;
    }
    sink_.log(base::kNoActivity, base::LogLevel::kDebug, problem + "; reading it by ix instead");
  }
  load(from, ref, {name.text()});
}

// False where the daemon cannot, for whatever reason.
bool DaemonImages::push(const std::string& image, const oci::Reference& to) {
  const auto credentials = login(to.host);
  if (!credentials || (services_.daemon_can_reach && !services_.daemon_can_reach(to.host))) return false;
  // A daemon pushes by name only: the name is given for the push, and afterwards stands for what it stood
  // for.
  const bool named = api_.inspect_image(to.text()).has_value();
  const auto before = named ? api_.inspect_image(to.text())->value("Id", "") : "";
  Transfer transfer(sink_, "push", to.text());
  const auto restore = [&] {
    if (!named) {
      api_.remove(to.text());
    } else {
      api_.tag(before, to.name(), to.tag);
    }
  };
  api_.tag(image, to.name(), to.tag);
  bool pushed = false;
  try {
    transfer.activity().run([&] {
      api_.push(to.name(), to.tag, registry_auth(to.host, credentials),
                [&](const base::Json& message) { transfer.take(message); });
    });
    pushed = true;
  } catch (const Error& error) {
    sink_.log(base::kNoActivity, base::LogLevel::kDebug, error.message() + "; sending it by ix instead");
  }
  restore();
  return pushed;
}

oci::Descriptor DaemonImages::copy_to(const std::string& image, oci::ImageRepo& to, const std::string& ref) {
  if (const auto registry = registry_of(to); registry && oci::is_valid_tag(ref)) {
    if (push(image, with_identifier(*registry, ref))) {
      // The digest is the registry's: the daemon has made the manifest.
      if (auto there = to.find(ref)) return *std::move(there);
    }
  }
  layout::TemporaryFile file(files::temporary_folder(), ".ix-save-");
  write_all(*api_.save(image), file.fd(), file.path());
  const auto archive = layout::open_docker_archive(file.path(), cancellation_);
  return oci::copy_image(*archive, "", to, ref, {}, cancellation_).image;
}

}  // namespace ixian::docker
