// What is read from a StorageCluster, and the texts of spec.security.
#include <doctest/doctest.h>

#include <chrono>
#include <string>

#include "rules/model/storage_cluster.h"
#include "rules/model/token_lifetime.h"
#include "tests/support/objects.h"

using namespace pxguard;
using namespace pxguard::model;
using namespace std::chrono_literals;

namespace {

Object cluster(std::string_view annotations, std::string_view spec) {
  return test::object(
      "{apiVersion: core.libopenstorage.org/v1, kind: StorageCluster, metadata: "
      "{name: px, annotations: {" +
      std::string(annotations) + "}}, spec: {" + std::string(spec) + "}}");
}

bool is_px_csi(std::string_view annotations, std::string_view spec) {
  const Object object = cluster(annotations, spec);
  return StorageCluster::of(object)->is_px_csi();
}

}  // namespace

TEST_CASE("a token lifetime is digits and one unit") {
  CHECK(parse_token_lifetime("30s") == 30s);
  CHECK(parse_token_lifetime("15m") == 15min);
  CHECK(parse_token_lifetime("24h") == 24h);
  CHECK(parse_token_lifetime("5d") == 120h);
  CHECK(parse_token_lifetime("1y") == 8760h);
  CHECK(parse_token_lifetime("007h") == 7h);
  CHECK(parse_token_lifetime("0h") == 0s);
}

TEST_CASE("what Go or people would take as well is no token lifetime") {
  for (const char* text : {"", "h", "24", "1h30m", "1w", "24H", "1.5h", "-1h", "+1h", " 24h",
                           "24h ", "24 h", "500ms", "2weeks", "1d\n", "0x10h"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_token_lifetime(text).has_value());
  }
}

TEST_CASE("a token lifetime overflows above 292 years, and never counts wrong") {
  CHECK(*parse_token_lifetime("292y") <= kLongestTokenLifetime);
  CHECK(*parse_token_lifetime("293y") > kLongestTokenLifetime);
  CHECK(*parse_token_lifetime("9223372036s") == kLongestTokenLifetime);
  CHECK(parse_token_lifetime("9223372036854775807s") == std::chrono::seconds::max());
  CHECK(parse_token_lifetime("9223372036854775807y") == std::chrono::seconds::max());
  CHECK(parse_token_lifetime(std::string(400, '9') + 'd') == std::chrono::seconds::max());
}

TEST_CASE("PX-CSI is told by its image or by its argument") {
  CHECK(is_px_csi("", "image: 'registry.example:5000/portworx/px-pure-csi-driver:25.8.0'"));
  CHECK(is_px_csi("portworx.io/misc-args: '--oem px-csi'", "image: 'portworx/oci-monitor:25.2.0'"));
  CHECK_FALSE(is_px_csi("", "image: 'portworx/oci-monitor:3.1.0'"));
  CHECK_FALSE(is_px_csi("portworx.io/misc-args: '--oem esse'", ""));
  CHECK_FALSE(is_px_csi("portworx.io/misc-args: '-c px-csi'", ""));
  CHECK_FALSE(is_px_csi("portworx.io/misc-args: '--oem \"px-csi'", ""));
}
