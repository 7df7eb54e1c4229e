#include "core/base/pem.hpp"

#include <gtest/gtest.h>

#include "tests/fakes/auth/forger.hpp"

namespace chartroom::base {
namespace {

using fakes::KeyPair;

TEST(Pem, KeysComeAsTheirNumbers) {
    const KeyPair rsa = KeyPair::rsa();
    const auto secret = read_private_key(rsa.private_pem());
    ASSERT_TRUE(secret) << secret.error().message;
    const auto& numbers = std::get<RsaKey>(*secret);
    EXPECT_EQ(numbers.n.size(), 256u);
    EXPECT_EQ(numbers.e, std::string("\x01\x00\x01", 3));
    EXPECT_FALSE(numbers.d.empty());
    const auto open = read_public_key(rsa.public_pem());
    ASSERT_TRUE(open) << open.error().message;
    EXPECT_EQ(std::get<RsaKey>(*open).n, numbers.n);
    EXPECT_TRUE(std::get<RsaKey>(*open).d.empty());

    // Numbers of a point keep their leading zeros: about one key in 85 has one.
    for (int i = 0; i < 300; ++i) {
        const auto point = read_private_key(KeyPair::ec().private_pem());
        ASSERT_TRUE(point) << point.error().message;
        EXPECT_EQ(std::get<P256Key>(*point).x.size(), 32u);
        EXPECT_EQ(std::get<P256Key>(*point).y.size(), 32u);
        EXPECT_EQ(std::get<P256Key>(*point).d.size(), 32u);
    }
    EXPECT_TRUE(std::get<P256Key>(*read_public_key(KeyPair::ec().public_pem())).d.empty());
}

TEST(Pem, APrivateKeyIsNoPublicOneAndIsNotQuoted) {
    const std::string pem = KeyPair::ec().private_pem();
    const auto key = read_public_key(pem);
    ASSERT_FALSE(key);
    EXPECT_EQ(key.error().message, "is a private key, where the public one is asked for");
    EXPECT_FALSE(read_private_key(KeyPair::ec().public_pem()));
}

TEST(Pem, WeakAndOtherKeysAreRefused) {
    EXPECT_EQ(read_public_key(KeyPair::rsa(1024).public_pem()).error().message,
              "the RSA key is shorter than 2048 bits");
    EXPECT_EQ(read_public_key(KeyPair::ec("P-384").public_pem()).error().message,
              "the key is neither RSA nor on the curve P-256");
    for (const char* text :
         {"", "x", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"}) {
        EXPECT_EQ(read_public_key(text).error().message,
                  "is no PEM public key (\"BEGIN PUBLIC KEY\")");
    }
}

TEST(Pem, CertificateAndKeyGoTogether) {
    const KeyPair mine = KeyPair::ec();
    const KeyPair other = KeyPair::ec();
    EXPECT_TRUE(check_certificate(mine.certificate_pem(), mine.private_pem()));
    EXPECT_EQ(check_certificate(mine.certificate_pem(), other.private_pem()).error().message,
              "the certificate is not of this key");
    EXPECT_FALSE(check_certificate("", mine.private_pem()));
    EXPECT_FALSE(check_certificate(mine.certificate_pem(), ""));
}

}  // namespace
}  // namespace chartroom::base
