// A registry that is down must cost a run one warning and one timeout, not one per image. What fails is given
// up for the rest of the plan: the whole host for a project's own registry, the repository alone for one of
// `cache_from`, which may be closed to us on a host that serves others. A refusal (an error for this one
// image) is believed only the second time: registries answer so for an image that they have lost, and still
// have all the others.
#include "plan/image_lookup.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.h"
#include "base/missing_credential.h"
#include "base/thread_pool.h"
#include "oci/reference.h"
#include "oci/refused.h"

namespace ixian::plan {
namespace {

constexpr unsigned kQuestionsAtOnce = 32;

std::string registry_host(const std::string& repository) {
  try {
    return oci::parse_reference(repository).host;
  } catch (const base::Error&) {
    return repository.substr(0, repository.find('/'));
  }
}

}  // namespace

ImageLookup::Answers ImageLookup::ask_local(const std::vector<ImageQuery>& questions) {
  for (const auto& question : questions) {
    auto& finder = engine_[question.repository];
    if (!finder) finder = places_.local(question.repository);
  }
  Answers answers(questions.size());
  base::parallel_for(questions.size(), kQuestionsAtOnce, [&](std::size_t i) {
    cancellation_.throw_if_requested();
    answers[i].image = engine_.at(questions[i].repository)->find(questions[i].tag);
  });
  return answers;
}

ImageLookup::Answers ImageLookup::ask_registries(const std::vector<ImageQuery>& questions) {
  Answers answers(questions.size());
  std::vector<const Endpoint*> places;
  // Before the threads: finders are made by one thread, and the map does not grow under the others.
  for (const auto& question : questions) places.push_back(&registry(question.repository));
  const unsigned before = questions_;
  base::parallel_for(questions.size(), kQuestionsAtOnce, [&](std::size_t i) {
    cancellation_.throw_if_requested();
    const Endpoint& place = *places[i];
    if (place.closed) return;  // the project has no registry: nobody is to be asked
    answers[i].known = false;
    if (!may_ask(place)) return;
    try {
      answers[i].image = place.finder->find(questions[i].tag);
      answers[i].known = true;
      answers[i].asked = true;
    } catch (const base::MissingCredential&) {
      // A missing credential is the user's to mend, and no reason to build what a registry may have.
      throw;
    } catch (const oci::Refused& error) {
      note_refusal(place, questions[i], error.advised());
    } catch (const base::Error& error) {
      note_down(place, error.advised());
    }
  });
  if (questions_ != before) ++rounds_;
  return answers;
}

std::vector<bool> ImageLookup::are_complete(const std::vector<ImageQuery>& questions) {
  std::vector<char> complete(questions.size(), 1);
  if (places_.is_complete && !questions.empty()) {
    base::parallel_for(questions.size(), kQuestionsAtOnce, [&](std::size_t i) {
      cancellation_.throw_if_requested();
      complete[i] = places_.is_complete(questions[i].repository, questions[i].tag) ? 1 : 0;
    });
  }
  return {complete.begin(), complete.end()};
}

const ImageLookup::Endpoint& ImageLookup::registry(const std::string& repository) {
  const auto [found, is_new] = registries_.try_emplace(repository);
  Endpoint& place = found->second;
  if (!is_new) return place;
  place.host = registry_host(repository);
  const auto& further = places_.cache_from;
  const bool is_further = std::find(further.begin(), further.end(), repository) != further.end();
  place.gives_up = is_further ? repository : place.host;
  try {
    place.finder = places_.registry(repository);
    place.closed = place.finder == nullptr && places_.has_registries && !places_.has_registries();
    // Whoever found out that it is not among the project's registries has told it.
  } catch (const base::Error& error) {
    note_down(place, error.advised());
  }
  return place;
}

// Counts the question that follows.
bool ImageLookup::may_ask(const Endpoint& place) {
  std::lock_guard lock(mutex_);
  if (place.finder == nullptr || down_.contains(place.host) || down_.contains(place.gives_up)) return false;
  ++questions_;
  return true;
}

// Registries answer with an error for an image that they have lost, and have the others. One that answers so
// twice is not asked any more.
void ImageLookup::note_refusal(const Endpoint& place, const ImageQuery& question, const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (down_.contains(place.gives_up)) return;
    if (refused_.insert(place.gives_up).second) {
      sink_.log(base::kNoActivity, base::LogLevel::kWarning,
                fmt::format("unknown whether image {1} is in {0}; it is built unless found elsewhere: {2}",
                            place.host, question.tag, reason));
      return;
    }
  }
  note_down(place, reason);
}

void ImageLookup::note_down(const Endpoint& place, const std::string& reason) {
  {
    std::lock_guard lock(mutex_);
    if (!down_.insert(place.gives_up).second) return;
  }
  sink_.log(base::kNoActivity, base::LogLevel::kWarning,
            fmt::format("{} disabled for this run; images not found elsewhere are built: {}", place.gives_up,
                        reason));
}

}  // namespace ixian::plan
