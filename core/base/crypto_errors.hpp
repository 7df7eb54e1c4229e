// What libcrypto fails at stays in a queue of the thread, where TLS on the same thread would take
// it for a failure of its own connection. One of these forgets what was added during its scope.
#pragma once

namespace chartroom::base {

class CryptoErrors {
  public:
    CryptoErrors();
    ~CryptoErrors();
    CryptoErrors(const CryptoErrors&) = delete;
    CryptoErrors& operator=(const CryptoErrors&) = delete;
};

}  // namespace chartroom::base
