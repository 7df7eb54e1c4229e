#include "core/effects/transfer.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "core/base/check.hpp"
#include "core/effects/limits.hpp"

namespace chartroom::effects {
namespace {

using base::Code;
using base::fail;
using engine::Outcome;

static_assert(kPieceBytesMax == kCoalesceBytes + CURL_MAX_WRITE_SIZE);

// What a handler may need to know of a response beside its status.
constexpr std::array<const char*, 2> kHeadersKept{"content-type", "retry-after"};
static_assert(kHeadersKept.size() * (kHeaderValueBytesMax + 32) <=
              engine::kResponseHeadersBytesMax);

constexpr std::array<std::string_view, 6> kMethods{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"};

// setopt only fails for options that this libcurl was built without: a mistake of ours.
template <typename T>
void set(CURL* easy, CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(easy, option, value);
    CHECK(code == CURLE_OK);
}

std::uint32_t or_default(std::uint32_t value, std::uint32_t fallback) {
    return value == 0 ? fallback : value;
}

}  // namespace

Transfer::Transfer(std::shared_ptr<const Grant> grant, OpPtr op, OpTable& table,
                   const base::Clock& clock)
    : grant_(std::move(grant)),
      op_(std::move(op)),
      table_(table),
      clock_(clock),
      easy_(curl_easy_init()) {
    if (easy_ == nullptr) throw std::bad_alloc();
}

Transfer::~Transfer() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(headers_);
}

base::Result<std::unique_ptr<Transfer>> Transfer::make(const engine::HttpStart& start,
                                                       bool with_traceparent,
                                                       std::shared_ptr<const Grant> grant, OpPtr op,
                                                       OpTable& table, const base::Clock& clock) {
    std::unique_ptr<Transfer> transfer(new Transfer(std::move(grant), std::move(op), table, clock));
    if (auto set = transfer->set_request(start, with_traceparent); !set)
        return std::unexpected(set.error());
    transfer->set_options(start.request);
    return transfer;
}

base::Result<void> Transfer::set_request(const engine::HttpStart& start, bool with_traceparent) {
    const engine::HttpRequest& request = start.request;
    const auto origin = authorize(*grant_, request.url);
    if (!origin) return std::unexpected(origin.error());
    if (std::ranges::find(kMethods, request.method) == kMethods.end())
        return fail(Code::validation_error,
                    "the method is none of GET, POST, PUT, PATCH, DELETE, "
                    "HEAD");
    if (request.body.size() > kRequestBytesMax)
        return fail(Code::message_too_long,
                    "the request's body is over " + std::to_string(kRequestBytesMax) + " bytes");
    if (auto added = add_headers(start, *origin, with_traceparent); !added) return added;

    set(easy_, CURLOPT_URL, request.url.c_str());
    if (request.method == "HEAD") {
        set(easy_, CURLOPT_NOBODY, 1L);
    } else if (request.method != "GET" || !request.body.empty()) {
        request_body_ = request.body;
        set(easy_, CURLOPT_POST, 1L);
        set(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_body_.size()));
        set(easy_, CURLOPT_POSTFIELDS, request_body_.c_str());
        set(easy_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    }
    return {};
}

base::Result<void> Transfer::add_headers(const engine::HttpStart& start, const Origin& origin,
                                         bool with_traceparent) {
    std::vector<std::string> lines{"Expect:"};  // curl's own; a server that stalls on it is common
    bool typed = false;
    for (const auto& [name, value] : start.request.headers) {
        auto line = make_header(*grant_, origin, name, value);
        if (!line) return std::unexpected(line.error());
        typed = typed || curl_strequal(name.c_str(), "content-type") != 0;
        lines.push_back(std::move(*line));
    }
    if (!typed) lines.emplace_back("Content-Type:");  // not curl's guess at a form
    if (!start.idempotency_key.empty())
        lines.push_back("Idempotency-Key: " + start.idempotency_key);
    if (with_traceparent && !start.traceparent.empty())
        lines.push_back("traceparent: " + start.traceparent);
    for (const std::string& line : lines) {
        curl_slist* longer = curl_slist_append(headers_, line.c_str());
        if (longer == nullptr) throw std::bad_alloc();
        headers_ = longer;
    }
    set(easy_, CURLOPT_HTTPHEADER, headers_);
    return {};
}

void Transfer::set_options(const engine::HttpRequest& request) {
    set(easy_, CURLOPT_PRIVATE, static_cast<void*>(this));
    set(easy_, CURLOPT_NOSIGNAL, 1L);
    set(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
    set(easy_, CURLOPT_FOLLOWLOCATION, 0L);
    set(easy_, CURLOPT_PROXY, "");  // and so none from the environment
    // One request, one connection: pausing it is back-pressure on that socket and on no other.
    set(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(easy_, CURLOPT_USERAGENT, "chartroom");
    set(easy_, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
    set(easy_, CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    // The pool of idle connections is common to all plugins: it must hold none that only some of
    // them were allowed to open.
    set(easy_, CURLOPT_FORBID_REUSE, grant_->operator_allows.lists_addresses() ? 1L : 0L);
    set(easy_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    set(easy_, CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(easy_, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    set(easy_, CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(easy_, CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(or_default(request.connect_timeout_ms, kConnectTimeoutMs)));
    set(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(request.total_timeout_ms));
    idle_us_max_ = std::int64_t{or_default(request.idle_timeout_ms, kIdleTimeoutMs)} * 1'000;
    body_bytes_left_ = request.body_bytes_max == 0
                           ? kAnswerBytesDefault
                           : std::min(request.body_bytes_max, kAnswerBytesMax);
}

void Transfer::begin() {
    begun_ = true;
    last_byte_us_ = clock_.monotonic_us();
}

void Transfer::set_paused(bool paused) {
    const bool was_held = held();
    paused_ = paused;
    apply_hold(was_held);
}

void Transfer::sink_has_room() {
    const bool was_held = held();
    choked_ = choked_ && op_->buffered_bytes > kBufferedBytesMax / 2;
    apply_hold(was_held);
}

void Transfer::apply_hold(bool was_held) {
    if (held() == was_held || !begun_) return;
    if (!held()) last_byte_us_ = clock_.monotonic_us();  // the pause was ours, not the peer's
    curl_easy_pause(easy_, held() ? CURLPAUSE_RECV : CURLPAUSE_CONT);
}

std::optional<std::int64_t> Transfer::due_us() const {
    std::optional<std::int64_t> due;
    if (!held()) due = last_byte_us_ + idle_us_max_;
    if (!gathered_.empty()) {
        const std::int64_t flush_us = gathered_since_us_ + kCoalesceUs;
        due = due ? std::min(*due, flush_us) : flush_us;
    }
    return due;
}

bool Transfer::tick() {
    const std::int64_t now_us = clock_.monotonic_us();
    if (!gathered_.empty() && now_us >= gathered_since_us_ + kCoalesceUs) flush();
    if (held() || now_us < last_byte_us_ + idle_us_max_) return false;
    curl_off_t connected_us = 0;
    curl_easy_getinfo(easy_, CURLINFO_PRETRANSFER_TIME_T, &connected_us);
    if (connected_us != 0) return true;
    last_byte_us_ = now_us;  // still connecting, which has a limit of its own
    return false;
}

std::size_t Transfer::take_body(const char* data, std::size_t size) {
    if (held()) return CURL_WRITEFUNC_PAUSE;  // curl keeps these bytes and gives them again
    const std::int64_t now_us = clock_.monotonic_us();
    last_byte_us_ = now_us;
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(size, body_bytes_left_));
    body_bytes_left_ -= taken;
    if (gathered_.empty()) gathered_since_us_ = now_us;
    gathered_.append(data, taken);
    if (gathered_.size() >= kCoalesceBytes) flush();
    too_large_ = taken < size;
    return taken;
}

void Transfer::flush() {
    if (gathered_.empty()) return;
    table_.deliver(
        op_, {op_->token, false, Outcome::ok, status(), std::exchange(gathered_, std::string())});
    choked_ = choked_ || op_->buffered_bytes > kBufferedBytesMax;
}

std::int32_t Transfer::status() const {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    return static_cast<std::int32_t>(status);
}

void Transfer::finish(CURLcode code) {
    if (code == CURLE_OK) return end(Outcome::ok, "");
    if (too_large_) return end(Outcome::too_large, "the answer is larger than allowed");
    if (!refusal_.empty()) return end(Outcome::failed, refusal_);
    end(code == CURLE_OPERATION_TIMEDOUT ? Outcome::timed_out : Outcome::failed,
        curl_easy_strerror(code));
}

void Transfer::finish_idle() {
    end(Outcome::timed_out, "no byte came for " + std::to_string(idle_us_max_ / 1'000) + " ms");
}

void Transfer::end(Outcome outcome, std::string reason) {
    flush();
    table_.deliver(op_, {op_->token, true, outcome, status(), std::move(reason), headers()});
}

// Of the final response, as EffectPiece::headers says. What could not stand in a line is left out.
std::string Transfer::headers() const {
    std::string lines;
    for (const char* name : kHeadersKept) {
        curl_header* found = nullptr;
        if (curl_easy_header(easy_, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) continue;
        const std::string_view value(found->value);
        const auto printable = [](char c) { return c >= 0x20 && c < 0x7f; };
        if (value.size() > kHeaderValueBytesMax || !std::ranges::all_of(value, printable)) continue;
        lines += std::string(name) + ": " + std::string(value) + "\n";
    }
    return lines;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->take_body(data, size * count);
}

std::size_t Transfer::on_header(char*, std::size_t size, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.last_byte_us_ = transfer.clock_.monotonic_us();
    transfer.header_bytes_ += size * count;
    transfer.too_large_ = transfer.header_bytes_ > kAnswerHeaderBytesMax;
    return transfer.too_large_ ? 0 : size * count;
}

curl_socket_t Transfer::on_open(void* self, curlsocktype, curl_sockaddr* address) {
    auto& transfer = *static_cast<Transfer*>(self);
    const auto target = Address::from(address->addr);
    const auto allowed = target ? may_connect(*transfer.grant_, *target)
                                : base::Result<void>(fail(Code::forbidden, "not an IP address"));
    if (!allowed) {
        transfer.refusal_ = allowed.error().message;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace chartroom::effects
