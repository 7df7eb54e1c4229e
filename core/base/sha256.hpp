// SHA-256 over byte runs; with pem the only user of libcrypto.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/ids.hpp"

struct evp_md_ctx_st;

namespace chartroom::base {

// An incremental digest, reusable after finish(). One thread at a time.
class Sha256 {
  public:
    Sha256();
    ~Sha256();
    Sha256(const Sha256&) = delete;
    Sha256& operator=(const Sha256&) = delete;

    Sha256& add(std::span<const std::uint8_t> bytes);
    Sha256& add(std::string_view text);
    Sha256& add_u64(std::uint64_t value);  // little endian, 8 bytes
    [[nodiscard]] Digest finish();         // and starts over

  private:
    evp_md_ctx_st* context_;
};

[[nodiscard]] Digest sha256(std::string_view text);

}  // namespace chartroom::base
