// The API server as far as pxguard uses it: lists in pages, single objects, watches, and writing.
//
// What comes is checked as JSON and handed on as a value of a document that lives only as long as
// the call: whoever wants to keep something copies it. The text is wiped afterwards, and so is what
// was sent.
//
// Threads: one call at a time; interrupt() may be called from any thread.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "cluster/failure.h"
#include "cluster/resource.h"
#include "cluster/transport.h"

namespace pxguard::cluster {

// Metadata: the server sends PartialObjectMetadata, and values never leave it.
enum class Detail { Whole, Metadata };

struct Selection {
  std::string ns{};    // "": all
  std::string name{};  // this object alone, as a field selector
  std::string label_selector{};
  Detail detail = Detail::Whole;
};

struct WatchEvent {
  enum class Type { Added, Modified, Deleted, Bookmark };
  Type type = Type::Added;
  json::Value object{};
};

// None: everything happens but the writing (dryRun=All), admission included.
enum class Effect { Written, None };

class Client {
 public:
  explicit Client(std::unique_ptr<Transport> transport);

  // Items one by one, page after page; the answer is the version to watch from. An item of a
  // typed list has no apiVersion and no kind. Gone in the middle: begins again from the first
  // page, and says so by `on_begin`, which is called before the first item each time.
  struct ListSteps {
    std::function<void()> on_begin;
    std::function<void(json::Value)> on_item;
  };
  Answer<std::string> list(const Resource& resource, const Selection& selection,
                           const ListSteps& steps);

  // Until the server ends the watch; the answer is the version to go on from. `version`, of a list
  // or an earlier watch. An event that cannot be read ends it with Broken. Bookmarks are asked for.
  Answer<std::string> watch(const Resource& resource, const Selection& selection,
                            std::string version,
                            const std::function<void(const WatchEvent&)>& on_event);

  Answer<json::Document> get(const Resource& resource, std::string_view ns, std::string_view name,
                             Detail detail = Detail::Whole);

  // Server-side apply, taking over fields that somebody else owns. `object`: JSON with apiVersion,
  // kind and metadata.name; with metadata.resourceVersion: Conflict where somebody was faster.
  Answer<json::Document> apply(const Resource& resource, std::string_view ns, std::string_view name,
                               const std::string& object, std::string_view manager = "pxguard");
  Answer<json::Document> create(const Resource& resource, std::string_view ns,
                                const std::string& object, Effect effect = Effect::Written);
  // Fields of `object` as they are there, null for those that go (RFC 7386); everything else stays.
  // With metadata.resourceVersion as above.
  Answer<json::Document> merge(const Resource& resource, std::string_view ns, std::string_view name,
                               const std::string& object);
  // With metadata.resourceVersion: Conflict where somebody was faster.
  Answer<json::Document> replace(const Resource& resource, std::string_view ns,
                                 std::string_view name, const std::string& object);
  // NotFound counts as done.
  Answer<bool> remove(const Resource& resource, std::string_view ns, std::string_view name);

  // The resources of an API group, of its preferred version; none where the group is not served.
  Answer<std::vector<Resource>> served(std::string_view group);
  // gitVersion: "v1.31.4+rke2r1"
  Answer<std::string> server_version();

  void interrupt() { transport_->interrupt(); }

 private:
  struct Page {
    std::string version{};
    std::string rest{};  // of the next page; "" where there is none
  };
  Answer<Page> list_page(const std::string& path, const Selection& selection,
                         const ListSteps& steps);
  Answer<std::string> list_once(const std::string& path, const Selection& selection,
                                const ListSteps& steps);
  Answer<json::Document> ask(Request request);

  std::unique_ptr<Transport> transport_;
};

}  // namespace pxguard::cluster
