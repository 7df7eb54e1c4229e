#include "core/events/envelope.hpp"

#include <array>
#include <charconv>
#include <optional>

#include "core/base/base64.hpp"
#include "core/base/check.hpp"
#include "core/base/clock.hpp"
#include "core/events/json_scan.hpp"
#include "core/events/json_writer.hpp"

namespace chartroom::events {
namespace {

using base::Base64;
using base::Code;

template <typename Enum>
struct Spelling {
    Enum value;
    std::string_view text;
};
constexpr std::array<Spelling<Kind>, 5> kKinds{{{Kind::in, "in"},
                                                {Kind::out, "out"},
                                                {Kind::command, "command"},
                                                {Kind::effect, "effect"},
                                                {Kind::note, "note"}}};
constexpr std::array<Spelling<Class>, 4> kClasses{{{Class::none, "none"},
                                                   {Class::lasting, "lasting"},
                                                   {Class::piece, "piece"},
                                                   {Class::fleeting, "fleeting"}}};
constexpr std::array<Spelling<Scope>, 4> kScopes{{{Scope::everyone, "everyone"},
                                                  {Scope::only, "only"},
                                                  {Scope::all_but, "all_but"},
                                                  {Scope::followers_of, "followers_of"}}};

template <typename Enum, std::size_t N>
std::string_view spell(const std::array<Spelling<Enum>, N>& spellings, Enum value) {
    for (const auto& spelling : spellings) {
        if (spelling.value == value) {
            return spelling.text;
        }
    }
    CHECK(false);
}

void write_names(JsonWriter& json, const Event& event) {
    const auto name = [&](std::string_view key, const Name& name) {
        if (!name.text.empty()) {
            json.text(key, name.text);
        }
    };
    name("type", event.type);
    name("actor", event.actor);
    name("subject", event.subject);
    json.begin("numbers")
        .number("type", event.type.number)
        .number("actor", event.actor.number)
        .number("subject", event.subject.number)
        .end();
}

// Whether the payload can stand in a line as it is and be found there again: one value without
// white space around it, in one line, and no deeper than the line's reader goes.
bool is_spliceable(std::string_view payload) {
    constexpr std::string_view kBlank = " \t";
    return payload.find_first_of("\r\n") == std::string_view::npos && !payload.empty() &&
           !kBlank.contains(payload.front()) && !kBlank.contains(payload.back()) &&
           !find_json_fault(payload, kJsonDepthMax - 1);
}

void write_payload(JsonWriter& json, const Event& event) {
    const std::string& payload = event.payload;
    if (!event.json) {
        json.text("base64", base::to_base64(payload, Base64::standard));
    } else if (is_spliceable(payload)) {
        json.raw("data", payload);
    } else if (is_utf8(payload)) {
        json.text("text", payload);
    } else {
        json.text("base64", base::to_base64(payload, Base64::standard)).boolean("json", true);
    }
}

// Reads members of one scanned object, keeping the first thing that is wrong with them.
class Reader {
  public:
    explicit Reader(const JsonObject& object) : object_(object) {}

    [[nodiscard]] bool has(std::string_view key) const { return object_.find(key) != nullptr; }

    std::string text(std::string_view key) {
        return read<std::string>(key, "a string",
                                 [](std::string_view v) { return json_string(v); });
    }
    bool boolean(std::string_view key) {
        return read<bool>(key, "true or false", [](std::string_view v) { return json_bool(v); });
    }
    std::uint64_t number(std::string_view key) {
        return read<std::uint64_t>(key, "a whole number", any_u64);
    }
    std::int64_t signed_number(std::string_view key) {
        return read<std::int64_t>(key, "a whole number", any_i64);
    }
    template <typename Enum, std::size_t N>
    Enum word(std::string_view key, const std::array<Spelling<Enum>, N>& spellings) {
        return read<Enum>(key, "one of its words", [&](std::string_view v) -> std::optional<Enum> {
            const auto text = json_string(v);
            for (const auto& spelling : spellings) {
                if (text == spelling.text) {
                    return spelling.value;
                }
            }
            return std::nullopt;
        });
    }
    // An object as a member; empty if it is not there.
    JsonObject object(std::string_view key) {
        return read<JsonObject>(key, "an object", [](std::string_view v) {
            auto scanned = scan_object(v);
            return scanned ? std::optional(std::move(*scanned)) : std::nullopt;
        });
    }
    std::string_view raw(std::string_view key) { return object_.find(key)->value; }

    void require(std::string_view key) {
        if (!has(key)) {
            wrong(key, "is missing");
        }
    }
    void wrong(std::string_view key, std::string_view why) {
        if (!error_) {
            error_ = base::Error{Code::validation_error, std::string(key) + " " + std::string(why),
                                 std::string(key)};
        }
    }
    [[nodiscard]] const std::optional<base::Error>& error() const { return error_; }
    void adopt(const Reader& inner) {
        if (!error_) {
            error_ = inner.error_;
        }
    }

  private:
    // Numbers of the log have 64 bits, more than JSON's usual readers keep; ours keep them.
    static std::optional<std::uint64_t> any_u64(std::string_view v) {
        return parse<std::uint64_t>(v);
    }
    static std::optional<std::int64_t> any_i64(std::string_view v) {
        return parse<std::int64_t>(v);
    }
    template <typename Number>
    static std::optional<Number> parse(std::string_view v) {
        Number number = 0;
        const auto [end, error] = std::from_chars(v.data(), v.data() + v.size(), number);
        return error == std::errc() && end == v.data() + v.size() ? std::optional(number)
                                                                  : std::nullopt;
    }

    template <typename T, typename Convert>
    T read(std::string_view key, std::string_view what, Convert convert) {
        const JsonMember* member = object_.find(key);
        if (member == nullptr) {
            return T{};
        }
        std::optional<T> value = convert(member->value);
        if (!value) {
            wrong(key, "must be " + std::string(what));
            return T{};
        }
        return std::move(*value);
    }

    const JsonObject& object_;
    std::optional<base::Error> error_;
};

void read_names(Reader& reader, Event& event) {
    const JsonObject object = reader.object("numbers");
    Reader numbers(object);
    event.type = {.number = numbers.number("type"), .text = reader.text("type")};
    event.actor = {.number = numbers.number("actor"), .text = reader.text("actor")};
    event.subject = {.number = numbers.number("subject"), .text = reader.text("subject")};
    reader.adopt(numbers);
}

void read_payload(Reader& reader, Event& event) {
    const int forms = static_cast<int>(reader.has("data")) + static_cast<int>(reader.has("text")) +
                      static_cast<int>(reader.has("base64"));
    if (forms != 1) {
        reader.wrong("data", "must stand once: as data, text or base64");
        return;
    }
    event.json = !reader.has("base64") || reader.boolean("json");
    if (reader.has("data")) {
        event.payload = reader.raw("data");
    } else if (reader.has("text")) {
        event.payload = reader.text("text");
    } else if (auto bytes = base::from_base64(reader.text("base64"), Base64::standard)) {
        event.payload = std::move(*bytes);
    } else {
        reader.wrong("base64", "must be base64");
    }
}

}  // namespace

std::string_view to_text(Kind kind) {
    return spell(kKinds, kind);
}
std::string_view to_text(Class cls) {
    return spell(kClasses, cls);
}
std::string_view to_text(Scope scope) {
    return spell(kScopes, scope);
}

std::string to_json_line(const Event& event, std::string_view session) {
    JsonWriter json(384 + event.payload.size());
    json.text("session", session).number("offset", event.offset.value);
    json.text("at", base::to_rfc3339(event.at_us)).raw("at_us", std::to_string(event.at_us));
    json.text("kind", to_text(event.kind));
    if (event.cls != Class::none) {
        json.text("class", to_text(event.cls));
    }
    if (event.ends_turn) {
        json.boolean("ends_turn", true);
    }
    if (event.erased) {
        json.boolean("erased", true);
    }
    write_names(json, event);
    if (event.audience != Audience{}) {
        json.begin("audience")
            .text("scope", to_text(event.audience.scope))
            .number("party", event.audience.party);
        if (!event.audience.name.empty()) {
            json.text("name", event.audience.name);
        }
        json.end();
    }
    if (event.cause) {
        json.number("cause", event.cause.value);
    }
    if (event.build != 0) {
        json.number("build", event.build);
    }
    if (event.source != Source{}) {
        json.begin("source")
            .number("session", event.source.session.value)
            .number("offset", event.source.offset.value)
            .end();
    }
    if (!event.client_id.empty()) {
        json.text("client_id", event.client_id);
    }
    write_payload(json, event);
    return json.take();
}

base::Result<Envelope> from_json_line(std::string_view line) {
    const auto object = scan_object(line);
    if (!object) {
        return base::fail(Code::malformed, "the line " + std::string(describe(object.error())));
    }
    Reader reader(*object);
    for (const std::string_view key : {"session", "offset", "at_us", "kind", "numbers"}) {
        reader.require(key);
    }
    Envelope result;
    Event& event = result.event;
    result.session = reader.text("session");
    event.offset = {reader.number("offset")};
    event.at_us = reader.signed_number("at_us");
    event.kind = reader.word("kind", kKinds);
    event.cls = reader.word("class", kClasses);
    event.ends_turn = reader.boolean("ends_turn");
    event.erased = reader.boolean("erased");
    read_names(reader, event);
    const JsonObject audience_object = reader.object("audience");
    Reader audience(audience_object);
    event.audience = {.scope = audience.word("scope", kScopes),
                      .party = audience.number("party"),
                      .name = audience.text("name")};
    const JsonObject source_object = reader.object("source");
    Reader source(source_object);
    event.source = {.session = {source.number("session")}, .offset = {source.number("offset")}};
    event.cause = {reader.number("cause")};
    event.build = reader.number("build");
    event.client_id = reader.text("client_id");
    read_payload(reader, event);
    reader.adopt(audience);
    reader.adopt(source);
    if (reader.error()) {
        return std::unexpected(*reader.error());
    }
    return result;
}

}  // namespace chartroom::events
