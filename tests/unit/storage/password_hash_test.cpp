#include "chat/storage/password_hash.hpp"

#include <time.h>

#include <boost/test/unit_test.hpp>
#include <system_error>
#include <vector>

#include "chat/base/limits.hpp"
#include "tests/support/threads.hpp"

namespace chat {
namespace {

// Made once: each costs time.
const std::string& hash_of_secret() {
  static const std::string hash = hash_password("secret");
  return hash;
}

std::string with(std::string text, std::size_t place, char c) {
  text[place] = c;
  return text;
}

// Seconds of the processor, which others that want it as well do not change.
double work_of(const std::string& setting) {
  const auto now = [] {
    timespec time{};
    (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return double(time.tv_sec) + double(time.tv_nsec) / 1e9;
  };
  const double begin = now();
  (void)verify_password("secret", setting);
  return now() - begin;
}

BOOST_AUTO_TEST_SUITE(password_hash)

BOOST_AUTO_TEST_CASE(a_hash_is_yescrypt_and_does_not_show_the_password) {
  BOOST_TEST(hash_of_secret().starts_with("$y$"));
  BOOST_TEST(is_password_hash(hash_of_secret()));
  BOOST_TEST(hash_of_secret().find("secret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(only_the_password_itself_matches_its_hash) {
  BOOST_TEST(verify_password("secret", hash_of_secret()));
  for (const char* wrong : {"", "secre", "secrets", "Secret", " secret", "secret "}) {
    BOOST_TEST(!verify_password(wrong, hash_of_secret()), wrong);
  }
}

BOOST_AUTO_TEST_CASE(the_same_password_hashes_differently_each_time) {
  const std::string other = hash_password("secret");
  BOOST_TEST(other != hash_of_secret());
  BOOST_TEST(verify_password("secret", other));
}

BOOST_AUTO_TEST_CASE(the_longest_password_counts_to_its_last_byte) {
  const std::string longest(kMaxPassword, 'x');
  const std::string hash = hash_password(longest);
  BOOST_TEST(verify_password(longest, hash));
  BOOST_TEST(!verify_password(with(longest, kMaxPassword - 1, 'y'), hash));
}

BOOST_AUTO_TEST_CASE(what_libcrypt_cannot_take_whole_is_refused_not_cut) {
  BOOST_CHECK_THROW(hash_password(std::string(kMaxPassword + 1, 'x')), std::system_error);
  BOOST_CHECK_THROW(hash_password(std::string_view("secret\0more", 11)), std::system_error);
  BOOST_TEST(!verify_password(std::string_view("secret\0more", 11), hash_of_secret()));
  BOOST_TEST(!verify_password(std::string(kMaxPassword + 1, 'x'), hash_of_secret()));
}

BOOST_AUTO_TEST_CASE(a_failing_crypt_never_matches) {
  // "*0" and "*1" are what crypt_r() answers when it fails.
  for (const char* hash : {"", "*0", "*1", "!", "x", "$y$", "$y$j9T$", "$9$unknown$method$"}) {
    BOOST_TEST(!verify_password("", hash), hash);
    BOOST_TEST(!verify_password("secret", hash), hash);
  }
}

BOOST_AUTO_TEST_CASE(each_character_of_the_result_counts) {
  const std::string& hash = hash_of_secret();
  for (const std::size_t place : {hash.size() - 1, hash.size() - 20, hash.size() - 43}) {
    BOOST_TEST(!verify_password("secret", with(hash, place, hash[place] == 'a' ? 'b' : 'a')));
  }
}

BOOST_AUTO_TEST_CASE(only_a_well_formed_yescrypt_hash_is_one) {
  const std::string result(43, 'r');
  BOOST_TEST(is_password_hash("$y$j9T$salt$" + result));
  BOOST_TEST(is_password_hash("$y$j9T$./Az09$" + result));
  BOOST_TEST(is_password_hash("$y$j9T$" + std::string(86, 's') + "$" + result));

  BOOST_TEST(!is_password_hash(""));
  BOOST_TEST(!is_password_hash("secret"));
  BOOST_TEST(!is_password_hash("$6$salt$" + result));
  BOOST_TEST(!is_password_hash(" $y$j9T$salt$" + result));
  BOOST_TEST(!is_password_hash("$y$"));
  BOOST_TEST(!is_password_hash("$y$j9T"));
  BOOST_TEST(!is_password_hash("$y$j9T$salt"));
  BOOST_TEST(!is_password_hash("$y$j9T$salt$"));
  BOOST_TEST(!is_password_hash("$y$$salt$" + result));
  BOOST_TEST(!is_password_hash("$y$j9T$$" + result));
  BOOST_TEST(!is_password_hash("$y$j9T$" + std::string(87, 's') + "$" + result));
  BOOST_TEST(!is_password_hash("$y$j9T$salt$" + result.substr(1)));
  BOOST_TEST(!is_password_hash("$y$j9T$salt$" + result + "r"));
  BOOST_TEST(!is_password_hash("$y$j9T$salt$" + result + "$"));
}

BOOST_AUTO_TEST_CASE(each_byte_of_a_hash_is_one_of_the_64_characters) {
  const std::string hash = "$y$j9T$salt$" + std::string(43, 'r');
  const std::string_view allowed =
      "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    for (const std::size_t place : {std::size_t{4}, std::size_t{8}, hash.size() - 1}) {
      const bool expected = allowed.find(c) != std::string_view::npos;
      BOOST_TEST(is_password_hash(with(hash, place, c)) == expected, "byte " << byte);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_decoy_matches_no_password_and_is_no_hash) {
  for (const std::string& setting : {decoy(), decoy_like(hash_of_secret())}) {
    BOOST_TEST(!is_password_hash(setting));
    for (const char* password : {"", "secret", "x"}) {
      BOOST_TEST(!verify_password(password, setting));
    }
    BOOST_TEST(!verify_password(setting, setting));
  }
}

BOOST_AUTO_TEST_CASE(a_decoy_takes_as_long_as_a_hash) {
  const double real = work_of(hash_of_secret());
  for (const std::string& setting : {decoy(), decoy_like(hash_of_secret())}) {
    const double decoyed = work_of(setting);
    // A wide margin, for caches that others use as well: without the work it is a thousandth.
    BOOST_TEST((decoyed > real / 3 && decoyed < real * 3));
  }
}

BOOST_AUTO_TEST_CASE(threads_may_verify_at_the_same_time) {
  std::vector<char> right(4);
  Threads threads;
  for (std::size_t i = 0; i < right.size(); ++i) {
    threads.start([&right, i] {
      right[i] = verify_password(i % 2 == 0 ? "secret" : "wrong", hash_of_secret());
    });
  }
  threads.join();
  BOOST_TEST((right == std::vector<char>{1, 0, 1, 0}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace chat
