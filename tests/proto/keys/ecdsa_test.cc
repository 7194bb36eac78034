// The form of ECDSA signatures, decided by our own reader before OpenSSL sees a byte.
#include "proto/keys/ecdsa.h"

#include <gtest/gtest.h>

#include "proto/bytes/hex.h"

namespace trustlog::keys {
namespace {

std::string FromHex(std::string_view hex) { return bytes::DecodeHex(hex).value(); }

std::string Tlv(char tag, const std::string& content) { return std::string(1, tag) + static_cast<char>(content.size()) + content; }
std::string Integer(const std::string& content) { return Tlv('\x02', content); }
std::string Sequence(const std::string& content) { return Tlv('\x30', content); }

const std::string kOne = Integer("\x01");

// The order as a DER INTEGER's content, changed in its last byte.
std::string OrderPlus(const Curve& curve, int offset) {
  std::string content = '\0' + std::string(curve.order);
  content.back() = static_cast<char>(content.back() + offset);
  return content;
}

const Curve* const kCurves[] = {&P256(), &P384()};

TEST(EcdsaForm, TakesTheWholeRangeOfBothIntegers) {
  for (const auto* curve : kCurves) {
    for (const auto& content : {std::string("\x01"), std::string("\x7f"), FromHex("0080"), FromHex("00ff"), FromHex("0100"),
                                std::string("\x7f") + std::string(curve->order.size() - 1, '\xff'), OrderPlus(*curve, -1)}) {
      EXPECT_TRUE(HasEcdsaForm(*curve, Sequence(Integer(content) + kOne)));
      EXPECT_TRUE(HasEcdsaForm(*curve, Sequence(kOne + Integer(content))));
      EXPECT_TRUE(HasEcdsaForm(*curve, Sequence(Integer(content) + Integer(content))));
    }
  }
}

TEST(EcdsaForm, RefusesIntegersThatAreNotMinimalPositiveAndInRange) {
  for (const auto* curve : kCurves) {
    const struct {
      const char* name;
      std::string integer;
    } cases[] = {
        {"zero", Integer(std::string(1, '\0'))},
        {"two zeros", Integer(std::string(2, '\0'))},
        {"empty", Integer("")},
        {"minus one", Integer("\xff")},
        {"negative of full length", Integer(std::string(curve->order))},
        {"needless zero", Integer(FromHex("0001"))},
        {"two needless zeros", Integer(FromHex("000080"))},
        {"n", Integer(OrderPlus(*curve, 0))},
        {"n + 1", Integer(OrderPlus(*curve, 1))},
        {"a byte longer than n", Integer('\1' + std::string(curve->order))},
        {"2^(8 size) - 1", Integer('\0' + std::string(curve->order.size(), '\xff'))},
        {"another tag", Tlv('\x03', "\x01")},
        {"constructed tag", Tlv('\x22', "\x01")},
        {"long form of the length", FromHex("02810101")},
        {"length beyond the end", FromHex("0202")},
        {"indefinite length", FromHex("0280010000")},
        {"absent", ""},
    };
    for (const auto& c : cases) {
      SCOPED_TRACE(c.name);
      EXPECT_FALSE(HasEcdsaForm(*curve, Sequence(c.integer + kOne)));
      EXPECT_FALSE(HasEcdsaForm(*curve, Sequence(kOne + c.integer)));
    }
  }
}

TEST(EcdsaForm, RefusesEveryOtherFrame) {
  const std::string body = kOne + kOne;
  ASSERT_TRUE(HasEcdsaForm(P256(), Sequence(body)));
  const struct {
    const char* name;
    std::string signature;
  } cases[] = {
      {"nothing", ""},
      {"tag alone", "\x30"},
      {"empty sequence", Sequence("")},
      {"raw r|s", std::string(64, '\x01')},
      {"raw r|s that begins as a sequence does", "\x30\x3e" + std::string(62, '\x01')},
      {"SET", Tlv('\x31', body)},
      {"primitive tag", Tlv('\x10', body)},
      {"byte behind", Sequence(body) + '\0'},
      {"byte behind inside", Sequence(body + '\0')},
      {"third integer", Sequence(body + kOne)},
      {"length too small", "\x30\x05" + body},
      {"length too large", "\x30\x07" + body},
      {"long form of the length", "\x30\x81\x06" + body},
      {"indefinite length", "\x30\x80" + body + std::string(2, '\0')},
      {"twice", Sequence(body) + Sequence(body)},
      {"in a sequence", Sequence(Sequence(body))},
  };
  for (const auto& c : cases) EXPECT_FALSE(HasEcdsaForm(P256(), c.signature)) << c.name;
}

TEST(EcdsaForm, RangeIsThatOfTheCurve) {
  const auto of_p384 = Sequence(Integer(OrderPlus(P384(), -1)) + kOne);
  EXPECT_TRUE(HasEcdsaForm(P384(), of_p384));
  EXPECT_FALSE(HasEcdsaForm(P256(), of_p384));
  EXPECT_TRUE(HasEcdsaForm(P384(), Sequence(Integer(OrderPlus(P256(), 1)) + kOne)));
}

TEST(EcdsaForm, EveryPrefixOfASignatureIsRefused) {
  for (const auto* curve : kCurves) {
    const auto pkey = GenerateEcdsa(*curve);
    ASSERT_NE(pkey, nullptr);
    const auto signature = SignEcdsa(*curve, *pkey, "message");
    ASSERT_TRUE(signature);
    EXPECT_TRUE(HasEcdsaForm(*curve, *signature));
    for (std::size_t size = 0; size < signature->size(); ++size) EXPECT_FALSE(HasEcdsaForm(*curve, signature->substr(0, size)));
  }
}

}  // namespace
}  // namespace trustlog::keys
