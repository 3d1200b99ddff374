#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "cluster/client.h"
#include "cluster/watch_lines.h"
#include "support/scripted_transport.h"

namespace pxguard::cluster {
namespace {

using testing::fails;
using testing::says;
using testing::Script;
using testing::ScriptedTransport;
using testing::Step;
using testing::streams;
using Kind = Failure::Kind;

const Resource kClasses{.group = "storage.k8s.io",
                        .plural = "storageclasses",
                        .kind = "StorageClass",
                        .is_namespaced = false};
const Resource kSecrets{.plural = "secrets", .kind = "Secret"};

Client client_of(Script& script) { return Client(std::make_unique<ScriptedTransport>(script)); }

std::string page(std::string_view names, std::string_view rest = "", std::string_view at = "7") {
  std::string items;
  for (const char name : names) {
    items += (items.empty() ? "" : ",") + std::string(R"({"metadata":{"name":")") + name + "\"}}";
  }
  return R"({"metadata":{"resourceVersion":")" + std::string(at) + R"(","continue":")" +
         std::string(rest) + R"("},"items":[)" + items + "]}";
}

std::string event(std::string_view type, std::string_view name, std::string_view version) {
  return R"({"type":")" + std::string(type) + R"(","object":{"metadata":{"name":")" +
         std::string(name) + R"(","resourceVersion":")" + std::string(version) + "\"}}}\n";
}

constexpr std::string_view kGone =
    R"({"kind":"Status","status":"Failure","message":"too old resource version","code":410})";

// The names of a list in order; "|" where it begins.
struct Listed {
  std::string names;
  Answer<std::string> version;
};
Listed list(Script& script, const Selection& selection = {}) {
  std::string names;
  Client client = client_of(script);
  auto version = client.list(
      kClasses, selection,
      {.on_begin = [&names] { names += '|'; },
       .on_item = [&names](json::Value item) { names += item.at("metadata.name").text(); }});
  return {names, std::move(version)};
}

struct Watched {
  std::string events;
  Answer<std::string> version;
};
Watched watch(std::vector<std::string> pieces) {
  Script script({streams(std::move(pieces))});
  Client client = client_of(script);
  std::string events;
  auto version = client.watch(kClasses, {}, "5", [&events](const WatchEvent& each) {
    events += "+~-b"[static_cast<int>(each.type)];
    events += each.object.at("metadata.name").text();
  });
  return {events, std::move(version)};
}

}  // namespace

TEST_CASE("a list is read page after page, and its version is that of the last one") {
  Script script({says(page("ab", "next/1", "7")), says(page("c", "", "7"))});
  const Listed listed = list(script, {.label_selector = "app=px,tier!=x"});
  CHECK(listed.names == "|abc");
  REQUIRE(listed.version.has_value());
  CHECK(*listed.version == "7");
  CHECK(script.asked()[0].path ==
        "/apis/storage.k8s.io/v1/storageclasses?limit=250&labelSelector=app%3Dpx%2Ctier%21%3Dx");
  CHECK(script.asked()[1].path.ends_with("&continue=next%2F1"));
}

TEST_CASE("a list that grows too old between its pages begins again") {
  Script script({says(page("ab", "1")), says(std::string(kGone), 410), says(page("cd"))});
  const Listed listed = list(script);
  CHECK(listed.names == "|ab|cd");
  CHECK(listed.version.has_value());
}

TEST_CASE("a list that grows too old again and again is given up") {
  Script script({says(std::string(kGone), 410), says(std::string(kGone), 410),
                 says(std::string(kGone), 410), says(page("a"))});
  const Listed listed = list(script);
  REQUIRE_FALSE(listed.version.has_value());
  CHECK(listed.version.error().kind == Kind::Gone);
}

TEST_CASE("a server that sends the same page for ever is left") {
  Script script({says(page("a", "1")), says(page("a", "1"))});
  const Listed listed = list(script);
  REQUIRE_FALSE(listed.version.has_value());
  CHECK(listed.version.error().kind == Kind::Broken);
}

TEST_CASE("where metadata is enough, values are not asked for") {
  Script script({says(page("a")), says(R"({"metadata":{}})"), streams({})});
  list(script, {.name = "px", .detail = Detail::Metadata});
  Client client = client_of(script);
  CHECK(client.get(kSecrets, "kube-system", "keys", Detail::Metadata).has_value());
  CHECK(client.watch(kSecrets, {.ns = "a", .detail = Detail::Metadata}, "1", [](auto&) {})
            .has_value());
  const auto asked = script.asked();
  CHECK(asked[0].accept == "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1");
  CHECK(asked[0].path.ends_with("&fieldSelector=metadata.name%3Dpx"));
  CHECK(asked[1].accept == "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
  CHECK(asked[2].accept == asked[1].accept);
  CHECK(asked[2].path.starts_with(
      "/api/v1/namespaces/a/secrets?watch=1&allowWatchBookmarks=true&resourceVersion=1&"));
}

TEST_CASE("a status says what went wrong, in the server's words") {
  struct Row {
    int status;
    Kind kind;
  };
  for (const Row& row : {Row{401, Kind::Unauthorized}, Row{403, Kind::Forbidden},
                         Row{404, Kind::NotFound}, Row{409, Kind::Conflict}, Row{410, Kind::Gone},
                         Row{422, Kind::Refused}, Row{429, Kind::Throttled}, Row{500, Kind::Broken},
                         Row{503, Kind::Throttled}, Row{302, Kind::Broken}}) {
    CAPTURE(row.status);
    Script script({says(R"({"message":"no\nway","details":{"retryAfterSeconds":2}})", row.status)});
    const auto answer = client_of(script).get(kSecrets, "a", "b");
    REQUIRE_FALSE(answer.has_value());
    CHECK(answer.error().kind == row.kind);
    CHECK(answer.error().message == "no?way");
    CHECK(answer.error().retry_after == std::chrono::seconds(2));
  }
  Script bare({says("<html>", 502)});
  CHECK(client_of(bare).get(kSecrets, "a", "b").error().message == "the API server answered 502");
}

TEST_CASE("an answer that is no object is broken") {
  for (const char* body : {"", "[]", "{", "null", R"({"items":[]})"}) {
    CAPTURE(body);
    Script script({says(body)});
    const Listed listed = list(script);
    REQUIRE_FALSE(listed.version.has_value());
    CHECK(listed.version.error().kind == Kind::Broken);
  }
}

TEST_CASE("events are read wherever the stream is divided, and the last one's version is kept") {
  const std::string all = event("ADDED", "a", "6") + event("MODIFIED", "a", "7") +
                          event("DELETED", "a", "8") + event("BOOKMARK", "", "9");
  for (std::size_t size : {std::size_t{1}, std::size_t{7}, all.size()}) {
    CAPTURE(size);
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < all.size(); at += size) pieces.push_back(all.substr(at, size));
    const Watched watched = watch(pieces);
    CHECK(watched.events == "+a~a-ab");
    REQUIRE(watched.version.has_value());
    CHECK(*watched.version == "9");
  }
}

TEST_CASE("a watch that brought nothing goes on from where it began") {
  CHECK(*watch({}).version == "5");
}

TEST_CASE("an event that cannot be read ends the watch, and nothing of it is handed on") {
  for (const std::string& line :
       {std::string("{\"type\":\"ADDED\",\n"), std::string("nonsense\n"),
        std::string(R"({"type":"NEWS","object":{"metadata":{"resourceVersion":"9"}}})") + '\n',
        std::string(R"({"type":"ADDED","object":{"metadata":{}}})") + '\n',
        event("ADDED", "b", "9").substr(0, 30)}) {
    CAPTURE(line);
    const Watched watched = watch({event("ADDED", "a", "6"), line});
    CHECK(watched.events == "+a");
    REQUIRE_FALSE(watched.version.has_value());
    CHECK(watched.version.error().kind == Kind::Broken);
  }
}

TEST_CASE("a version that is too old is said inside of a watch, or instead of it") {
  const Watched inside = watch({R"({"type":"ERROR","object":)" + std::string(kGone) + "}\n"});
  CHECK(inside.version.error().kind == Kind::Gone);
  Script script({says(std::string(kGone), 410)});
  const auto instead = client_of(script).watch(kClasses, {}, "1", [](auto&) {});
  CHECK(instead.error().kind == Kind::Gone);
}

TEST_CASE("a line without an end is not kept") {
  const WatchLines::OnEvent ignore = [](const WatchEvent&) {};
  WatchLines lines("1", ignore, 100);
  CHECK(lines.take(std::string(100, 'x')));
  CHECK_FALSE(lines.take("x"));
  REQUIRE(lines.failure().has_value());
  CHECK(lines.failure()->kind == Kind::Broken);
}

TEST_CASE("what is written names its manager, and takes over what others own") {
  Script script({says("{}"), says("{}"), says("{}"), says("{}"), says("", 404)});
  Client client = client_of(script);
  CHECK(client.apply(kSecrets, "a", "b", R"({"x":1})").has_value());
  CHECK(client.create(kSecrets, "a", "{}").has_value());
  CHECK(client.replace(kSecrets, "a", "b", "{}").has_value());
  CHECK(client.remove(kSecrets, "a", "b").value());
  CHECK_FALSE(client.remove(kSecrets, "a", "b").value());
  const auto asked = script.asked();
  CHECK(asked[0].method == "PATCH");
  CHECK(asked[0].path == "/api/v1/namespaces/a/secrets/b?fieldManager=pxguard&force=true");
  CHECK(asked[0].content_type == "application/apply-patch+yaml");
  CHECK(asked[0].body == R"({"x":1})");
  CHECK(asked[1].method == "POST");
  CHECK(asked[2].method == "PUT");
  CHECK(asked[3].method == "DELETE");
}

TEST_CASE("the resources of a group are those of its preferred version, without subresources") {
  Script script({says(R"({"preferredVersion":{"version":"v1beta1"}})"),
                 says(R"({"resources":[{"name":"things","kind":"Thing","namespaced":true},
                                       {"name":"things/status","kind":"Thing","namespaced":true},
                                       {"name":"pools","kind":"Pool","namespaced":false}]})"),
                 says("{}", 404)});
  Client client = client_of(script);
  const auto served = client.served("px.io");
  REQUIRE(served.has_value());
  REQUIRE(served->size() == 2);
  CHECK((*served)[0].path("a") == "/apis/px.io/v1beta1/namespaces/a/things");
  CHECK_FALSE((*served)[1].is_namespaced);
  CHECK(script.asked()[1].path == "/apis/px.io/v1beta1");
  CHECK(client.served("gone.io")->empty());
}

}  // namespace pxguard::cluster
