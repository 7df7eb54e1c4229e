#include "core/base/crypto_errors.hpp"

#include <openssl/err.h>

namespace chartroom::base {

CryptoErrors::CryptoErrors() {
    ERR_set_mark();
}

CryptoErrors::~CryptoErrors() {
    ERR_pop_to_mark();
}

}  // namespace chartroom::base
