#include "registry/traffic.h"

#include <utility>

#include "oci/forwarding_repo.h"

namespace ixian::registry {
namespace {

class CountedSource : public base::ByteSource {
 public:
  CountedSource(std::unique_ptr<base::ByteSource> source, std::shared_ptr<Traffic> traffic)
      : source_(std::move(source)), traffic_(std::move(traffic)) {}
  std::size_t read(char* buffer, std::size_t size) override {
    const std::size_t count = source_->read(buffer, size);
    traffic_->received += count;
    return count;
  }

 private:
  const std::unique_ptr<base::ByteSource> source_;
  const std::shared_ptr<Traffic> traffic_;
};

class CountedRepo : public oci::ForwardingRepo {
 public:
  CountedRepo(std::shared_ptr<oci::ImageRepo> repo, std::shared_ptr<Traffic> traffic)
      : repo_(std::move(repo)), traffic_(std::move(traffic)) {}

  std::string name() const override { return repo_->name(); }
  std::unique_ptr<base::ByteSource> open_blob(const oci::Descriptor& blob, std::uint64_t offset) override {
    return std::make_unique<CountedSource>(repo_->open_blob(blob, offset), traffic_);
  }
  void put_blob(const oci::Descriptor& blob, const base::OpenSource& open) override {
    repo_->put_blob(blob, open);
    traffic_->sent += blob.size;
  }
  bool mount_blob(const oci::Descriptor& blob, const oci::ImageRepo& from) override {
    const bool mounted = repo_->mount_blob(blob, from);
    if (mounted) ++traffic_->mounted;
    return mounted;
  }

 protected:
  oci::ImageRepo& repo() override { return *repo_; }

 private:
  const std::shared_ptr<oci::ImageRepo> repo_;
  const std::shared_ptr<Traffic> traffic_;
};

}  // namespace

std::shared_ptr<oci::ImageRepo> counted(std::shared_ptr<oci::ImageRepo> repo,
                                        std::shared_ptr<Traffic> traffic) {
  if (!repo) return repo;
  return std::make_shared<CountedRepo>(std::move(repo), std::move(traffic));
}

}  // namespace ixian::registry
