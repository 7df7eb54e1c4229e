#include "core/effects/http_thread.hpp"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "core/base/check.hpp"

namespace chartroom::effects {
namespace {

constexpr int kWaitMsMax = 1'000;

}  // namespace

void HttpMailbox::post(Command command) {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    commands_.push_back(std::move(command));
    if (commands_.size() == 1) curl_multi_wakeup(multi_);
}

std::vector<HttpMailbox::Command> HttpMailbox::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(commands_, {});
}

void HttpMailbox::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    commands_.clear();
    curl_multi_wakeup(multi_);
}

bool HttpMailbox::closed() const {
    const std::lock_guard lock(mutex_);
    return closed_;
}

HttpThread::HttpThread(const base::Clock& clock, const EffectsOptions& options)
    : clock_(clock), options_(options) {
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
    multi_ = curl_multi_init();
    CHECK(multi_ != nullptr);
    mailbox_ = std::make_shared<HttpMailbox>(multi_);
}

HttpThread::~HttpThread() {
    mailbox_->close();
    if (thread_.joinable()) thread_.join();
    for (auto& [token, transfer] : running_) curl_multi_remove_handle(multi_, transfer->easy());
    running_.clear();
    waiting_.clear();
    curl_multi_cleanup(multi_);
    curl_global_cleanup();
}

void HttpThread::run_with(std::shared_ptr<OpTable> table) {
    table_ = std::move(table);
    thread_ = std::thread([this] { run(); });
    pthread_setname_np(thread_.native_handle(), "effects");
}

void HttpThread::grant(std::string plugin, Grant grant) {
    auto shared = std::make_shared<const Grant>(std::move(grant));
    const std::lock_guard lock(grants_mutex_);
    grants_[std::move(plugin)] = std::move(shared);
}

std::shared_ptr<const Grant> HttpThread::grant_of(const std::string& plugin) const {
    const std::lock_guard lock(grants_mutex_);
    const auto found = grants_.find(plugin);
    return found != grants_.end() ? found->second : std::make_shared<const Grant>();
}

void HttpThread::run() {
    while (!mailbox_->closed()) {
        for (Command& command : mailbox_->take()) carry_out(std::move(command));
        begin_waiting();
        int still_running = 0;
        curl_multi_perform(multi_, &still_running);
        finish_done();
        tick_all();
        begin_waiting();
        curl_multi_poll(multi_, nullptr, 0, wait_ms(), nullptr);
    }
}

void HttpThread::carry_out(Command command) {
    if (command.verb == HttpMailbox::Verb::start) return start(std::move(command));
    if (command.verb == HttpMailbox::Verb::stop) return stop(command.token);
    Transfer* transfer = find(command.token);
    if (transfer == nullptr) return;  // it ended meanwhile
    switch (command.verb) {
        case HttpMailbox::Verb::pause:
            return transfer->set_paused(true);
        case HttpMailbox::Verb::resume:
            return transfer->set_paused(false);
        default:
            return transfer->sink_has_room();
    }
}

void HttpThread::start(Command command) {
    const engine::HttpStart& request = *command.start;
    if (command.op->stopped) return;
    if (waiting_.size() >= options_.waiting_requests_max)
        return table_->fail(command.op, engine::Outcome::failed, 0,
                            "too many requests are waiting");
    const auto origin = Origin::of(request.request.url);
    const bool trace = origin && options_.trace_hosts.allows(*origin);
    auto transfer =
        Transfer::make(request, trace, grant_of(request.plugin), command.op, *table_, clock_);
    if (!transfer)
        return table_->fail(command.op, engine::Outcome::failed, 0, transfer.error().message);
    waiting_.push_back(std::move(*transfer));
}

void HttpThread::stop(engine::EffectToken token) {
    std::erase_if(waiting_,
                  [&](const TransferPtr& transfer) { return transfer->token() == token; });
    remove(token);
}

void HttpThread::begin_waiting() {
    while (!waiting_.empty() && running_.size() < options_.requests_max) {
        TransferPtr transfer = std::move(waiting_.front());
        waiting_.pop_front();
        transfer->begin();
        const CURLMcode added = curl_multi_add_handle(multi_, transfer->easy());
        CHECK(added == CURLM_OK);
        running_.emplace(transfer->token(), std::move(transfer));
    }
}

void HttpThread::finish_done() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const CURLcode code = message->data.result;  // the message goes with its handle
        Transfer* transfer = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
        const TransferPtr done = remove(transfer->token());
        done->finish(code);
    }
}

void HttpThread::tick_all() {
    std::vector<engine::EffectToken> idle;
    for (const auto& [token, transfer] : running_)
        if (transfer->tick()) idle.push_back(token);
    for (const engine::EffectToken token : idle) remove(token)->finish_idle();
}

HttpThread::TransferPtr HttpThread::remove(engine::EffectToken token) {
    auto node = running_.extract(token);
    if (!node) return nullptr;
    curl_multi_remove_handle(multi_, node.mapped()->easy());
    return std::move(node.mapped());
}

Transfer* HttpThread::find(engine::EffectToken token) {
    if (const auto found = running_.find(token); found != running_.end())
        return found->second.get();
    const auto found = std::ranges::find(waiting_, token, [](const auto& t) { return t->token(); });
    return found != waiting_.end() ? found->get() : nullptr;
}

int HttpThread::wait_ms() const {
    std::int64_t wait_us = std::int64_t{kWaitMsMax} * 1'000;
    const std::int64_t now_us = clock_.monotonic_us();
    for (const auto& [token, transfer] : running_)
        if (const auto due_us = transfer->due_us()) wait_us = std::min(wait_us, *due_us - now_us);
    // Rounded up: waking a moment early would spin until the moment has passed.
    return static_cast<int>((std::max<std::int64_t>(wait_us, 0) + 999) / 1'000);
}

}  // namespace chartroom::effects
