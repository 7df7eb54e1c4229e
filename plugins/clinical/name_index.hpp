// From what people write to what the engine knows: names compared without case, punctuation, small
// words and order; then with one letter wrong.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace clinical {

enum class MatchKind : std::uint8_t {
    exact,
    synonym,
    spelling,
    phrase,  // a name stands in a longer text
};

struct Match {
    std::size_t index = 0;  // of what was added
    MatchKind kind = MatchKind::exact;
};

class NameIndex {
  public:
    // `index` answers to `name`. False where another one does already.
    bool add(std::string_view name, std::size_t index, MatchKind kind);

    [[nodiscard]] std::optional<Match> find(std::string_view name) const;
    // Names of up to `limit` different things, each by the most similar of its own, the most
    // similar first.
    [[nodiscard]] std::vector<std::string> nearest(std::string_view name, std::size_t limit) const;
    // Calls `take` with each name as it was added, and whose it is.
    template <typename Take>
    void each(Take take) const {
        for (const auto& [key, entry] : by_key_) take(entry.name, entry.match.index);
    }

  private:
    struct Entry {
        std::string name;  // as it was added, for people: without underscores
        Match match;
    };
    std::map<std::string, Entry> by_key_;
};

// "  Pain, in the CHEST " → "chest pain": the words that count, sorted.
[[nodiscard]] std::string name_key(std::string_view name);

}  // namespace clinical
