// COPY, ADD and WORKDIR give a layer from the sources and a view of the image below; nothing is mounted, and
// no layer is extracted for it. All three fill a draft (see layer_builder.h for where things go), which is
// then written as a tar in one go, in the order of paths: equal inputs give equal bytes.
#include "executor/file_step.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <stdexcept>
#include <variant>

#include "base/error.h"
#include "context/git_mode_view.h"
#include "executor/archive_source.h"
#include "executor/chown.h"
#include "executor/layer_builder.h"
#include "layer_files/from_entries.h"
#include "snapshot/blob_sink.h"
#include "snapshot/layers_view.h"
#include "steps/step_definition.h"

namespace ixian::executor {
namespace {

using base::Error;
using base::ErrorCode;

class FileStep {
 public:
  FileStep(const steps::Step& step, const CopyInput& input, const snapshot::LayerStack& below,
           const FileStepContext& context)
      : step_(step), input_(input), below_(below), context_(context) {}

  std::optional<layer::WrittenLayer> run() {
    std::visit([this](const auto& body) { (*this)(body); }, step_.instruction.body);
    return std::move(written_);
  }

  template <typename Other>
  void operator()(const Other&) {}

  void operator()(const dockerfile::Workdir& workdir) {
    const snapshot::LayersView image(below_);
    LayerBuilder draft(image, {{}, false, {}, false, now()});
    const std::string path = step_.settings->absolute(workdir.path.text);
    const std::string real = context::resolve_path(image, path, true);
    const auto there = image.find(real);
    if (real.empty() || (there && there->type == tar::TarType::kFolder)) return;
    // Docker gives the folders to the user who will work in them.
    draft.make_folder(path, parse_user(step_.settings->user(), image));
    write(draft);
  }

  void operator()(const dockerfile::Copy& copy) {
    begin(copy, !copy.from.empty(), copy.parents);
    draft_->copy(input_.view, input_.selection, destination_);
    add_inline(copy);
    write(*draft_);
  }

  void operator()(const dockerfile::Add& add) {
    begin(add, false, false);
    for (const context::SelectedSource& source : input_.selection) {
      const bool may_unpack = add.unpack.value_or(true) && !source.is_folder && source.files.size() == 1 &&
                              source.files[0].entry.type == tar::TarType::kFile;
      // Whether a file is an archive is seen in its bytes, not in its name.
      if (may_unpack && unpack(input_.view->open(source.files[0].path).get(), source.name)) continue;
      draft_->copy(input_.view, {source}, destination_);
    }
    for (const stages::RemoteSource& remote : step_.remote) {
      if (remote.url) {
        add_download(remote, add.unpack.value_or(false));
      } else {
        add_checkout(remote, add);
      }
    }
    add_inline(add);
    write(*draft_);
  }

 private:
  std::int64_t now() const {
    return context_.source_date_epoch.value_or(context_.modes == engine::ContextModes::kGit
                                                   ? context::kFixedTime
                                                   : static_cast<std::int64_t>(std::time(nullptr)));
  }

  void begin(const dockerfile::CopyBase& transfer, bool own_owner, bool parents) {
    image_ = transfer.link ? std::unique_ptr<context::FileView>(std::make_unique<context::EmptyView>())
                           : std::make_unique<snapshot::LayersView>(below_);
    FileAttributes style;
    style.own_owner = own_owner;
    // What comes from an image has the modes that some instruction gave it.
    style.fixed_times = context_.modes == engine::ContextModes::kGit && !own_owner;
    style.time = now();
    if (!transfer.chown.empty()) {
      // Names of users need /etc/passwd of the image, even where --link knows nothing of the image otherwise.
      style.owner = transfer.link ? parse_chown(transfer.chown.text, snapshot::LayersView(below_))
                                  : parse_chown(transfer.chown.text, *image_);
    }
    try {
      if (!transfer.chmod.empty()) style.chmod = dockerfile::FileMode(transfer.chmod.text);
    } catch (const std::invalid_argument& error) {
      throw Error(ErrorCode::kTaskFailed, error.what());
    }
    draft_ = std::make_unique<LayerBuilder>(*image_, std::move(style));
    destination_ = steps::copy_destination(transfer, parents, *step_.settings);
  }

  void add_inline(const dockerfile::CopyBase& transfer) {
    for (const auto& file : transfer.inline_files) {
      tar::TarEntry entry;
      entry.name = file.name;
      entry.mode = 0644;
      entry.mtime = now();
      entry.size = file.content.size();
      layer_files::LayerEntry content;
      content.content = layer_files::InlineText{file.content};
      draft_->add_file(std::move(entry), std::move(content), destination_);
    }
  }

  bool unpack(int fd, const std::string& name) {
    // Kept until the layer is written: entries of an archive are read from there.
    works_.push_back(context_.services.store().work());
    return read_archive(
        fd, name, works_.back(),
        [&](tar::TarEntry entry, layer_files::LayerEntry content) {
          draft_->unpack(std::move(entry), std::move(content), destination_);
        },
        context_.services.cancellation());
  }

  void add_download(const stages::RemoteSource& remote, bool may_unpack) {
    const auto download = context_.remote.download(remote, context_.services.cancellation());
    downloads_.push_back(download);
    if (may_unpack && unpack(download->fd->get(), remote.shown())) return;
    tar::TarEntry entry;
    entry.name = remote.url->file_name;
    // BuildKit's mode for downloads.
    entry.mode = 0600;
    entry.mtime = download->mtime;
    entry.size = download->size;
    layer_files::LayerEntry content;
    content.content = layer_files::OpenedFile{download->fd, remote.shown()};
    draft_->add_file(std::move(entry), std::move(content), destination_);
  }

  void add_checkout(const stages::RemoteSource& remote, const dockerfile::Add& add) {
    const auto checkout = context_.remote.checkout(remote, context_.services.cancellation());
    checkouts_.push_back(checkout);
    const auto options = steps::selection_options(add, false, "the git repository");
    draft_->copy(checkout->files, context::select(*checkout->files, {""}, options), destination_);
  }

  void write(LayerBuilder& draft) {
    if (draft.empty()) return;
    snapshot::BlobSink sink(context_.services.store());
    auto written = layer_files::from_entries(draft.take(), sink, write_options(context_.source_date_epoch),
                                             context_.services.cancellation());
    sink.keep(written);
    if (!written.empty()) written_ = std::move(written);
  }

  const steps::Step& step_;
  const CopyInput& input_;
  const snapshot::LayerStack& below_;
  const FileStepContext& context_;
  std::unique_ptr<context::FileView> image_;
  std::unique_ptr<LayerBuilder> draft_;
  std::string destination_;
  std::vector<std::shared_ptr<store::WorkDir>> works_;
  std::vector<std::shared_ptr<const fetch::Download>> downloads_;
  std::vector<std::shared_ptr<const fetch::Checkout>> checkouts_;
  std::optional<layer::WrittenLayer> written_;
};

}  // namespace

std::optional<layer::WrittenLayer> write_file_layer(const steps::Step& step, const CopyInput& input,
                                                    const snapshot::LayerStack& below,
                                                    const FileStepContext& context) {
  return FileStep(step, input, below, context).run();
}

layer::WriteOptions write_options(const std::optional<std::int64_t>& source_date_epoch) {
  layer::WriteOptions options;
  options.latest_mtime = source_date_epoch;
  return options;
}

}  // namespace ixian::executor
