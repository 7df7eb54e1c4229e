#include "core/effects/curl_effects.hpp"

#include <utility>

#include "core/effects/http_thread.hpp"

namespace chartroom::effects {

using Verb = HttpMailbox::Verb;

CurlEffects::CurlEffects(const base::Clock& clock, EffectsOptions options,
                         ActivityRunner activities)
    : http_(std::make_unique<HttpThread>(clock, options)) {
    table_ = std::make_shared<OpTable>([mailbox = http_->mailbox()](engine::EffectToken token) {
        mailbox->post({Verb::room, token});
    });
    http_->run_with(table_);
    activities_ =
        std::make_unique<ActivityPool>(options.activity_threads, std::move(activities), table_);
}

CurlEffects::~CurlEffects() = default;

void CurlEffects::grant(std::string plugin, Grant grant) {
    http_->grant(std::move(plugin), std::move(grant));
}

void CurlEffects::http(engine::HttpStart start, base::Executor& on, engine::EffectSink sink) {
    const engine::EffectToken token = start.token;
    OpPtr op = table_->open(token, on, std::move(sink));
    http_->mailbox()->post(
        {Verb::start, token, std::make_unique<engine::HttpStart>(std::move(start)), std::move(op)});
}

void CurlEffects::activity(engine::ActivityStart start, base::Executor& on,
                           engine::EffectSink sink) {
    OpPtr op = table_->open(start.token, on, std::move(sink));
    activities_->start(std::move(start), std::move(op));
}

void CurlEffects::stop(engine::EffectToken token) {
    table_->stop(token);
    http_->mailbox()->post({Verb::stop, token});
}

void CurlEffects::pause(engine::EffectToken token) {
    http_->mailbox()->post({Verb::pause, token});
}

void CurlEffects::resume(engine::EffectToken token) {
    http_->mailbox()->post({Verb::resume, token});
}

std::size_t CurlEffects::open_ops() const {
    return table_->size();
}

}  // namespace chartroom::effects
