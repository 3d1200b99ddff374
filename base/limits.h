// Every limit of pxguard, in one place, each with its reason. Bytes unless the name says otherwise.
#pragma once

#include <chrono>
#include <cstddef>

namespace pxguard::limits {

using namespace std::chrono_literals;

// --- JSON and YAML ---------------------------------------------------------------------------

// Deeper than any real object; the API server itself lets custom resources nest to about 10,000.
inline constexpr std::size_t kDepth = 256;
// A review holds at most two objects of 3 MB; "1,1,1..." makes 1.5 million values of one of them.
inline constexpr std::size_t kJsonValues = 8U << 20;
// Aliases in YAML multiply: this many nodes may come from expanding them.
inline constexpr std::size_t kYamlAliasNodes = 100'000;
inline constexpr std::size_t kYamlFile = std::size_t{64} << 20;
inline constexpr std::size_t kYamlDocument = std::size_t{16} << 20;
// 64 MiB of "a\n---\n" would be eleven million documents and 2 GB.
inline constexpr std::size_t kYamlDocuments = 100'000;

// A token travels in an HTTP header; servers take 8 to 16 KiB of those. Portworx's own have 500.
inline constexpr std::size_t kToken = std::size_t{16} << 10;
// One public key is under 1 KiB, a chain of ten certificates with RSA-4096 keys 30 KB.
inline constexpr std::size_t kPublicKey = std::size_t{64} << 10;

// Of one script: each may look at all of the text, and a hostile one is nothing but the word.
inline constexpr std::size_t kPxctlMentions = 100;

// --- the server ------------------------------------------------------------------------------

// The API server escapes < > & as six bytes: a 2.9 MB object arrived as a 17.4 MB review.
inline constexpr std::size_t kRequestBody = std::size_t{32} << 20;
inline constexpr std::size_t kRequestHead = std::size_t{64} << 10;
inline constexpr auto kHandshake = 3s;
// Whoever has not begun its handshake by then is the first to go when there are too many. Sooner,
// and the clients of one burst would push each other out.
inline constexpr auto kFirstWord = 250ms;
inline constexpr auto kRequestHeadTime = 3s;
inline constexpr auto kRequestTime = 10s;
// The API server keeps an idle connection for 90 s; closing earlier fails a user's request.
inline constexpr auto kIdle = 120s;
inline constexpr std::size_t kConnections = 1024;
// Bodies above this are parsed one at a time, by a parser that is freed afterwards.
inline constexpr std::size_t kLargeBody = std::size_t{1} << 20;
// While a body is parsed it counts as 14 times its size; a large one of nothing but numbers costs
// up to 22 times (measured on "1,1,1...") and counts as that.
inline constexpr std::size_t kParseFactor = 14;
inline constexpr std::size_t kBytesInFlight = std::size_t{512} << 20;
inline constexpr auto kValidateDeadline = 1000ms;
inline constexpr auto kMutateDeadline = 500ms;
// Endpoints take seconds to be withdrawn after a Pod is told to stop.
inline constexpr auto kLameDuck = 5s;
inline constexpr auto kShutdown = 15s;
// A denial is 8 KiB: whoever has not taken it by then does not read.
inline constexpr auto kWriteTime = 5s;
// Closing with unread input resets the answer away: a refused client gets this long to read it,
inline constexpr auto kLinger = 1s;
// and this much of what it still sends is thrown away meanwhile.
inline constexpr std::size_t kLingerBytes = std::size_t{1} << 20;
// While stopping, a connection that is new or was just answered may still bring one more request.
inline constexpr auto kDrainGrace = 500ms;
// Kept for bodies up to kLargeBody, so that a few large ones cannot make all others wait.
inline constexpr std::size_t kBytesForSmallBodies = std::size_t{32} << 20;
// A body grows towards its Content-Length from here: a claim of 32 MiB alone costs nothing.
inline constexpr std::size_t kFirstBodyBuffer = std::size_t{64} << 10;
// Probes and scrapers send none; a few bytes are read and ignored.
inline constexpr std::size_t kStatusBody = std::size_t{4} << 10;
inline constexpr std::size_t kStatusConnections = 64;
// One burst of creates opens 200 connections at once; the default of some servers is 5.
inline constexpr int kBacklog = 1024;
// With no descriptor left accepting rests, since the listener stays readable and would spin.
inline constexpr auto kRestWithoutDescriptors = 20ms;
// What is still open when stopping takes too long is closed; its threads get this long to notice.
inline constexpr auto kLastMoments = 500ms;
// How often deadlines are looked at.
inline constexpr auto kSweep = 100ms;
// Log lines that wait for a slow reader; what comes after them is dropped and counted.
inline constexpr std::size_t kLogInWaiting = std::size_t{1} << 20;
// For log lines to come together: waking a thread for each took a sixth of the server's time.
inline constexpr auto kLogDelay = 20ms;
// How often the policy and the certificate are read again.
inline constexpr auto kReload = 1s;

// --- the API server ----------------------------------------------------------------------------

// Objects of one page: 100 of 1.5 MB are more than the answer may be, but nobody has those.
inline constexpr std::size_t kListPage = 250;
inline constexpr std::size_t kApiAnswer = std::size_t{128} << 20;
// One line of a watch: an object of 2.9 MB whose < and > are written as six bytes.
inline constexpr std::size_t kWatchLine = std::size_t{32} << 20;
inline constexpr auto kApiConnect = 5s;
inline constexpr auto kApiAnswerTime = 30s;
// A watch sends a bookmark each minute; whoever says nothing for longer is not there any more.
inline constexpr auto kWatchSilence = 90s;
// A watch and a thread each; a policy lists a handful, in one or two namespaces.
inline constexpr std::size_t kSecretsInView = 64;
// What a denial may rest on: a bookmark comes each minute.
inline constexpr auto kViewAge = 120s;
// An API server that is away must not keep pxguard from answering with what it honestly knows.
inline constexpr auto kViewPatience = 30s;
// A server may ask to be left alone. Longer than this would be a view that nobody repairs.
inline constexpr auto kLongestRetryAfter = 300s;

// Of a kubeconfig: kubectl's own grow to some 100 KiB with a hundred clusters in them.
inline constexpr std::size_t kKubeconfig = std::size_t{4} << 20;
// A token and a certificate with its chain. Plugins that ask a cloud take seconds.
inline constexpr std::size_t kPluginAnswer = std::size_t{1} << 20;
inline constexpr auto kPluginTime = 60s;

// --- what is published -------------------------------------------------------------------------

// A result is at most about 2.5 KB; etcd refuses objects above 1.5 MiB.
inline constexpr std::size_t kReportResults = 200;
inline constexpr std::size_t kReportText = 400;
// events.k8s.io/v1 refuses notes above 1,024 bytes.
inline constexpr std::size_t kEventNote = 1000;
// Of one process: a burst, then one each ten seconds. A loop of a controller is denied for ever.
inline constexpr std::size_t kEventBurst = 25;
inline constexpr auto kEventInterval = 10s;
// Events of the last hour that are known to be said; older ones give way to new ones.
inline constexpr std::size_t kEventsRemembered = 1024;
// Events that wait to be written; what comes after them is dropped and counted.
inline constexpr std::size_t kEventsInWaiting = 128;
// A holder that dies keeps the others waiting for this long.
inline constexpr auto kLease = 30s;

// --- what is said ----------------------------------------------------------------------------

inline constexpr std::size_t kDenialMessage = 8192;
// Longer warnings are cut by the API server once all of them pass 4,096 runes.
inline constexpr std::size_t kWarning = 256;
inline constexpr std::size_t kAllWarnings = 4096;

// --- files -----------------------------------------------------------------------------------

inline constexpr std::size_t kPolicyFile = std::size_t{1} << 20;
// A chain of ten certificates with RSA-4096 keys is 30 KB.
inline constexpr std::size_t kKeyFile = std::size_t{1} << 20;
inline constexpr std::size_t kFiles = 100'000;
inline constexpr std::size_t kFolderDepth = 64;
// Clusters are compared with each other where one is the peer of another.
inline constexpr std::size_t kClustersOfARepository = 256;
// Each DaemonSet of a cluster is compared with the others; a hostile file has ten thousand.
inline constexpr std::size_t kDaemonSetsOfCluster = 32;

}  // namespace pxguard::limits
