// The embedded engine keeps what all engines promise.
#include "testing/engine_contract.h"

#include <memory>

#include "embedded/embedded_engine.h"
#include "fetch/fetcher.h"
#include "store/store.h"

namespace ixian::testing {

// Reaches no registry.
class EmbeddedFixture {
 public:
  EmbeddedFixture() {
    embedded::EngineServices services;
    services.store = store::Store::open(folder_ / "store", never_);
    services.open_repo = [](const oci::Reference& reference) -> std::shared_ptr<oci::ImageRepo> {
      throw base::Error(base::ErrorCode::kRegistry, reference.host + " does not answer.");
    };
    services.open_for_push = services.open_repo;
    services.remote = std::make_shared<fetch::Fetcher>(services.store, fetch::Fetcher::GetClient());
    engine_ = embedded::make_embedded_engine(std::move(services));
  }

  engine::Engine& engine() { return *engine_; }

 private:
  TempFolder folder_;
  base::Cancellation never_;
  std::unique_ptr<engine::Engine> engine_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Embedded, EngineContract, EmbeddedFixture);

}  // namespace ixian::testing
