// PEM text that should be a public key, read for what it is. Nobody is ever asked for a password:
// an encrypted block is recognised by its name and not opened.
//
// Threads: any number may call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/secret_value.h"

struct evp_pkey_st;

namespace pxguard {

struct PublicKeyFacts {
  // Of the first block: readers of keys in Go look at no other.
  enum class Form : std::uint8_t {
    NotPem,       // no "-----BEGIN" that begins a block
    TooLarge,     // for a key: not looked into
    PublicKey,    // PUBLIC KEY or RSA PUBLIC KEY
    Certificate,  // the public key of a certificate does as well as the key alone
    PrivateKey,   // of any kind, encrypted or not
    Other,        // CERTIFICATE REQUEST, PARAMETERS, ...
    Broken,       // begins like one of the first three kinds, and cannot be read
  };
  enum class Family : std::uint8_t { None, Rsa, Ec, Other };

  Form form = Form::NotPem;
  Family family = Family::None;  // of PublicKey and Certificate
  int bits = 0;                  // the size of the key
  std::string curve{};           // of Ec: "prime256v1"; "" where it has no name
  bool has_private_key = false;  // in whichever block
  bool has_several_blocks = false;
};

// It may be a private key by mistake, hence a SecretValue.
[[nodiscard]] PublicKeyFacts public_key_facts(const SecretValue& text);

// The RSA or EC key of the first block; null where there is none.
[[nodiscard]] std::shared_ptr<evp_pkey_st> read_public_key(const SecretValue& text);

}  // namespace pxguard
