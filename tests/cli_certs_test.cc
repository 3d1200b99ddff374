// pxguard certs init.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <sstream>
#include <string>

#include "certs/authority.h"
#include "certs/key_pair.h"
#include "cli/certs_init.h"
#include "tests/support/contains.h"
#include "tests/support/folder.h"

namespace pxguard::cli {
namespace {

using test::contains;

using namespace std::chrono_literals;
using test::Folder;
using test::read;

const auto kNow = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

Outcome init(const CertsInitOptions& options) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = init_certs(options, kNow, out, err);
  return {status, out.str(), err.str()};
}

mode_t mode_of(const std::string& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

}  // namespace

TEST_CASE("certs init writes a CA and a leaf that it signed, the keys for their owner alone") {
  const Folder folder;
  const Outcome outcome = init({.out = folder.path("new")});
  CHECK(outcome.status == 0);
  CHECK(contains(outcome.out, "pxguard.pxguard.svc"));
  const auto leaf =
      certs::KeyPair::parse(read(folder.path("new/tls.crt")), read(folder.path("new/tls.key")));
  REQUIRE(leaf.has_value());
  CHECK(leaf->not_after() == kNow + 90 * 24h);
  const auto authority =
      certs::Authority::load(read(folder.path("new/ca.crt")), read(folder.path("new/ca.key")));
  REQUIRE(authority.has_value());
  CHECK(authority->validity().not_after > leaf->not_after());
  CHECK(mode_of(folder.path("new/tls.key")) == 0600);
  CHECK(mode_of(folder.path("new/ca.key")) == 0600);
  CHECK_FALSE(contains(outcome.out, "PRIVATE KEY"));
}

TEST_CASE("certs init never replaces a serving certificate, and signs with the CA that is there") {
  const Folder folder;
  REQUIRE(init({.out = folder.path()}).status == 0);
  const std::string authority = read(folder.path("ca.crt"));
  const std::string first = read(folder.path("tls.crt"));

  const Outcome again = init({.out = folder.path()});
  CHECK(again.status == 3);
  CHECK(contains(again.err, "tls.crt is there already"));
  CHECK(read(folder.path("tls.crt")) == first);

  std::filesystem::remove(folder.path("tls.crt"));
  std::filesystem::remove(folder.path("tls.key"));
  const Outcome signed_again = init({.out = folder.path(), .dns_names = {"localhost"}});
  CHECK(signed_again.status == 0);
  CHECK(contains(signed_again.out, "the CA that was there"));
  CHECK(read(folder.path("ca.crt")) == authority);
  CHECK(read(folder.path("tls.crt")) != first);
}

TEST_CASE("what certs init cannot do leaves nothing behind") {
  const Folder folder;
  SUBCASE("a name with a comma") {
    const Outcome outcome = init({.out = folder.path(), .dns_names = {"a,DNS:evil"}});
    CHECK(outcome.status == 2);
    CHECK(contains(outcome.err, "DNS name"));
  }
  SUBCASE("no address") { CHECK(init({.out = folder.path(), .ip_addresses = {"x"}}).status == 2); }
  SUBCASE("no day") {
    const Outcome outcome = init({.out = folder.path(), .days = 0});
    CHECK(outcome.status == 2);
    CHECK(contains(outcome.err, "1 to 3650"));
  }
  CHECK(std::filesystem::is_empty(folder.path()));
}

TEST_CASE("certs init says which file is in the way") {
  const Folder folder;
  SUBCASE("half a CA") {
    folder.put("ca.crt", "x");
    const Outcome outcome = init({.out = folder.path()});
    CHECK(outcome.status == 3);
    CHECK(contains(outcome.err, "ca.key one is missing"));
  }
  SUBCASE("a CA that is none") {
    folder.put("ca.crt", "x");
    folder.put("ca.key", "y");
    const Outcome outcome = init({.out = folder.path()});
    CHECK(outcome.status == 3);
    CHECK(contains(outcome.err, "ca.crt: "));
  }
  SUBCASE("a file instead of the folder") {
    const Outcome outcome = init({.out = folder.put("file", "")});
    CHECK(outcome.status == 3);
    CHECK(contains(outcome.err, "not a folder"));
  }
  SUBCASE("a folder below one that is not there") {
    CHECK(init({.out = folder.path("a/b")}).status == 3);
  }
}

}  // namespace pxguard::cli
