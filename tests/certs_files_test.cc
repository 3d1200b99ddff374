// Files that somebody replaces, and certificates as a client and as people look at them.
#include <doctest/doctest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "certs/authority.h"
#include "certs/certificate.h"
#include "certs/file_source.h"

namespace pxguard::certs {
namespace {

using namespace std::chrono_literals;
using Change = FileSource::Change;

constexpr auto kDay = std::chrono::hours(24);
const auto kNow = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
const Validity kValid{kNow - kDay, kNow + 30 * kDay};
const std::string kName = "pxguard.pxguard.svc";

Authority new_authority() {
  return Authority::create("a CA", {kNow - 10 * kDay, kNow + 100 * kDay}).value();
}

Issued issue(const Authority& authority, Validity validity = kValid,
             std::vector<std::string> names = {kName}) {
  return authority.issue({.common_name = "x", .dns_names = std::move(names), .validity = validity})
      .value();
}

struct Disk {
  std::map<std::string, std::string> files;
  Published<KeyPair> pairs;
  FileSource source{"crt", "key",
                    [this](const std::string& path) -> Result<std::string> { return files[path]; },
                    pairs};

  void put(const Issued& issued) {
    files["crt"] = issued.certificate_pem;
    files["key"] = issued.key_pem.expose();
  }
  // As seen twice: one look alone may have met the middle of a change.
  FileSource::Look look() {
    const FileSource::Look first = source.poll(kNow);
    return first.change == Change::None ? source.poll(kNow) : first;
  }
};

TEST_CASE("what is worse than what is served does not take its place, and is said why") {
  const Authority ca = new_authority();
  Disk disk;
  disk.put(issue(ca, kValid, {kName, "second.example.com"}));
  REQUIRE(disk.look().change == Change::Replaced);
  const auto served = disk.pairs.get();
  struct Case {
    Issued offered;
    std::string_view why;
  };
  const std::vector<std::string> both = {kName, "second.example.com"};
  std::vector<Case> cases;
  cases.push_back({issue(ca, {kNow - 9 * kDay, kNow - 1s}, both), "has expired on"});
  cases.push_back({issue(ca, {kNow + kDay, kNow + 9 * kDay}, both), "is not valid before"});
  cases.push_back({issue(ca), "is not for second.example.com"});
  for (const Case& one : cases) {
    CAPTURE(one.why);
    disk.put(one.offered);
    const FileSource::Look look = disk.look();
    CHECK(look.change == Change::Refused);
    CHECK(look.why.find(one.why) != std::string::npos);
    CHECK(disk.pairs.get() == served);
    CHECK(disk.source.is_failing());
  }
  disk.put(issue(ca, kValid, {"*.pxguard.svc", "second.example.com"}));
  CHECK(disk.look().change == Change::Replaced);
  CHECK_FALSE(disk.source.is_failing());
}

TEST_CASE("a chain that the pair before had must come with the next one of the same issuer") {
  const Authority ca = new_authority();
  const std::string above = ca.certificate_pem().value();
  Disk disk;
  Issued chained = issue(ca);
  chained.certificate_pem += above;
  disk.put(chained);
  REQUIRE(disk.look().change == Change::Replaced);
  const Issued next = issue(ca);
  disk.put(next);
  CHECK(disk.look().why.find("certificate of its issuer is missing") != std::string::npos);
  disk.files["crt"] += above;
  CHECK(disk.look().change == Change::Replaced);
}

TEST_CASE("when what is served has expired itself, anything that matches is taken") {
  const Authority ca = new_authority();
  Disk disk;
  disk.put(issue(ca, {kNow - 9 * kDay, kNow - kDay}));
  REQUIRE(disk.look().change == Change::Replaced);
  disk.put(issue(ca, kValid, {"other.example.com"}));
  CHECK(disk.look().change == Change::Replaced);
}

TEST_CASE("a client that trusts the CA takes the leaf, for its name and time alone") {
  const Authority ca = new_authority();
  const KeyPair leaf = issue(ca).pair().value();
  const std::string bundle = ca.certificate_pem().value();
  const std::string other = new_authority().certificate_pem().value();
  CHECK_FALSE(why_not_trusted(leaf, bundle, kName, kNow));
  CHECK_FALSE(why_not_trusted(leaf, other + bundle, kName, kNow));
  CHECK_FALSE(why_not_trusted(leaf, "nonsense\n" + bundle, kName, kNow));
  CHECK(why_not_trusted(leaf, other, kName, kNow));
  CHECK(why_not_trusted(leaf, "", kName, kNow));
  CHECK(why_not_trusted(leaf, bundle, "pxguard.other.svc", kNow));
  CHECK(why_not_trusted(leaf, bundle, kName, kNow + 31 * kDay));
  CHECK(why_not_trusted(leaf, bundle, kName, kNow - 2 * kDay));
}

TEST_CASE("certificates of a bundle are read one by one, whatever lies between them") {
  const Authority one = new_authority();
  const Authority two = new_authority();
  const std::string pem = one.certificate_pem().value();
  const std::string damaged = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const auto read = certificates_in("# a comment\n" + pem + damaged + pem +
                                    two.certificate_pem().value() + "the end");
  REQUIRE(read.size() == 2);
  CHECK(read[0].id != read[1].id);
  CHECK(read[0].subject == "CN=a CA");
  CHECK(read[0].is_authority);
  CHECK(certificates_in("foo").empty());
  const Certificate leaf = leaf_of(one.issue({.common_name = "l",
                                              .dns_names = {kName},
                                              .ip_addresses = {"10.0.0.1", "::1"},
                                              .validity = kValid})
                                       ->pair()
                                       .value());
  CHECK(leaf.names == std::vector<std::string>{kName, "10.0.0.1", "0:0:0:0:0:0:0:1"});
  CHECK(signer_of(leaf.pem, read) == read[0].id);
  CHECK(signer_of(leaf.pem, {read[1]}).empty());
}

}  // namespace
}  // namespace pxguard::certs
